"""GreyNoise: from scanners and services to verdicts, alone and many at once, on made-up and on recorded replies."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import IpAddress, Outcome, Severity, Verdict
from clew.errors import AskFailed
from clew.pivots.execution import execute
from clew.pivots.registry import find_pivot
from clew.pivots.workspace import Workspace
from clew.providers.base import Reply
from clew.providers.ti.greynoise import GreyNoise
from clew.providers.ti.greynoise_batch import BATCH
from clew.providers.ti.greynoise_community import GreyNoiseCommunity
from clew.providers.web import SecretLocation
from clew.settings import Settings
from clew.testing.recordings import AT
from tests.providers.doubles import PUBLIC
from tests.providers.ti.anything import json_values
from tests.providers.ti.recorded import answered, cassettes, facts, links
from tests.support import HOSTILE, hiding

IP, OTHER, THIRD = IpAddress("198.51.100.7"), IpAddress("2001:db8::7"), IpAddress("203.0.113.9")
BOTH = [GreyNoise.ip, GreyNoiseCommunity.ip]


def record(scanners: dict[str, object] | None = None, services: dict[str, object] | None = None) -> dict[str, object]:
    return {
        "ip": IP.value,
        "internet_scanner_intelligence": {"found": scanners is not None, **(scanners or {})},
        "business_service_intelligence": {"found": services is not None, **(services or {})},
    }


def community(noise: object, riot: object, classification: object) -> dict[str, object]:
    return {"ip": IP.value, "noise": noise, "riot": riot, "classification": classification, "message": "Success"}


@pytest.mark.parametrize(
    ("operation", "url"),
    [
        (GreyNoise.ip, "https://api.greynoise.io/v3/ip/198.51.100.7"),
        (GreyNoiseCommunity.ip, "https://api.greynoise.io/v3/community/198.51.100.7"),
    ],
)
def test_the_service_is_asked_as_documented(operation, url):
    """One GET with the address in the path, the key in its header."""
    _, (ask,) = answered(operation, IP, record())
    assert (ask.method, ask.url, ask.params, ask.secret) == ("GET", url, (), SecretLocation("header", "key"))


@pytest.mark.parametrize(
    ("classification", "verdict", "severity"),
    [
        ("malicious", Verdict.MALICIOUS, Severity.HIGH),
        ("suspicious", Verdict.SUSPICIOUS, Severity.MEDIUM),
        ("benign", Verdict.BENIGN, Severity.INFORMATIONAL),
        ("unknown", Verdict.UNKNOWN, Severity.LOW),
        ("", Verdict.UNKNOWN, Severity.LOW),
        ("Malicious?", Verdict.UNKNOWN, Severity.LOW),
    ],
)
def test_the_classification_is_the_verdict(classification, verdict, severity):
    """What GreyNoise calls a scanner is the verdict; a word that it does not have is none."""
    for operation, body in (
        (GreyNoise.ip, record({"classification": classification})),
        (GreyNoiseCommunity.ip, community(noise=True, riot=False, classification=classification)),
    ):
        found, _ = answered(operation, IP, body)
        assert (found.outcome, found.verdict, found.severity) == (Outcome.FOUND, verdict, severity)


@pytest.mark.parametrize(
    ("level", "classification", "verdict"),
    [
        ("1", "", Verdict.BENIGN),
        ("1", "malicious", Verdict.MALICIOUS),
        ("2", "", Verdict.UNKNOWN),
        ("3", "", Verdict.UNKNOWN),
        (None, "", Verdict.UNKNOWN),
    ],
)
def test_only_a_trusted_service_is_benign(level, classification, verdict):
    """A service of the highest trust is benign unless it was seen attacking; a shared one, or a label, is not."""
    scanners = {"classification": classification} if classification else None
    found, _ = answered(GreyNoise.ip, IP, record(scanners, {"trust_level": level, "name": "Example"}))
    assert (found.outcome, found.verdict) == (Outcome.FOUND, verdict)
    assert "known service" in found.reason


@pytest.mark.parametrize("operation", BOTH)
def test_what_was_not_seen_is_nothing(operation):
    """A 404, or a record that was not found, says nothing against the address, and nothing for it."""
    absent = {**record(), **community(noise=False, riot=False, classification="")}
    for body, status in (({"message": "no information found"}, 404), (absent, 200)):
        found, _ = answered(operation, IP, body, status=status)
        assert (found.outcome, found.verdict) == (Outcome.NOTHING, Verdict.UNKNOWN)


def test_what_is_said_of_an_address_that_was_not_seen_is_no_fact():
    """The empty fields of a record that was not found do not say that it is no bot and no Tor exit."""
    body = record(None, {"trust_level": "2", "name": "Example"})
    body["internet_scanner_intelligence"] |= {"bot": False, "tor": False, "vpn": False}
    found, _ = answered(GreyNoise.ip, IP, body)
    assert facts(found) == {
        "trust_level": "2",
        "actor": "Example",
        "is_scanner": False,
        "is_business_service": True,
    }


@pytest.mark.parametrize("operation", BOTH)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        {},
        {"message": "ok"},
        {"error": "forbidden"},
        {"internet_scanner_intelligence": {}},
        {"noise": "yes", "riot": "no"},
    ],
    ids=range(7),
)
def test_a_reply_that_does_not_say_whether_it_was_seen_is_no_answer(operation, body):
    """Such a reply has failed: it is neither a verdict nor nothing."""
    found, _ = answered(operation, IP, body)
    assert (found.outcome, found.verdict) == (Outcome.FAILED, Verdict.UNKNOWN)


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_fields_are_text(value):
    """Whatever stands in names and tags, the verdict is that of the classification, and the finding can be shown."""
    where = dict.fromkeys(("asn", "rdns", "organization", "category", "os", "source_city"), value)
    texts = dict.fromkeys(("actor", "first_seen", "last_seen", "vpn_service"), value)
    scanners = {"classification": "malicious", "tags": [{"name": value}, value], "cves": [value], "vpn": True}
    full = record({**scanners, **texts, "metadata": where}, {"name": value, "trust_level": value})
    short = {**community(noise=True, riot=True, classification="malicious"), "name": value, "last_seen": value}
    for operation, body in zip(BOTH, (full, short), strict=True):
        found, _ = answered(operation, IP, body)
        assert found.verdict is Verdict.MALICIOUS
        assert hiding(str(found)) == set()


scanned = st.fixed_dictionaries(
    {"found": st.booleans()},
    optional=dict.fromkeys(("classification", "metadata", "tags", "actor", "cves", "last_seen", "tor"), json_values),
)


@given(
    st.sampled_from(BOTH),
    st.one_of(
        st.binary(max_size=30),
        json_values,
        st.fixed_dictionaries(
            {"internet_scanner_intelligence": scanned, "noise": json_values, "riot": json_values},
            optional={"business_service_intelligence": json_values},
        ),
    ),
)
def test_no_reply_breaks_it(operation, body):
    """Any bytes and any JSON end in a finding of one of three outcomes."""
    found, _ = answered(operation, IP, body)
    assert found.outcome in (Outcome.FOUND, Outcome.NOTHING, Outcome.FAILED)


@pytest.mark.parametrize("key", ["", "a-made-up-key-0123456789"])
def test_the_community_is_asked_with_a_key_or_without(monkeypatch, key):
    """Who has no key asks without one, and the key of a subscription is never sent there."""
    monkeypatch.setenv("CLEW_GREYNOISE_COMMUNITY_KEY", key)
    monkeypatch.setenv("CLEW_GREYNOISE_KEY", "of-a-subscription-0123456789")
    sent: list[httpx.Request] = []

    def vendor(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json=community(noise=True, riot=False, classification="malicious"))

    workspace = Workspace(Settings(), transport=lambda: httpx.MockTransport(vendor))
    pivot = find_pivot(IpAddress, "ti.greynoise_community")
    answer = execute(workspace.runner(), PUBLIC.ti.greynoise_community.invocation(), pivot)
    assert answer.finding.verdict is Verdict.MALICIOUS
    assert [request.headers.get("key", "") for request in sent] == [key]


# -- many at once --------------------------------------------------------------------------------------------------


def requests():
    return [answered(GreyNoise.ip, ip, record())[1][0] for ip in (IP, OTHER, THIRD)]


def test_many_addresses_are_one_request():
    """The addresses of all requests go out in the body of one, which may be sent twice."""
    one = BATCH.join(requests())
    assert (one.method, one.url, one.params) == ("POST", "https://api.greynoise.io/v3/ip", ())
    assert one.json == {"ips": [IP.value, OTHER.value, THIRD.value]}
    assert one.secret == SecretLocation("header", "key")
    assert one.repeatable
    assert [request.batch for request in requests()] == [BATCH] * 3


def test_one_reply_is_split_by_address():
    """Each gets its own record, in whatever order and spelling; one that is missing is nothing, one left out failed."""
    seen = record({"classification": "malicious"})
    document = {
        "data": [{**seen, "ip": "2001:0DB8:0:0::7"}],
        "request_metadata": {"message": "ok", "ips_not_found": [IP.value]},
    }
    first, second, third = BATCH.split(Reply(json.dumps(document).encode(), "application/json", AT), requests())
    assert answered(GreyNoise.ip, IP, first)[0].outcome is Outcome.NOTHING
    assert answered(GreyNoise.ip, OTHER, second)[0].verdict is Verdict.MALICIOUS
    assert isinstance(third, AskFailed)


def test_a_404_for_many_is_nothing_for_each():
    """None of them was seen, which is what a single 404 says."""
    bodies = BATCH.split(Reply(b'{"message": "no information found"}', "application/json", AT, 404), requests())
    assert [answered(GreyNoise.ip, IP, body, status=404)[0].outcome for body in bodies] == [Outcome.NOTHING] * 3


@pytest.mark.parametrize("body", [b"", b"{}", b'{"data": null}', b"<html>"])
def test_a_reply_that_is_no_list_answers_nobody(body):
    """What is not the documented reply is an error for all."""
    with pytest.raises(AskFailed):
        BATCH.split(Reply(body, "application/json", AT), requests())


@given(json_values)
def test_each_request_gets_something(data):
    """Whatever a list of records holds, there are as many answers as questions."""
    body = json.dumps({"data": [data], "request_metadata": data}).encode()
    assert len(BATCH.split(Reply(body, "application/json", AT), requests())) == 3


def test_a_column_of_addresses_is_a_request_for_each_hundred(monkeypatch, tmp_path):
    """Each address of 250 gets its own answer out of three requests."""
    monkeypatch.setenv("CLEW_GREYNOISE_KEY", "a-made-up-key")
    sent: list[list[str]] = []

    def vendor(request: httpx.Request) -> httpx.Response:
        sent.append(json.loads(request.content)["ips"])
        last = [{**record({"classification": "malicious"}), "ip": ip} for ip in sent[-1] if ip.endswith("7")]
        rest = [ip for ip in sent[-1] if not ip.endswith("7")]
        return httpx.Response(200, json={"data": last, "request_metadata": {"ips_not_found": rest}})

    workspace = Workspace(Settings(cache=tmp_path), transport=lambda: httpx.MockTransport(vendor))
    subjects = [IpAddress(f"9.9.9.{number}") for number in range(250)]
    findings = workspace.perform_all(IpAddress.ti.greynoise, subjects, {}, lambda _: None)
    for subject, finding in zip(subjects, findings, strict=True):
        expected = Outcome.FOUND if subject.value.endswith("7") else Outcome.NOTHING
        assert (finding.subject, finding.outcome) == (subject, expected)
    assert sorted(map(len, sent)) == [50, 100, 100]


# -- recorded with the real service, and documented by others ------------------------------------------------------


def test_recorded_scanner(shared_data):
    """A record of the API before this one says the same: classification, tags, vulnerabilities, place and times."""
    (cassette,) = cassettes(shared_data("ti-recorded") / "Mihari_Analyzers_GreyNoise")
    document = json.loads(cassette.body)
    assert document["count"] == len(document["data"]) == 1
    (said,) = document["data"]
    found, _ = answered(GreyNoise.ip, IpAddress(said["ip"]), said)
    known, where = facts(found), said["metadata"]
    assert found.verdict.value == said["classification"] == "malicious"
    assert known["tags"].split(", ") == said["tags"]
    assert [f"cve:{known['cves']}"] == parse_qs(urlsplit(cassette.url).query)["query"]
    assert known["organization"] == where["organization"]
    assert (known["country_code"], known["is_tor"]) == (where["country_code"], False)
    assert links(found) == {
        (f"ip:{said['ip']}", "belongs-to", f"asn:{where['asn'][2:]}"),
        (f"domain:{where['rdns']}", "resolves-to", f"ip:{said['ip']}"),
    }
    assert [each.date().isoformat() for each in (found.observed_first, found.observed_last)] == [
        said["first_seen"],
        said["last_seen"],
    ]


@pytest.mark.parametrize("name", ["ip_lookup", "execute_gnql_query", "quick_ip_lookup"])
def test_documented_records(shared_data, name):
    """The documented examples of full, listed and short records are benign, as their classification or trust says."""
    document = json.loads((shared_data("ti-examples") / "grey_noise" / f"{name}.json").read_text("utf-8"))
    (said,) = document["data"] if isinstance(document, dict) else [each["EntityResult"] for each in document]
    scanners = said["internet_scanner_intelligence"]
    found, _ = answered(GreyNoise.ip, IpAddress(said["ip"]), said)
    known = facts(found)
    assert (found.outcome, found.verdict) == (Outcome.FOUND, Verdict.BENIGN)
    assert known["trust_level"] == said["business_service_intelligence"]["trust_level"]
    assert known["is_scanner"] == scanners["found"]
    if scanners["found"]:
        assert known["cves"].split(", ") == scanners["cves"]
        assert (known["tags"], known["actor"]) == (scanners["tags"]["name"], scanners["actor"])
        assert known["asn"] == 521
