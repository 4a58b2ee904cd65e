"""Censys: hosts and certificates, on made-up and on recorded replies, of today's API and of the one before it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import Certificate, IpAddress, Outcome, Verdict
from clew.providers.ti.censys_certificates import CensysCertificates
from clew.providers.ti.censys_hosts import Censys
from tests.providers.ti.anything import json_values, objects
from tests.providers.ti.recorded import answered, cassettes, facts, links, pointed
from tests.support import HOSTILE, hiding

IP, CERT, ORGANIZATION = IpAddress("198.51.100.7"), Certificate("c7" * 32), "11111111-2222-3333-4444-555555555555"
SERVICE = {"port": 443, "protocol": "HTTP", "transport_protocol": "tcp", "scan_time": "2026-03-16T20:15:00Z"}
SAID = {"fingerprint_sha256": "c7" * 32, "parsed": {"issuer_dn": "CN=Example CA"}, "names": ["c2.example"]}
#: With the subject of each.
EACH = pytest.mark.parametrize(
    ("operation", "subject"),
    [(Censys.ip, IP), (Censys.services, IP), (CensysCertificates.certificate, CERT)],
    ids=["ip", "services", "certificate"],
)


def record(**given: object) -> dict[str, object]:
    return {"result": {"extensions": {}, "resource": {"ip": IP.value, **given}}}


def hits(*hosts: object, **more: object) -> dict[str, object]:
    found = [{"host_v1": {"resource": each}} for each in hosts]
    return {"result": {"hits": found, "next_page_token": "", "total_hits": len(found), **more}}


@EACH
def test_the_platform_is_asked_as_documented(operation, subject):
    """Version 3, the token as a bearer's; the organization is a parameter, and only where it is given."""
    _, (ask,) = answered(operation, subject, record(services=[]))
    path = "host/198.51.100.7" if subject is IP else f"certificate/{'c7' * 32}"
    assert (ask.method, ask.url) == ("GET", f"https://api.platform.censys.io/v3/global/asset/{path}")
    assert (ask.params, ask.secret.kind, ask.secret.name, ask.secret.prefix) == (
        (),
        "header",
        "Authorization",
        "Bearer ",
    )
    _, (paid,) = answered(operation, subject, record(services=[]), organization=ORGANIZATION)
    assert paid.params == (("organization_id", ORGANIZATION),)


def test_hosts_are_searched_as_documented():
    """One search that may be repeated, for the digest of the certificate."""
    _, (ask,) = answered(CensysCertificates.hosts, CERT, hits(), limit=5000, organization=ORGANIZATION)
    assert (ask.method, ask.url) == ("POST", "https://api.platform.censys.io/v3/global/search/query")
    assert ask.json["query"] == f'host.services.cert.fingerprint_sha256="{"c7" * 32}"'
    assert (ask.json["page_size"], ask.repeatable, ask.params) == (100, True, (("organization_id", ORGANIZATION),))


@pytest.mark.parametrize("operation", [CensysCertificates.certificate, CensysCertificates.hosts])
def test_a_certificate_without_its_digest_is_not_asked(operation):
    """Certificates are known by SHA-256 only; of another digest nothing is sent."""
    found, asked = answered(operation, Certificate("d8" * 20), record())
    assert (found.outcome, asked) == (Outcome.SKIPPED, [])


@pytest.mark.parametrize(
    ("service", "verdict"),
    [
        ({"threats": [{"name": "Example Beacon", "type": ["C2_SERVER"]}]}, Verdict.MALICIOUS),
        ({"threats": []}, Verdict.UNKNOWN),
        ({"threats": None}, Verdict.UNKNOWN),
        ({"labels": [{"value": "C2"}], "vulns": [{"id": "CVE-2023-38408"}]}, Verdict.UNKNOWN),
    ],
)
def test_only_a_threat_is_a_verdict(service, verdict):
    """The fingerprint of malware is; labels, open ports and vulnerabilities are not."""
    found, _ = answered(Censys.ip, IP, record(services=[{**SERVICE, **service}]))
    assert (found.outcome, found.verdict) == (Outcome.FOUND, verdict)


@EACH
def test_what_it_does_not_know_is_nothing(operation, subject):
    """A 404 is an answer; so is an address at which nothing answers."""
    found, _ = answered(operation, subject, {"title": "Not Found", "status": 404}, status=404)
    assert (found.outcome, found.verdict) == (Outcome.NOTHING, Verdict.UNKNOWN)
    if subject is IP:
        empty, _ = answered(operation, subject, record())
        assert empty.outcome is Outcome.NOTHING


