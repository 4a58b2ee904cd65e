"""ThreatFox: indicators that are the subject, near it, or only spelt alike; on made-up and on recorded ones."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import pytest

from clew.entities import Domain, File, IpAddress, Outcome, Severity, Url, Verdict
from clew.errors import EntityError
from clew.providers.ti.threatfox import ThreatFox
from tests.providers.ti.recorded import answered, cassettes, facts, links, pointed
from tests.support import HOSTILE, hiding

IP, NAME = IpAddress("198.51.100.7"), Domain("c2.example")
SHA256 = "5f" * 32


def indicators(*iocs: str, **more: object) -> dict[str, object]:
    return {
        "query_status": "ok",
        "data": [{"ioc": ioc, "threat_type": "botnet_cc", "confidence_level": 100, **more} for ioc in iocs],
    }


def test_it_is_asked_as_documented():
    """A search is a JSON body with the query and the term, to one end point."""
    _, (ask,) = answered(ThreatFox.domain, NAME, {"query_status": "no_result"})
    assert ask.description() == {
        "method": "POST",
        "url": "https://threatfox-api.abuse.ch/api/v1/",
        "params": {},
        "json": {"query": "search_ioc", "search_term": "c2.example"},
    }


@pytest.mark.parametrize(
    ("confidence", "verdict", "severity"),
    [
        (100, Verdict.MALICIOUS, Severity.HIGH),
        (75, Verdict.MALICIOUS, Severity.HIGH),
        (74, Verdict.SUSPICIOUS, Severity.MEDIUM),
        (0, Verdict.SUSPICIOUS, Severity.MEDIUM),
        (None, Verdict.SUSPICIOUS, Severity.MEDIUM),
        ("sure", Verdict.SUSPICIOUS, Severity.MEDIUM),
    ],
)
def test_the_confidence_is_the_verdict(confidence, verdict, severity):
    """From 75 % on it is malicious; what is less sure, or says nothing, is suspicious."""
    found, _ = answered(ThreatFox.ip, IP, indicators("198.51.100.7:443", confidence_level=confidence))
    assert (found.verdict, found.severity) == (verdict, severity)


def test_an_address_is_its_servers_and_the_urls_on_it():
    """Ports are facts, URLs are links, and an address that only begins alike is another."""
    body = indicators(
        "198.51.100.7:443", "198.51.100.70:444", "http://198.51.100.7:8080/x", "http://a.example/198.51.100.7"
    )
    found, _ = answered(ThreatFox.ip, IP, body)
    assert (facts(found)["reports"], facts(found)["c2_ports"], found.returned) == (2, "443, 8080", 2)
    assert links(found) == {("url:http://198.51.100.7:8080/x", "contains", "ip:198.51.100.7")}


def test_what_is_only_spelt_alike_is_nothing():
    """The search finds what contains the term; that is counted in the reason."""
    found, _ = answered(ThreatFox.ip, IP, indicators("198.51.100.70:444"))
    assert (found.outcome, found.verdict) == (Outcome.NOTHING, Verdict.UNKNOWN)
    assert "spelt alike: 1" in found.reason


def test_a_url_on_a_name_does_not_condemn_the_name():
    """It may be a hoster: suspicious, and the URL and names below are links."""
    found, _ = answered(ThreatFox.domain, NAME, indicators("https://c2.example/a", "x.c2.example", "notc2.example"))
    assert (found.verdict, found.severity, found.returned) == (Verdict.SUSPICIOUS, Severity.LOW, 2)
    assert links(found) == {
        ("url:https://c2.example/a", "contains", "domain:c2.example"),
        ("domain:x.c2.example", "subdomain-of", "domain:c2.example"),
    }


def test_samples_of_a_server_are_linked():
    """A sample that calls the server is a file that communicates with it, by both hashes."""
    samples = [{"sha256_hash": SHA256, "md5_hash": "7b" * 16, "time_stamp": "2026-03-10 09:00:00 UTC"}]
    found, _ = answered(ThreatFox.domain, NAME, indicators("c2.example", malware_samples=samples))
    assert links(found) == {(f"file:sha256:{SHA256}", "communicates-with", "domain:c2.example")}
    assert found.links[0].observed_first.isoformat() == "2026-03-10T09:00:00+00:00"


def test_a_file_is_what_it_calls():
    """One search by the hash gives the servers; the port is left to the reply."""
    found, (ask,) = answered(
        ThreatFox.file, File(SHA256), indicators("198.51.100.7:443", "https://c2.example/a", "c2.example")
    )
    assert ask.description()["json"] == {"query": "search_hash", "hash": SHA256}
    own = f"file:sha256:{SHA256}"
    assert links(found) == {
        (own, "communicates-with", "ip:198.51.100.7"),
        (own, "communicates-with", "domain:c2.example"),
        (own, "communicates-with", "url:https://c2.example/a"),
    }


@pytest.mark.parametrize("listed", ["5F" * 32, "6a" * 20])
def test_a_file_may_be_an_indicator_itself(listed):
    """Where no server is known, it is searched for as an indicator, by any of its hashes."""
    file = File(SHA256, sha1="6a" * 20)
    found, asked = answered(
        ThreatFox.file, file, {"query_status": "no_result"}, indicators(listed, threat_type="payload")
    )
    assert [ask.description()["json"]["query"] for ask in asked] == ["search_hash", "search_ioc"]
    assert (found.outcome, found.verdict) == (Outcome.FOUND, Verdict.MALICIOUS)


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_fields_are_text(value):
    """Whatever stands in names and labels, the verdict is the same, and the finding can be shown."""
    body = indicators(
        "c2.example",
        value,
        malware_printable=value,
        malware_alias=value,
        tags=[value],
        first_seen=value,
        threat_type=value,
        malware_malpedia=value,
    )
    found, _ = answered(ThreatFox.domain, NAME, body)
    assert found.verdict is Verdict.MALICIOUS
    assert "malpedia" not in facts(found)
    assert hiding(str(found)) == set()


# -- recorded with the real service -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def export(request):
    """The indicators of one day, in the shape of a search."""
    shared_data = request.getfixturevalue("shared_data")
    (cassette,) = cassettes(shared_data("ti-recorded") / "Mihari_Analyzers_Feed" / "_artifacts" / "with_JSON")
    return json.loads(cassette.body)


def expected(listed, matches):
    """What a search should say of the indicators that match: how many, the highest confidence, names, the earliest."""
    own = [each for each in listed if matches(each)]
    return {
        "reports": len(own),
        "confidence": max(each["confidence_level"] for each in own),
        "threat_name": ", ".join(dict.fromkeys(each["malware_printable"] for each in own)),
        "first": min(each["first_seen"] for each in own),
    }


def said(found):
    given = facts(found)
    return {name: given[name] for name in ("reports", "confidence", "threat_name")} | {
        "first": f"{found.observed_first:%Y-%m-%d %H:%M:%S} UTC"
    }


def host_of(each):
    """The host of an indicator, by other means than those that are tested."""
    return urlsplit(each["ioc"] if "://" in each["ioc"] else f"//{each['ioc']}").hostname


def test_every_recorded_server_is_found_in_the_export(export):
    """Each address of the export, asked about with all of it as the answer, gives its own indicators and ports only."""
    listed = [each for each in export["data"] if each["ioc_type"] in ("ip:port", "url")]
    addresses = {host_of(each) for each in listed if host_of(each).replace(".", "").isdigit()}
    assert len(addresses) >= 50
    for address in addresses:
        found, _ = answered(ThreatFox.ip, IpAddress(address), export)
        assert said(found) == expected(listed, lambda each, own=address: host_of(each) == own)
        ports = {
            urlsplit(each["ioc"] if "://" in each["ioc"] else f"//{each['ioc']}").port
            for each in listed
            if host_of(each) == address
        } - {None}
        assert facts(found).get("c2_ports", "") == ", ".join(map(str, sorted(ports)))
        urls = {each["ioc"] for each in listed if each["ioc_type"] == "url" and host_of(each) == address}
        assert {link.source for link in found.links} == {Url(url) for url in urls}


def test_every_recorded_url_is_found_in_the_export(export):
    """Each URL gives the indicators that are the same URL, with their confidence."""
    listed = [each for each in export["data"] if each["ioc_type"] == "url"]
    for url in {Url(each["ioc"]) for each in listed}:
        found, _ = answered(ThreatFox.url, url, export)
        assert said(found) == expected(listed, lambda each, own=url: Url(each["ioc"]) == own)


def test_every_recorded_name_is_found_in_the_export(export):
    """Each listed domain is itself; each name of a listed URL is suspicious only, and has its URLs as links."""
    named = {each["ioc"] for each in export["data"] if each["ioc_type"] == "domain"}
    for name in named:
        found, _ = answered(ThreatFox.domain, Domain(name), export)
        assert said(found) == expected(export["data"], lambda each, own=name: each["ioc"] == own)
        assert found.verdict is Verdict.MALICIOUS
    urls = [each for each in export["data"] if each["ioc_type"] == "url"]
    for name in {host_of(each) for each in urls} - named:
        try:
            subject = Domain(name)
        except EntityError:
            continue  # an address
        found, _ = answered(ThreatFox.domain, subject, export)
        below = [each for each in urls if f".{host_of(each)}".endswith(f".{name}")]
        assert found.returned == len(below)
        assert {link.source for link in found.links if isinstance(link.source, Url)} == {
            Url(each["ioc"]) for each in below
        }
        assert found.verdict is Verdict.SUSPICIOUS


def test_every_recorded_sample_is_found_in_the_export(export):
    """Each hash is an indicator itself; all servers of the export, as the answer to a hash, are what it calls."""
    samples = [each for each in export["data"] if each["ioc_type"] == "sha256_hash"]
    for each in samples:
        found, _ = answered(ThreatFox.file, File(each["ioc"]), {"query_status": "no_result"}, export)
        assert said(found) == expected(samples, lambda other, own=each: other["ioc"] == own["ioc"])
    servers = {"query_status": "ok", "data": [each for each in export["data"] if each["threat_type"] == "botnet_cc"]}
    found, _ = answered(ThreatFox.file, File(SHA256), servers)
    assert found.returned == len(servers["data"]) == 104
    assert "values that name nothing" not in found.reason
    for link in found.links:
        for pointer in link.pointers:
            assert link.target.value.lower().strip("/") in pointed(servers, pointer)["ioc"].lower()
    assert sum(len(link.pointers) for link in found.links) == 104
