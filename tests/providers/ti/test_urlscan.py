"""urlscan.io: from searches to verdicts and links, on made-up and on recorded replies."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import Domain, File, IpAddress, Outcome, Url, Verdict
from clew.errors import EntityError
from clew.providers.ti.urlscan import UrlScan, phrase
from tests.providers.ti.anything import json_values, objects
from tests.providers.ti.recorded import answered, cassettes, facts, links, pointed
from tests.support import HOSTILE, hiding, urls

IP, NAME, PAGE, FILE = IpAddress("198.51.100.7"), Domain("c2.example"), Url("https://c2.example/login"), File("5f" * 32)
#: A query as urlscan.io documents it: fields with one quoted phrase each, in which quotes and backslashes are escaped.
_QUERY = re.compile(r'[a-z.]+:"(?:[^"\\]|\\["\\])*"(?: OR [a-z.]+:"(?:[^"\\]|\\["\\])*")*', re.DOTALL)


def scan(bad: object = None, url: str = PAGE.value, domain: str = NAME.value, **page: object) -> dict[str, object]:
    said = {} if bad is None else {"verdicts": {"malicious": bad, "score": 0}}
    return {
        "_id": "u1",
        "task": {"time": "2026-03-17T09:15:00.000Z", "url": url},
        "page": {"url": url, "domain": domain, "ip": IP.value, "asn": "AS64500", "status": "200", **page},
        **said,
    }


def results(*scans: object, **more: object) -> dict[str, object]:
    return {"results": list(scans), "total": len(scans), "has_more": False, **more}


@pytest.mark.parametrize(
    ("operation", "subject", "query"),
    [
        (UrlScan.ip, IP, 'page.ip:"198.51.100.7"'),
        (UrlScan.ip, IpAddress("2001:db8::7"), 'page.ip:"2001:db8::7"'),
        (UrlScan.domain, NAME, 'page.domain:"c2.example"'),
        (
            UrlScan.url,
            PAGE,
            'page.url.keyword:"https://c2.example/login" OR task.url.keyword:"https://c2.example/login"',
        ),
        (UrlScan.file, FILE, f'hash:"{"5f" * 32}"'),
    ],
)
def test_the_search_is_asked_as_documented(operation, subject, query):
    """One search, never a scan; the subject is a phrase in the query, the key a header."""
    _, (ask,) = answered(operation, subject, results(), limit=5000)
    assert (ask.method, ask.url, dict(ask.params)) == (
        "GET",
        "https://urlscan.io/api/v1/search/",
        {"q": query, "size": "100"},
    )
    assert (ask.secret.kind, ask.secret.name) == ("header", "API-Key")


@given(st.one_of(st.sampled_from(HOSTILE), st.text(), st.text('"\\ */:()[]{}ORANDNOT~^?')))
def test_a_phrase_cannot_leave_its_quotes(text):
    """Whatever is asked for, the query is one field with one phrase, and the phrase is the text."""
    query = f"page.url:{phrase(text)}"
    assert _QUERY.fullmatch(query)
    assert re.sub(r'\\(["\\])', r"\1", query.removeprefix('page.url:"')[:-1]) == text


@given(urls)
def test_no_url_widens_the_search(text):
    """Of any URL, the query stays two phrases."""
    try:
        subject = Url(text)
    except EntityError:
        return
    _, (ask,) = answered(UrlScan.url, subject, results())
    assert _QUERY.fullmatch(dict(ask.params)["q"])


@pytest.mark.parametrize(
    ("operation", "subject", "scans", "verdict"),
    [
        (UrlScan.url, PAGE, [scan(), scan(False)], Verdict.UNKNOWN),
        (UrlScan.url, PAGE, [scan(False), scan(True)], Verdict.MALICIOUS),
        (UrlScan.domain, NAME, [scan(False)], Verdict.UNKNOWN),
        (UrlScan.domain, NAME, [scan(True), scan(False)], Verdict.SUSPICIOUS),
        (UrlScan.domain, NAME, [scan(True), scan(True), scan(False)], Verdict.MALICIOUS),
        (UrlScan.domain, NAME, [scan(True), scan(), scan()], Verdict.MALICIOUS),
        (UrlScan.domain, NAME, [scan(True, domain="user.c2.example"), scan(False)], Verdict.UNKNOWN),
        (UrlScan.ip, IP, [scan(True), scan(True)], Verdict.SUSPICIOUS),
        (UrlScan.ip, IP, [scan(False)], Verdict.UNKNOWN),
        (UrlScan.file, FILE, [scan(True)], Verdict.UNKNOWN),
    ],
)
def test_scans_are_a_verdict_on_what_they_scanned(operation, subject, scans, verdict):
    """Of a URL one is enough, of a domain more than half, an address is suspicious; files and names below never."""
    found, _ = answered(operation, subject, results(*scans))
    assert (found.outcome, found.verdict) == (Outcome.FOUND, verdict)


def test_scans_without_a_verdict_say_so():
    """Who sends no key gets scans without verdicts: then none is counted, and that is said."""
    found, _ = answered(UrlScan.domain, NAME, results(scan(), scan("yes")))
    assert (found.verdict, "malicious_scans" in facts(found)) == (Verdict.UNKNOWN, False)
    assert found.reason == "2 scans, none with a verdict"


@pytest.mark.parametrize(
    "said",
    [{"malicious": True}, {"overall": {"malicious": True}}, {"malicious": False, "urlscan": {"malicious": True}}],
)
def test_a_verdict_may_stand_in_three_places(said):
    """Overall, or of urlscan.io itself: if one of them says malicious, it is."""
    found, _ = answered(UrlScan.url, PAGE, results({**scan(), "verdicts": said}))
    assert found.verdict is Verdict.MALICIOUS


def test_urls_in_another_case_are_others():
    """The search takes upper for lower case; what is spelt otherwise is neither verdict nor row."""
    other = scan(True, url="https://c2.example/LOGIN")
    found, _ = answered(UrlScan.url, PAGE, results(other))
    assert (found.outcome, found.verdict) == (Outcome.NOTHING, Verdict.UNKNOWN)
    assert "of others, spelt alike: 1" in found.reason
    both, _ = answered(UrlScan.url, PAGE, results(other, scan(False)))
    assert (both.outcome, both.verdict, len(both.table)) == (Outcome.FOUND, Verdict.UNKNOWN, 1)


def test_others_may_hide_the_one():
    """Where only others came back, and there are more, it is not known whether there is a scan of the URL."""
    found, _ = answered(UrlScan.url, PAGE, results(scan(True, url="https://c2.example/LOGIN"), total=500))
    assert found.outcome is Outcome.FAILED
    assert "limit" in found.reason


def test_a_scan_links_what_the_browser_saw():
    """Where it led, what it holds, where that resolved to and whose network that is, at the time of the scan."""
    seen = scan(url="https://www.c2.example/login", domain="www.c2.example")
    seen["task"]["url"] = "https://short.example/a"
    found, _ = answered(UrlScan.domain, NAME, results(seen))
    assert links(found) == {
        ("url:https://short.example/a", "redirects-to", "url:https://www.c2.example/login"),
        ("url:https://www.c2.example/login", "contains", "domain:www.c2.example"),
        ("domain:www.c2.example", "resolves-to", "ip:198.51.100.7"),
        ("ip:198.51.100.7", "belongs-to", "asn:64500"),
        ("domain:www.c2.example", "subdomain-of", "domain:c2.example"),
    }
    assert {f"{link.observed_last:%F %T}" for link in found.links} == {"2026-03-17 09:15:00"}


def test_a_file_without_its_hash_is_not_asked():
    """Files are known by SHA-256 only; of another hash nothing is sent."""
    found, asked = answered(UrlScan.file, File("7b" * 16), results())
    assert (found.outcome, asked) == (Outcome.SKIPPED, [])


@pytest.mark.parametrize(
    ("body", "status", "outcome"),
    [
        ({"message": "Invalid API key format", "status": 400}, 400, Outcome.REFUSED),
        ({"message": "Query failed to parse"}, 400, Outcome.FAILED),
        ({"message": "busy"}, 200, Outcome.FAILED),
        ({"results": {}}, 200, Outcome.FAILED),
        ({"results": ["x"]}, 200, Outcome.FAILED),
        (b"<html>Just a moment...</html>", 200, Outcome.FAILED),
        ({"results": []}, 200, Outcome.NOTHING),
    ],
)
def test_errors_are_no_answers(body, status, outcome):
    """A refused key, a query that was not taken, a page: never nothing and never a verdict."""
    found, _ = answered(UrlScan.domain, NAME, body, status=status)
    assert (found.outcome, found.verdict) == (outcome, Verdict.UNKNOWN)


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_fields_are_text(value):
    """Whatever a page says of itself, the verdict is that of the scan, and the finding can be shown."""
    odd = scan(True, title=value, ip=value, asn=value, tlsIssuer=value, status=value)
    found, _ = answered(UrlScan.url, PAGE, results({**odd, "_id": value}))
    assert (found.verdict, len(found.table)) == (Verdict.MALICIOUS, 1)
    assert hiding(str(found)) == set()


@given(st.one_of(st.binary(max_size=30), json_values, objects(["results", "total", "has_more"])))
def test_no_reply_breaks_it(body):
    """Any bytes and any JSON end in a finding of one of three outcomes."""
    found, _ = answered(UrlScan.ip, IP, body)
    assert found.outcome in (Outcome.FOUND, Outcome.NOTHING, Outcome.FAILED)


@given(
    st.lists(objects(["task", "page", "verdicts", "_id"]), min_size=1, max_size=3),
    objects(["url", "domain", "ip", "asn", "status", "title", "tlsIssuer"]),
)
def test_no_scan_is_lost(scans, page):
    """Whatever is in scans, each is a row, and none is innocence."""
    found, _ = answered(UrlScan.ip, IP, results(*scans, {"page": page, "task": page}))
    assert (found.outcome, len(found.table)) == (Outcome.FOUND, len(scans) + 1)
    assert found.verdict is not Verdict.BENIGN


# -- recorded with the real service -------------------------------------------------------------------------------


def test_recorded_scans(shared_data):
    """Every recorded scan is a row with what its body says, and is linked with the places where it stands."""
    (cassette,) = cassettes(shared_data("ti-recorded") / "Mihari_Analyzers_Urlscan")
    assert cassette.url.startswith("https://urlscan.io/api/v1/search/?q=page.domain:example.com")
    document = json.loads(cassette.body)
    scans, subject = document["results"], Domain("example.com")
    found, _ = answered(UrlScan.domain, subject, cassette.body, limit=100)
    rows = list(found.table.records())
    assert len(rows) == len(scans) == found.returned == 100
    assert (found.available, found.truncated_by, facts(found)["scans"]) == (document["total"], "limit", 1511)
    for row, each in zip(rows, scans, strict=True):
        page, task = each["page"], each["task"]
        assert (row["submitted_url"], row["page_url"], row["page_ip"]) == (task["url"], page["url"], page["ip"])
        assert (row["title"], row["http_status"], row["asn"]) == (
            page["title"],
            int(page["status"]),
            int(page["asn"][2:]),
        )
        assert (row["malicious"], row["issuer"]) == (False, page.get("tlsIssuer"))
        assert row["time"][:23] == task["time"][:23]
        assert row["reference"] == each["result"].replace("/api/v1", "")
    assert (found.verdict, facts(found)["malicious_scans"]) == (Verdict.UNKNOWN, 0)
    assert links(found) >= {
        (f"domain:{each['page']['domain']}", "resolves-to", str(IpAddress(each["page"]["ip"]).key)) for each in scans
    }
    redirects = {(Url(each["task"]["url"]), Url(each["page"]["url"])) for each in scans}
    said = {(link.source, link.target) for link in found.links if link.relation.value == "redirects-to"}
    assert said == {(given, at) for given, at in redirects if given != at}
    assert "links left out" not in found.reason
    for link in found.links:
        for pointer in link.pointers:
            pointed(document, pointer)


def test_recorded_scans_of_one_url(shared_data):
    """Of all recorded scans, those of one URL are the ones that reached it or were given it."""
    (cassette,) = cassettes(shared_data("ti-recorded") / "Mihari_Analyzers_Urlscan")
    scans = json.loads(cassette.body)["results"]
    subject = Url(scans[0]["task"]["url"])
    own = [each for each in scans if subject in (Url(each["task"]["url"]), Url(each["page"]["url"]))]
    found, _ = answered(UrlScan.url, subject, cassette.body, limit=100)
    assert 0 < len(own) == len(found.table) < len(scans)