@EACH
@pytest.mark.parametrize(
    "body",
    [
        {"title": "busy"},
        {"result": None},
        {"result": {}},
        {"result": {"resource": []}},
        {"result": {"resource": {"services": "x"}}},
        {"result": {"resource": {"services": [1]}}},
    ],
    ids=range(6),
)
def test_an_error_is_no_answer(operation, subject, body):
    """What is no record is a failed ask, even with status 200."""
    found, _ = answered(operation, subject, body)
    assert (found.outcome, found.verdict) == (Outcome.FAILED, Verdict.UNKNOWN)


def test_names_that_resolve_are_told_from_names_of_the_address():
    """Forward DNS says that a name had the address, and when; reverse DNS that the address has a name."""
    dns = {
        "forward_dns": {"c2.example": {"name": "c2.example", "resolve_time": "2026-03-16T20:15:00Z"}},
        "reverse_dns": {"names": ["host7.example"]},
    }
    found, _ = answered(Censys.services, IP, record(services=[SERVICE], dns=dns))
    assert links(found) == {
        ("domain:c2.example", "resolves-to", "ip:198.51.100.7"),
        ("ip:198.51.100.7", "related-to", "domain:host7.example"),
    }
    assert f"{found.links[0].observed_last:%F}" == "2026-03-16"


def test_a_certificate_says_its_names():
    """Wildcards stand for the name that they are below; the other digests become known."""
    said = {**SAID, "names": ["*.c2.example", "198.51.100.7", "nobody"], "fingerprint_sha1": "d8" * 20}
    found, _ = answered(CensysCertificates.certificate, CERT, {"result": {"resource": said}})
    assert {(link.relation.value, str(link.target.key)) for link in found.links} == {
        ("issued-for", "domain:c2.example"),
        ("issued-for", "ip:198.51.100.7"),
    }
    assert [each.sha1 for each in found.same] == ["d8" * 20]
    assert found.reason.endswith("values that name nothing to follow: 1")


def test_more_than_came_back_is_told():
    """Of a page of a search, and of services that are counted and not listed, it is said how many there are."""
    page, _ = answered(CensysCertificates.hosts, CERT, hits({"ip": IP.value}, next_page_token="x", total_hits=342))
    assert (page.returned, page.available, page.truncated_by) == (1, 342, "limit")
    some, _ = answered(Censys.services, IP, record(services=[SERVICE], service_count=9))
    assert (some.returned, some.available, some.truncated_by) == (1, 9, "source")


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_fields_are_text(value):
    """Whatever stands in names, products and certificates, the verdict is that of the threat, and it can be shown."""
    service = {
        "port": value,
        "protocol": value,
        "threats": [{"name": "Example Beacon"}, {"name": value}],
        "software": [{"product": value}],
        "labels": [{"value": value}],
        "cert": {"fingerprint_sha256": value},
        "certificate": value,
        "jarm": {"fingerprint": value},
    }
    dns = {"forward_dns": {value: {}}, "reverse_dns": {"names": [value]}}
    host = record(services=[service], dns=dns, location={"city": value}, autonomous_system={"asn": value})
    found, _ = answered(Censys.ip, IP, host)
    rows, _ = answered(Censys.services, IP, host)
    said = {**SAID, "names": [value], "fingerprint_sha1": value, "parsed": {"subject_dn": value, "issuer_dn": value}}
    cert, _ = answered(CensysCertificates.certificate, CERT, {"result": {"resource": said}})
    assert found.verdict is Verdict.MALICIOUS
    assert {each.outcome for each in (found, rows, cert)} == {Outcome.FOUND}
    assert hiding(str(found)) == hiding(str(rows)) == hiding(str(cert)) == set()


@given(
    st.one_of(st.binary(max_size=30), json_values, objects(["result"])),
    objects(["ip", "services", "dns", "labels", "names", "parsed", "autonomous_system", "hits"]),
)
def test_no_reply_breaks_it(body, about):
    """Any bytes and any JSON end in a finding of one of three outcomes, none of them a good one."""
    every = (
        (Censys.ip, IP),
        (Censys.services, IP),
        (CensysCertificates.certificate, CERT),
        (CensysCertificates.hosts, CERT),
    )
    for operation, subject in every:
        for said in (body, {"result": about}, {"result": {"resource": about}}):
            found, _ = answered(operation, subject, said)
            assert found.outcome in (Outcome.FOUND, Outcome.NOTHING, Outcome.FAILED)
            assert found.verdict is not Verdict.BENIGN


