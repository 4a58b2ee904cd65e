"""URLhaus: hosts, URLs and files of malware downloads."""

from __future__ import annotations

import pytest

from clew.entities import Domain, File, IpAddress, Outcome, Severity, Url, Verdict
from clew.providers.ti.urlhaus import UrlHaus
from tests.providers.ti.recorded import answered, facts, links
from tests.support import HOSTILE, hiding

IP, NAME, URL = IpAddress("198.51.100.7"), Domain("evil.example"), Url("http://evil.example/a.exe")
SHA256, MD5 = "5f" * 32, "7b" * 16


def host(*urls: dict[str, object], **more: object) -> dict[str, object]:
    return {"query_status": "ok", "urls": list(urls), **more}


def entry(status: str = "offline", url: str = "http://evil.example/a.exe", **more: object) -> dict[str, object]:
    return {
        "url": url,
        "url_status": status,
        "threat": "malware_download",
        "date_added": "2026-03-01 10:00:00 UTC",
        **more,
    }


@pytest.mark.parametrize(
    ("operation", "subject", "path", "form"),
    [
        (UrlHaus.ip, IP, "host", {"host": "198.51.100.7"}),
        (UrlHaus.domain, NAME, "host", {"host": "evil.example"}),
        (UrlHaus.url, URL, "url", {"url": "http://evil.example/a.exe"}),
        (UrlHaus.file, File(SHA256), "payload", {"sha256_hash": SHA256}),
        (UrlHaus.file, File(MD5), "payload", {"md5_hash": MD5}),
    ],
)
def test_it_is_asked_as_documented(operation, subject, path, form):
    """Hosts, URLs and payloads have an end point each, and take the fields of a form."""
    _, (ask,) = answered(operation, subject, {"query_status": "no_results"})
    assert ask.description() == {
        "method": "POST",
        "url": f"https://urlhaus-api.abuse.ch/v1/{path}/",
        "params": {},
        "form": form,
    }


@pytest.mark.parametrize(
    ("operation", "subject", "statuses", "blocklist", "verdict", "severity"),
    [
        (UrlHaus.ip, IP, ["online", "offline"], "not listed", Verdict.MALICIOUS, Severity.HIGH),
        (UrlHaus.ip, IP, ["offline", "unknown"], "not listed", Verdict.SUSPICIOUS, Severity.LOW),
        (UrlHaus.domain, NAME, ["online"], "not listed", Verdict.SUSPICIOUS, Severity.MEDIUM),
        (UrlHaus.domain, NAME, ["online"], "abused_legit_malware", Verdict.SUSPICIOUS, Severity.MEDIUM),
        (UrlHaus.domain, NAME, ["offline"], "not listed", Verdict.SUSPICIOUS, Severity.LOW),
        (UrlHaus.domain, NAME, ["offline"], "botnet_cc_domain", Verdict.MALICIOUS, Severity.HIGH),
        (UrlHaus.domain, NAME, ["offline"], "phishing_domain", Verdict.MALICIOUS, Severity.HIGH),
    ],
)
def test_a_bad_url_makes_its_host_suspicious(operation, subject, statuses, blocklist, verdict, severity):
    """A name may be a hoster's; an address that serves malware now, or a name registered for it, is malicious."""
    body = host(*map(entry, statuses), blacklists={"spamhaus_dbl": blocklist, "surbl": "not listed"})
    found, _ = answered(operation, subject, body)
    assert (found.verdict, found.severity) == (verdict, severity)


def test_what_the_list_leaves_out_is_told():
    """There are 120 URLs and two came: both are linked, and the rest is said to be missing."""
    body = host(entry("online"), entry(url="http://evil.example/b"), url_count="120")
    found, _ = answered(UrlHaus.domain, NAME, body)
    assert (found.returned, found.available, found.truncated_by) == (2, 120, "limit")
    assert links(found) == {
        (f"url:{url}", "contains", "domain:evil.example")
        for url in ("http://evil.example/a.exe", "http://evil.example/b")
    }
    assert facts(found)["urls_online"] == 1


@pytest.mark.parametrize(
    ("status", "severity"), [("online", Severity.HIGH), ("offline", Severity.MEDIUM), (None, Severity.HIGH)]
)
def test_a_listed_url_is_malicious_also_when_it_is_gone(status, severity):
    """What it served is linked by both hashes, and its host too."""
    body = {
        "query_status": "ok",
        "url": URL.value,
        "url_status": status,
        "threat": "malware_download",
        "host": "evil.example",
        "urlhaus_reference": "https://urlhaus.abuse.ch/url/1/",
        "payloads": [{"response_sha256": SHA256, "response_md5": MD5, "signature": "ExampleStealer"}],
    }
    found, _ = answered(UrlHaus.url, URL, body)
    assert (found.verdict, found.severity) == (Verdict.MALICIOUS, severity)
    assert links(found) == {
        ("url:http://evil.example/a.exe", "contains", "domain:evil.example"),
        ("url:http://evil.example/a.exe", "hosts", f"file:sha256:{SHA256}"),
    }
    assert [link.target.md5 for link in found.links if isinstance(link.target, File)] == [MD5]
    assert found.reference == "https://urlhaus.abuse.ch/url/1/"


@pytest.mark.parametrize(("signature", "verdict"), [("ExampleStealer", Verdict.MALICIOUS), (None, Verdict.SUSPICIOUS)])
def test_a_payload_without_a_name_may_be_harmless(signature, verdict):
    """With a name it is malware; without one it is what a bad URL showed."""
    body = host(
        {"url": "http://evil.example/a.exe", "firstseen": "2026-03-10"},
        sha256_hash=SHA256,
        md5_hash=MD5,
        signature=signature,
        url_count=1,
    )
    found, _ = answered(UrlHaus.file, File(MD5), body)
    assert found.verdict is verdict
    assert [each.sha256 for each in found.same] == [SHA256]
    assert links(found) == {("url:http://evil.example/a.exe", "hosts", f"file:md5:{MD5}")}


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_fields_are_text(value):
    """Whatever stands in labels and references, the verdict is the same, and the finding can be shown."""
    body = host(
        entry("online", value, tags=[value]),
        blacklists={"spamhaus_dbl": value, "surbl": value},
        urlhaus_reference=value,
        firstseen=value,
    )
    found, _ = answered(UrlHaus.domain, NAME, body)
    assert (found.outcome, found.verdict, found.reference) == (Outcome.FOUND, Verdict.SUSPICIOUS, "")
    assert hiding(str(found)) == set()
