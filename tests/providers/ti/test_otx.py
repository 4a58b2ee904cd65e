"""OTX: from pulses, validation and scanners to verdicts, on made-up and on recorded replies."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import Domain, File, IpAddress, Outcome, Relation, Severity, Url, Verdict
from clew.pivots.execution import execute
from clew.pivots.registry import find_pivot
from clew.pivots.workspace import Workspace
from clew.providers.ti.otx_objects import Otx
from clew.providers.ti.otx_related import OtxRelated
from clew.providers.ti.otx_resolutions import OtxResolutions
from clew.providers.web import SecretLocation
from clew.settings import Settings
from tests.providers.doubles import PUBLIC
from tests.providers.ti.anything import json_values
from tests.providers.ti.recorded import answered, cassettes, facts, links, pointed
from tests.support import HOSTILE, hiding

IP, DOMAIN, URL = IpAddress("198.51.100.7"), Domain("c2.example"), Url("https://c2.example/a?b=c#d")
SHA256 = "5f" * 32
WHITELISTED = {"source": "whitelist", "message": "Whitelisted domain", "name": "Whitelisted domain"}
POPULAR = {"source": "akamai", "message": "Akamai rank: #8", "name": "Akamai Popular Domain"}
OPERATIONS = [
    (Otx.ip, IP),
    (Otx.domain, DOMAIN),
    (Otx.url, URL),
    (Otx.file, File(SHA256)),
    (OtxRelated.ip, IP),
    (OtxRelated.domain, DOMAIN),
    (OtxRelated.url, URL),
    (OtxResolutions.ip, IP),
    (OtxResolutions.domain, DOMAIN),
]


def general(count: object = 0, *validation: object, **more: object) -> dict[str, object]:
    pulses = [{"name": f"pulse {number}"} for number in range(count)] if isinstance(count, int) else []
    return {"pulse_info": {"count": count, "pulses": pulses}, "validation": list(validation), **more}


@pytest.mark.parametrize(
    ("operation", "subject", "path"),
    [
        (Otx.ip, IP, "IPv4/198.51.100.7/general"),
        (Otx.ip, IpAddress("2001:db8::7"), "IPv6/2001:db8::7/general"),
        (Otx.domain, DOMAIN, "domain/c2.example/general"),
        (Otx.domain, Domain("www.c2.example"), "hostname/www.c2.example/general"),
        (Otx.domain, Domain("bad.co.uk"), "domain/bad.co.uk/general"),
        (Otx.url, URL, "url/https%3A%2F%2Fc2.example%2Fa%3Fb%3Dc%23d/general"),
        (OtxRelated.ip, IP, "IPv4/198.51.100.7/url_list"),
        (OtxResolutions.domain, DOMAIN, "domain/c2.example/passive_dns"),
    ],
)
def test_the_service_is_asked_as_documented(operation, subject, path):
    """One GET for the section of the indicator, named by its type, the key in its header."""
    _, (ask,) = answered(operation, subject, general())
    assert (ask.method, ask.url) == ("GET", f"https://otx.alienvault.com/api/v1/indicators/{path}")
    assert ask.secret == SecretLocation("header", "X-OTX-API-KEY")


@pytest.mark.parametrize("key", ["", "a-made-up-key-0123456789"])
def test_it_is_asked_with_a_key_or_without(monkeypatch, key):
    """Indicators are public: who has no key asks without one."""
    monkeypatch.setenv("CLEW_OTX_KEY", key)
    sent: list[httpx.Request] = []

    def vendor(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json=general(3))

    workspace = Workspace(Settings(), transport=lambda: httpx.MockTransport(vendor))
    answer = execute(workspace.runner(), PUBLIC.ti.otx.invocation(), find_pivot(IpAddress, "ti.otx"))
    assert answer.finding.verdict is Verdict.MALICIOUS
    assert [request.headers.get("X-OTX-API-KEY", "") for request in sent] == [key]


@pytest.mark.parametrize(
    ("count", "verdict", "severity", "outcome"),
    [
        (0, Verdict.UNKNOWN, Severity.INFORMATIONAL, Outcome.NOTHING),
        (1, Verdict.SUSPICIOUS, Severity.MEDIUM, Outcome.FOUND),
        (2, Verdict.SUSPICIOUS, Severity.MEDIUM, Outcome.FOUND),
        (3, Verdict.MALICIOUS, Severity.HIGH, Outcome.FOUND),
        (50, Verdict.MALICIOUS, Severity.HIGH, Outcome.FOUND),
    ],
)
def test_the_number_of_pulses_is_the_verdict(count, verdict, severity, outcome):
    """Three pulses make it malicious; that nobody published one is no innocence."""
    for operation, subject in OPERATIONS[:3]:
        found, _ = answered(operation, subject, general(count))
        assert (found.verdict, found.severity, found.outcome) == (verdict, severity, outcome)
        assert facts(found)["reports"] == count


@pytest.mark.parametrize(
    ("validation", "verdict"),
    [([WHITELISTED], Verdict.BENIGN), ([POPULAR], Verdict.UNKNOWN), ([POPULAR, WHITELISTED], Verdict.BENIGN)],
)
def test_what_is_known_as_good_is_not_malicious(validation, verdict):
    """Pulses that name what OTX itself lists as known or popular are told, and make no verdict."""
    found, _ = answered(Otx.domain, DOMAIN, general(20, *validation))
    assert (found.outcome, found.verdict) == (Outcome.FOUND, verdict)
    assert "20 pulses" in found.reason
    assert validation[0]["message"] in found.reason


@pytest.mark.parametrize(
    ("pulses", "scanners", "verdict"),
    [
        (0, 0, Verdict.UNKNOWN),
        (0, 1, Verdict.SUSPICIOUS),
        (1, 1, Verdict.SUSPICIOUS),
        (1, 2, Verdict.MALICIOUS),
        (0, 3, Verdict.MALICIOUS),
    ],
)
def test_scanners_accuse_a_file_as_pulses_do(pulses, scanners, verdict):
    """Each scanner that has a name for the file counts as a pulse does."""
    plugins = {f"scanner-{n}": {"results": {"detection": f"Example.{n}"}} for n in range(scanners)}
    analysis = {"analysis": {"plugins": {**plugins, "silent": {"results": {}}}}}
    found, asked = answered(Otx.file, File(SHA256), general(pulses), analysis)
    assert found.verdict is verdict
    assert facts(found)["detections"] == scanners
    assert [ask.url.rpartition("/")[2] for ask in asked] == ["general", "analysis"]


def test_a_file_gets_its_hashes_and_never_those_of_another():
    """Asked by its MD5, the answer says which SHA-256 that is; an analysis of something else says nothing of it."""
    known = {"analysis": {"info": {"results": {"md5": "7b" * 16, "sha256": SHA256}}}}
    found, _ = answered(Otx.file, File("7b" * 16), general(1), known)
    assert [each.sha256 for each in found.same] == [SHA256]
    other, _ = answered(Otx.file, File("8c" * 16), general(1), known)
    assert other.same == ()


def test_a_file_without_a_usable_hash_is_not_asked_about():
    """The path of a file, or a hash that OTX does not go by, is not sent."""
    for file in (File(path=r"C:\a.exe", host="ws01.corp.example"), File("ab" * 64)):
        found, asked = answered(Otx.file, file, general())
        assert (found.outcome, asked) == (Outcome.SKIPPED, [])


def test_what_it_does_not_know_is_nothing():
    """A 404 is an answer: nothing is known, and no verdict is given."""
    for operation, subject in OPERATIONS:
        found, _ = answered(operation, subject, {"detail": "endpoint not found"}, status=404)
        assert (found.outcome, found.verdict) == (Outcome.NOTHING, Verdict.UNKNOWN)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"detail": "rate limited"},
        {"pulse_info": {}},
        {"pulse_info": {"count": "many"}},
        {"pulse_info": {"count": -1}},
        {"pulse_info": None},
        b"<html>busy</html>",
    ],
    ids=range(7),
)
def test_a_reply_without_a_number_of_pulses_is_no_answer(body):
    """What does not say how many pulses there are has failed, and is neither a verdict nor nothing."""
    found, _ = answered(Otx.ip, IP, body)
    assert (found.outcome, found.verdict) == (Outcome.FAILED, Verdict.UNKNOWN)


def test_more_pulses_than_are_shown_are_told():
    """OTX shows some pulses and says how many there are."""
    found, _ = answered(Otx.ip, IP, {"pulse_info": {"count": 64, "pulses": [{"name": "a"}, {"name": "b"}]}})
    assert (found.returned, found.available, found.truncated_by) == (2, 64, "source")


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_fields_are_text(value):
    """Whatever stands in names, tags and owners, the verdict is that of the pulses, and the finding can be shown."""
    pulse = {
        "name": value,
        "tags": [value],
        "adversary": value,
        "author": {"username": value},
        "malware_families": [{"display_name": value}, value],
        "TLP": value,
        "created": value,
    }
    body = {"pulse_info": {"count": 3, "pulses": [pulse] * 3}, "asn": value, "country_code": value, "city": value}
    found, _ = answered(Otx.ip, IP, body)
    assert found.verdict is Verdict.MALICIOUS
    assert hiding(str(found)) == set()
    row = {
        "url": value,
        "hostname": value,
        "address": value,
        "hash": value,
        "record_type": value,
        "date": value,
        "result": {"urlworker": {"ip": value, "sha256": value}},
        "detections": {value: value},
    }
    for operation, subject in OPERATIONS[4:]:
        found, _ = answered(operation, subject, {"url_list": [row], "data": [row], "passive_dns": [row]})
        assert found.outcome is Outcome.FOUND
        assert hiding(str(found)) == set()


FIELDS = ("validation", "asn", "url_list", "data", "passive_dns", "analysis", "has_next", "count")

pulses = st.fixed_dictionaries({"count": json_values}, optional={"pulses": json_values})


@given(
    st.sampled_from(OPERATIONS),
    st.one_of(
        st.binary(max_size=30),
        json_values,
        st.fixed_dictionaries(
            {},
            optional={**dict.fromkeys(FIELDS, json_values), "pulse_info": pulses},
        ),
    ),
)
def test_no_reply_breaks_it(asked, body):
    """Any bytes and any JSON end in a finding of one of three outcomes."""
    found, _ = answered(*asked, body)
    assert found.outcome in (Outcome.FOUND, Outcome.NOTHING, Outcome.FAILED)


# -- recorded with the real service, and documented by others ------------------------------------------------------


def test_recorded_resolutions(shared_data):
    """Every name in a recorded reply is a link to the address, with its place and its times, and nothing is left."""
    (cassette,) = cassettes(shared_data("ti-recorded") / "Mihari_Analyzers_OTX")
    document = json.loads(cassette.body)
    subject = IpAddress(urlsplit(cassette.url).path.split("/")[-2])
    found, (ask,) = answered(OtxResolutions.ip, subject, cassette.body)
    assert ask.url == cassette.url
    assert found.returned == found.available == document["count"] == len(document["passive_dns"])
    assert found.reason == f"{document['count']} resolutions"
    assert links(found) == {
        (f"domain:{each['hostname']}", Relation.RESOLVES_TO.value, f"ip:{each['address']}")
        for each in document["passive_dns"]
    }
    for link in found.links:
        said = [pointed(document, pointer) for pointer in link.pointers]
        assert {each["hostname"] for each in said} == {link.source.value}
        assert link.observed_first.strftime("%Y-%m-%dT%H:%M:%S") == min(each["first"] for each in said)
        assert link.observed_last.strftime("%Y-%m-%dT%H:%M:%S") == max(each["last"] for each in said)


def test_documented_file(shared_data):
    """The documented example says its eleven pulses, shows one, and has two scanners with a name for the file."""
    (example,) = json.loads((shared_data("ti-examples") / "alien_vault_ti" / "enriches_entities.json").read_text())
    sections = example["EntityResult"]
    listed = sections["general"]["pulse_info"]
    found, _ = answered(Otx.file, File(sections["general"]["indicator"]), sections["general"], sections["analysis"])
    said = facts(found)
    assert (said["reports"], found.available, found.returned) == (listed["count"], listed["count"], 1)
    names = [each["results"].get("detection") for each in sections["analysis"]["analysis"]["plugins"].values()]
    assert said["detections"] == len([name for name in names if name])
    assert all(name in said["threat_name"] for name in names if name)
    assert said["file_size"] == 68
    assert found.verdict is Verdict.MALICIOUS
    assert [row["report"] for row in found.table.records()] == [each["name"] for each in listed["pulses"]]
    assert found.same == ()  # the hashes of the example were made unreadable