@given(st.lists(objects(["port", "protocol", "software", "cert", "certificate", "threats", "scan_time"]), min_size=1))
def test_no_service_is_lost(services):
    """Whatever is in services, each is a row."""
    found, _ = answered(Censys.services, IP, record(services=services))
    assert (found.outcome, len(found.table)) == (Outcome.FOUND, len(services))


# -- recorded with the real service -------------------------------------------------------------------------------


def test_recorded_host_of_the_api_before(shared_data):
    """A host as the API before this one said it: every service a row, every certificate and name a link."""
    (cassette,) = cassettes(shared_data("ti-recorded") / "Mihari_Analyzers_Censys")
    (hit,) = json.loads(cassette.body)["result"]["hits"]
    subject, document = IpAddress(hit["ip"]), {"code": 200, "status": "OK", "result": hit}
    found, _ = answered(Censys.services, subject, document)
    rows = list(found.table.records())
    assert [(row["service_port"], row["network_transport"], row["service"]) for row in rows] == [
        (each["port"], each["transport_protocol"].lower(), each["extended_service_name"]) for each in hit["services"]
    ]
    assert len(rows) == found.available == 16
    presented = [each["certificate"] for each in hit["services"] if "certificate" in each]
    (shown,) = [link for link in found.links if link.relation.value == "presents"]
    assert {shown.target.sha256} == set(presented)
    assert [pointed(document, pointer)["certificate"] for pointer in shown.pointers] == presented
    assert len(presented) == 7
    assert {link.target.value for link in found.links if link.relation.value == "related-to"} == set(
        hit["dns"]["reverse_dns"]["names"]
    )
    about, _ = answered(Censys.ip, subject, document)
    said = facts(about)
    assert (said["asn"], said["network"]) == (hit["autonomous_system"]["asn"], hit["autonomous_system"]["bgp_prefix"])
    assert (said["city"], said["country_code"]) == (hit["location"]["city"], hit["location"]["country_code"])
    assert (said["operating_system"], about.verdict) == ("linux", Verdict.UNKNOWN)


def test_examples_of_certificates(shared_data):
    """A certificate in today's form says its parties and from when until when it is valid."""
    examples = json.loads((shared_data("ti-examples") / "censys" / "enrich_certificates.json").read_text("utf-8"))
    for example in examples:
        said, parsed = example["EntityResult"], example["EntityResult"]["parsed"]
        document = {"result": {"resource": said}}
        found, (ask,) = answered(CensysCertificates.certificate, Certificate(example["Entity"]), document)
        assert ask.url.endswith(said["fingerprint_sha256"])
        about = facts(found)
        assert (about["issuer"], about["certificate_subject"]) == (parsed["issuer_dn"], parsed["subject_dn"])
        assert about["self_signed"] is parsed["signature"]["self_signed"]
        assert about["not_after"][:10] == parsed["validity_period"]["not_after"][:10]


def test_examples_of_other_questions_are_no_answers(shared_data):
    """Jobs and scans in the examples of the documentation are no hosts; certificates of web properties are read."""
    folder = shared_data("ti-examples") / "censys"
    jobs = json.loads((folder / "get_related_infrastructure_job_status.json").read_text("utf-8"))
    scans = json.loads((folder / "get_rescan_status.json").read_text("utf-8"))
    for document in (jobs, *scans):
        found, _ = answered(Censys.ip, IP, document)
        assert found.outcome is Outcome.FAILED
    (web,) = json.loads((folder / "enrich_web_properties.json").read_text("utf-8"))
    cert = web["EntityResult"]["resource"]["cert"]
    service = {**SERVICE, "cert": cert, "threats": web["EntityResult"]["resource"]["threats"]}
    found, _ = answered(Censys.services, IP, record(services=[service]))
    assert [row["certificate"] for row in found.table.records()] == [f"sha256:{cert['fingerprint_sha256']}"]
    assert [row["threat_name"] for row in found.table.records()] == ["possible-phishing"]
