"""Shodan and its InternetDB: from scans to rows, links and the verdict of tags, on made-up and on recorded replies."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import pytest
from hypothesis import given

from clew.entities import IpAddress, Outcome, Verdict
from clew.providers.ti.internetdb import InternetDb
from clew.providers.ti.shodan import Shodan
from tests.providers.ti.anything import json_values, objects, replies
from tests.providers.ti.recorded import answered, cassettes, facts, links, pointed
from tests.support import HOSTILE, hiding

IP = IpAddress("198.51.100.7")
SCANNED = {"ip": IP.value, "ports": [22, 443], "cpes": [], "hostnames": ["c2.example"], "tags": [], "vulns": []}
HOST = {"ip_str": IP.value, "ports": [443], "hostnames": [], "tags": [], "data": [{"port": 443, "transport": "tcp"}]}
EACH = pytest.mark.parametrize("operation", [InternetDb.ip, Shodan.ip], ids=["internetdb", "shodan"])


def test_the_services_are_asked_as_documented():
    """InternetDB without a key; Shodan with the key as a parameter, and without banners where none are read."""
    _, (free,) = answered(InternetDb.ip, IP, SCANNED)
    assert (free.method, free.url, free.params, free.secret) == (
        "GET",
        "https://internetdb.shodan.io/198.51.100.7",
        (),
        None,
    )
    _, (host,) = answered(Shodan.ip, IP, HOST)
    _, (services,) = answered(Shodan.services, IP, HOST)
    assert host.url == services.url == "https://api.shodan.io/shodan/host/198.51.100.7"
    assert (host.params, services.params) == ((("minify", "true"),), ())
    assert {(ask.secret.kind, ask.secret.name) for ask in (host, services)} == {("query", "key")}


@EACH
@pytest.mark.parametrize(
    ("tags", "verdict"),
    [
        ([], Verdict.UNKNOWN),
        (["vpn", "self-signed", "eol-product", "honeypot", "scanner", "tor"], Verdict.UNKNOWN),
        (["compromised"], Verdict.SUSPICIOUS),
        (["cloud", "doublepulsar"], Verdict.SUSPICIOUS),
        (["malware"], Verdict.MALICIOUS),
        (["C2"], Verdict.MALICIOUS),
        (["compromised", "c2"], Verdict.MALICIOUS),
    ],
)
def test_only_tags_are_a_verdict(operation, tags, verdict):
    """Malware and C2 are malicious, taken-over machines suspicious; open ports and vulnerabilities say nothing."""
    found, _ = answered(operation, IP, {**SCANNED, "tags": tags, "vulns": ["CVE-2023-38408"]})
    assert (found.outcome, found.verdict) == (Outcome.FOUND, verdict)
    assert all(tag in found.reason for tag in tags if verdict is not Verdict.UNKNOWN and tag != "cloud")


@pytest.mark.parametrize("operation", [InternetDb.ip, Shodan.ip, Shodan.services], ids=["internetdb", "ip", "services"])
def test_what_was_never_scanned_is_nothing(operation):
    """A 404, and a record without anything in it, are no verdict."""
    told, _ = answered(operation, IP, {"detail": "No information available"}, status=404)
    empty, _ = answered(operation, IP, {"ports": [], "hostnames": [], "tags": [], "vulns": [], "data": []})
    assert {(each.outcome, each.verdict) for each in (told, empty)} == {(Outcome.NOTHING, Verdict.UNKNOWN)}


@pytest.mark.parametrize("operation", [InternetDb.ip, Shodan.ip, Shodan.services], ids=["internetdb", "ip", "services"])
@pytest.mark.parametrize("body", [{"error": "Access denied"}, {"tags": ["c2"]}, {"ports": "22"}, [HOST]])
def test_an_error_is_no_scan(operation, body):
    """What has no list of ports is a failed ask, even if it comes with status 200."""
    found, _ = answered(operation, IP, body)
    assert (found.outcome, found.verdict) == (Outcome.FAILED, Verdict.UNKNOWN)


def test_a_service_is_a_row_with_its_certificate():
    """Port, product and certificate stand in one row; the certificate is linked to the address and to its name."""
    cert = {
        "fingerprint": {"sha256": "c7" * 32, "sha1": "d8" * 20},
        "serial": 255,
        "issued": "20260201000000Z",
        "expires": "20260501000000Z",
        "subject": {"CN": "*.c2.example"},
        "issuer": {"CN": "Example CA"},
    }
    banner = {"port": 8443, "transport": "tcp", "product": "nginx", "version": "1.24", "ssl": {"cert": cert}}
    found, _ = answered(Shodan.services, IP, {**HOST, "data": [banner]})
    (row,) = found.table.records()
    assert (row["service_port"], row["product"], row["certificate"]) == (8443, "nginx 1.24", f"sha256:{'c7' * 32}")
    assert links(found) == {
        ("ip:198.51.100.7", "presents", f"certificate:sha256:{'c7' * 32}"),
        (f"certificate:sha256:{'c7' * 32}", "issued-for", "domain:c2.example"),
    }
    shown = found.links[0].target
    assert (shown.sha1, shown.serial, shown.not_after.isoformat()) == ("d8" * 20, "ff", "2026-05-01T00:00:00+00:00")


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_fields_are_text(value):
    """Whatever stands in names, products and certificates, the verdict is that of the tags, and it can be shown."""
    said = {"org": value, "isp": value, "os": value, "asn": value, "city": value, "vulns": [value]}
    found, _ = answered(Shodan.ip, IP, {**HOST, **said, "hostnames": [value], "tags": [value, "c2"]})
    assert found.verdict is Verdict.MALICIOUS
    cert = {"fingerprint": {"sha256": value, "sha1": value}, "issued": value, "subject": {"CN": value}}
    banner = {"port": value, "product": value, "http": {"title": value}, "ssl": {"jarm": value, "cert": cert}}
    rows, _ = answered(Shodan.services, IP, {**HOST, "data": [banner]})
    assert hiding(str(found)) == hiding(str(rows)) == set()


@given(replies(SCANNED), replies(HOST))
def test_no_reply_breaks_it(scanned, host):
    """Any bytes and any JSON end in a finding of one of three outcomes, and never in a good one."""
    for operation, body in ((InternetDb.ip, scanned), (Shodan.ip, host)):
        found, _ = answered(operation, IP, body)
        assert found.outcome in (Outcome.FOUND, Outcome.NOTHING, Outcome.FAILED)
        assert found.verdict is not Verdict.BENIGN


@given(
    objects(["port", "transport", "product", "timestamp", "hostnames", "vulns", "http", "ssl"]),
    objects(["fingerprint", "serial", "issued", "expires", "subject", "issuer"]),
    json_values,
)
def test_no_service_is_lost(banner, cert, fingerprint):
    """Whatever is in a banner, it is a row."""
    odd = {"port": 443, "ssl": {"cert": {**cert, "fingerprint": {"sha256": fingerprint}}}}
    found, _ = answered(Shodan.services, IP, {**HOST, "data": [banner, {**banner, **odd}]})
    assert (found.outcome, found.returned, len(found.table)) == (Outcome.FOUND, 2, 2)


# -- recorded with the real service -------------------------------------------------------------------------------


def test_recorded_internetdb(shared_data):
    """A recorded record says the ports and names of its body, and no verdict."""
    (cassette,) = cassettes(shared_data("ti-recorded") / "Mihari_Enrichers_Shodan")
    document = json.loads(cassette.body)
    found, (ask,) = answered(InternetDb.ip, IpAddress(document["ip"]), cassette.body)
    assert ask.url == cassette.url
    assert facts(found) == {"ports": ", ".join(map(str, document["ports"]))}
    assert [link.target.value for link in found.links] == document["hostnames"]
    assert (found.outcome, found.verdict) == (Outcome.FOUND, Verdict.UNKNOWN)


def test_recorded_services(shared_data):
    """Every banner of a recorded search is a row with its port and product; certificates and names are linked."""
    (cassette,) = cassettes(shared_data("ti-recorded") / "Mihari_Analyzers_Shodan")
    assert urlsplit(cassette.url).hostname == "api.shodan.io"
    matches = json.loads(cassette.body)["matches"]
    subject = IpAddress(matches[0]["ip_str"])
    whole = {**matches[0], "ports": [each["port"] for each in matches], "data": matches}
    found, _ = answered(Shodan.services, subject, whole)
    rows = list(found.table.records())
    assert len(rows) == len(matches) == found.returned == 12
    assert [row["service_port"] for row in rows] == [each["port"] for each in matches]
    assert [row["product"] for row in rows] == [each.get("product") for each in matches]
    assert [row["observed_last"].rstrip("Z") for row in rows] == [each["timestamp"] for each in matches]
    shown = [each["ssl"]["cert"] for each in matches if "ssl" in each]
    presented = [link for link in found.links if link.relation.value == "presents"]
    assert {link.target.sha256 for link in presented} == {each["fingerprint"]["sha256"] for each in shown}
    assert sum(len(link.pointers) for link in presented) == len(shown) == 3
    for link in presented:
        for pointer in link.pointers:
            assert pointed(whole, pointer)["fingerprint"]["sha256"] == link.target.sha256
    names = {name for each in matches for name in each["hostnames"]}
    assert {link.target.value for link in found.links if link.relation.value == "related-to"} == names
    assert {link.target.label for link in found.links if link.relation.value == "belongs-to"} == {matches[0]["asn"]}


def test_an_example_of_the_documentation(shared_data):
    """A match in the form of ten years ago is read as far as it goes."""
    document = json.loads((shared_data("ti-examples") / "shodan" / "search.json").read_text("utf-8"))
    match = document["matches"][0]
    found, _ = answered(Shodan.services, IP, {**match, "ports": [match["port"]], "data": [match]})
    assert [row["service_port"] for row in found.table.records()] == [match["port"]]
    about, _ = answered(Shodan.ip, IP, {**match, "ports": [match["port"]]})
    assert (facts(about)["isp"], facts(about)["asn"]) == (match["isp"], int(match["asn"].removeprefix("AS")))
