"""X-Force Exchange: from scores and reports to verdicts and links, on made-up replies and on documented ones."""

from __future__ import annotations

import base64
import json

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import Domain, File, IpAddress, Outcome, Severity, Url, Verdict
from clew.pivots.execution import execute
from clew.pivots.registry import find_pivot
from clew.pivots.workspace import Workspace
from clew.providers.ti.xforce_api import plain_address, plain_hash
from clew.providers.ti.xforce_related import XForceRelated, XForceResolutions
from clew.providers.ti.xforce_reports import XForce
from clew.providers.web import SecretLocation
from clew.settings import Settings
from tests.providers.doubles import PUBLIC
from tests.providers.ti.anything import json_values
from tests.providers.ti.recorded import answered, facts, links
from tests.support import HOSTILE, hiding

IP, DOMAIN, URL, FILE = (
    IpAddress("198.51.100.7"),
    Domain("c2.example"),
    Url("https://c2.example/a?b=c"),
    File("7b" * 16),
)
OPERATIONS = [
    (XForce.ip, IP),
    (XForce.domain, DOMAIN),
    (XForce.url, URL),
    (XForce.file, FILE),
    (XForceRelated.ip, IP),
    (XForceRelated.domain, DOMAIN),
    (XForceRelated.url, URL),
    (XForceResolutions.ip, IP),
    (XForceResolutions.domain, DOMAIN),
]
PATHS = [
    "ipr/198.51.100.7",
    "url/c2.example",
    "url/https%3A%2F%2Fc2.example%2Fa%3Fb%3Dc",
    f"malware/{'7b' * 16}",
    "ipr/malware/198.51.100.7",
    "url/malware/c2.example",
    "url/malware/https%3A%2F%2Fc2.example%2Fa%3Fb%3Dc",
    "resolve/198.51.100.7",
    "resolve/c2.example",
]


def scored(score: object, **cats: object) -> dict[str, object]:
    """A reply about an address and one about a URL in one."""
    return {"score": score, "cats": cats, "result": {"score": score, "cats": cats}}


@pytest.mark.parametrize(("asked", "path"), [*zip(OPERATIONS, PATHS, strict=True)])
def test_the_service_is_asked_as_documented(asked, path):
    """One GET with the subject as one segment of the path, and basic authentication."""
    _, (ask,) = answered(*asked, {})
    assert (ask.method, ask.url, ask.params) == ("GET", f"https://api.xforce.ibmcloud.com/{path}", ())
    assert ask.secret == SecretLocation("basic")


def test_key_and_password_are_the_secret(monkeypatch):
    """The secret is the pair of both, and is sent as basic authentication has it."""
    monkeypatch.setenv("CLEW_XFORCE_KEY", "a-made-up-key:a-made-up-password")
    sent: list[httpx.Request] = []

    def vendor(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json=scored(8.6))

    workspace = Workspace(Settings(), transport=lambda: httpx.MockTransport(vendor))
    answer = execute(workspace.runner(), PUBLIC.ti.xforce.invocation(), find_pivot(IpAddress, "ti.xforce"))
    assert answer.finding.verdict is Verdict.MALICIOUS
    pair = base64.b64encode(b"a-made-up-key:a-made-up-password").decode()
    assert [request.headers["Authorization"] for request in sent] == [f"Basic {pair}"]


@pytest.mark.parametrize(
    ("score", "cats", "verdict", "severity", "outcome"),
    [
        (10, {}, Verdict.MALICIOUS, Severity.HIGH, Outcome.FOUND),
        (7, {}, Verdict.MALICIOUS, Severity.HIGH, Outcome.FOUND),
        (6.9, {"Malware": 57}, Verdict.SUSPICIOUS, Severity.MEDIUM, Outcome.FOUND),
        (4, {}, Verdict.SUSPICIOUS, Severity.MEDIUM, Outcome.FOUND),
        (3.9, {}, Verdict.UNKNOWN, Severity.LOW, Outcome.FOUND),
        (1.1, {}, Verdict.UNKNOWN, Severity.LOW, Outcome.FOUND),
        (1, {"Search Engines": True}, Verdict.UNKNOWN, Severity.INFORMATIONAL, Outcome.FOUND),
        (1, {"Search Engines": False}, Verdict.UNKNOWN, Severity.INFORMATIONAL, Outcome.NOTHING),
        (1, {}, Verdict.UNKNOWN, Severity.INFORMATIONAL, Outcome.NOTHING),
        (None, {}, Verdict.UNKNOWN, Severity.INFORMATIONAL, Outcome.NOTHING),
    ],
)
def test_the_score_is_the_verdict(score, cats, verdict, severity, outcome):
    """From 7 on malicious, from 4 suspicious; the lowest score, which everything has, is not even a good word."""
    for operation, subject in OPERATIONS[:3]:
        found, _ = answered(operation, subject, scored(score, **cats))
        assert (found.verdict, found.severity, found.outcome) == (verdict, severity, outcome)


@pytest.mark.parametrize(
    ("risk", "verdict"),
    [("high", Verdict.MALICIOUS), ("medium", Verdict.SUSPICIOUS), ("low", Verdict.UNKNOWN)],
)
def test_the_risk_of_malware_is_the_verdict(risk, verdict):
    """X-Force says how risky a file is in a word."""
    found, _ = answered(XForce.file, FILE, {"malware": {"risk": risk}})
    assert (found.outcome, found.verdict) == (Outcome.FOUND, verdict)


@pytest.mark.parametrize("asked", OPERATIONS)
def test_what_it_does_not_know_is_nothing(asked):
    """A 404 is an answer: nothing is known, and no verdict is given."""
    found, _ = answered(*asked, {"error": "Not found."}, status=404)
    assert (found.outcome, found.verdict) == (Outcome.NOTHING, Verdict.UNKNOWN)


@pytest.mark.parametrize("asked", OPERATIONS)
def test_a_used_up_month_is_a_refusal(asked):
    """A 402 says that no more records are given, and nothing of the subject."""
    found, _ = answered(*asked, {"error": "quota"}, status=402)
    assert (found.outcome, found.verdict) == (Outcome.REFUSED, Verdict.UNKNOWN)
    assert "used up" in found.reason


@pytest.mark.parametrize("asked", OPERATIONS)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        {},
        {"error": "no"},
        {**scored("high"), "malware": {"risk": "none"}, "Passive": []},
        {**scored(11), "malware": {}, "Passive": None},
        {**scored(-1), "malware": "x", "Passive": "x"},
    ],
    ids=range(7),
)
def test_a_reply_without_what_was_asked_for_is_no_answer(asked, body):
    """A reply without a score, a risk or records has failed: it is neither a verdict nor nothing."""
    found, _ = answered(*asked, body)
    assert (found.outcome, found.verdict) == (Outcome.FAILED, Verdict.UNKNOWN)


def test_a_file_without_a_usable_hash_is_not_asked_about():
    """The path of a file is not sent."""
    found, asked = answered(XForce.file, File(path=r"C:\a.exe", host="ws01.corp.example"), {})
    assert (found.outcome, asked) == (Outcome.SKIPPED, [])


@given(st.ip_addresses())
def test_addresses_in_hexadecimal_are_read(ip):
    """The 128 bits of an address are that address, and IPv4 within IPv6 is IPv4."""
    number = int(ip) if ip.version == 6 else int(ip) + 0xFFFF_0000_0000
    read = IpAddress(plain_address(f"0x{number:032x}"))
    assert read == IpAddress(str(ip.ipv4_mapped or ip) if ip.version == 6 else str(ip))


@given(st.text(max_size=40))
def test_what_is_no_address_and_no_hash_stays_text(text):
    """Any text is read without an exception."""
    assert plain_address(text) == text or text.startswith("0x")
    assert plain_hash(f"0x{text}") == f"0x{text}".lower()[2:]


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_fields_are_text(value):
    """Whatever stands in names and reasons, the verdict is that of the score, and the finding can be shown."""
    row = dict.fromkeys(("uri", "domain", "ip", "md5", "type", "firstseen", "value", "recordType"), value)
    body = {
        **scored(9, **{value: True}),
        "reason": value,
        "geo": {"countrycode": value},
        "tags": [value],
        "subnets": [{"asns": {value: {"Company": value}}}],
    }
    file = {
        "malware": {
            "risk": "high",
            "family": [value],
            "md5": value,
            "origins": {"CnCServers": {"rows": [row]}, "downloadServers": {"rows": [row]}},
        }
    }
    for asked in OPERATIONS[:4]:
        found, _ = answered(*asked, body | file)
        assert found.verdict is Verdict.MALICIOUS
        assert hiding(str(found)) == set()
    for asked in OPERATIONS[4:]:
        found, _ = answered(*asked, {"malware": [row], "Passive": {"records": [row]}, "A": [value], "RDNS": [value]})
        assert found.outcome is Outcome.FOUND
        assert hiding(str(found)) == set()


bodies = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("cats", "tags", "subnets", "geo", "A", "RDNS"), json_values),
        "score": st.one_of(json_values, st.just(8)),
        "result": st.fixed_dictionaries({"score": st.just(5)}, optional={"cats": json_values}),
        "malware": st.one_of(json_values, st.fixed_dictionaries({"risk": st.just("high"), "origins": json_values})),
        "Passive": st.fixed_dictionaries({"records": json_values}),
    },
)


@given(st.sampled_from(OPERATIONS), st.one_of(st.binary(max_size=30), json_values, bodies))
def test_no_reply_breaks_it(asked, body):
    """Any bytes and any JSON end in a finding of one of three outcomes."""
    found, _ = answered(*asked, body)
    assert found.outcome in (Outcome.FOUND, Outcome.NOTHING, Outcome.FAILED)


# -- documented by others ------------------------------------------------------------------------------------------


def test_documented_file(shared_data):
    """The documented report has its risk and families, and each of its servers by URL, name and address."""
    (example,) = json.loads((shared_data("ti-examples") / "x_force" / "get_hash_info.json").read_text("utf-8"))
    about = example["EntityResult"]["malware"]
    (row,) = about["origins"]["CnCServers"]["rows"]
    found, _ = answered(XForce.file, File(example["Entity"]), example["EntityResult"])
    known = facts(found)
    assert (known["risk"], known["detection_rate"]) == (about["risk"], 46)
    assert found.verdict is Verdict.MALICIOUS
    assert known["threat_name"].split(", ") == about["family"] + about["origins"]["external"]["family"]
    me = f"file:md5:{example['Entity'].lower()}"
    assert links(found) == {
        (me, "communicates-with", f"url:{row['uri']}"),
        (me, "communicates-with", f"domain:{row['domain']}"),
        (me, "communicates-with", f"ip:{row['ip']}"),
    }
    assert {link.observed_last.strftime("%Y-%m-%dT%H:%M:%SZ") for link in found.links} == {row["lastseen"]}


def test_documented_malware_of_an_address(shared_data):
    """The documented list has one kind of malware, which is commanded from the address, with its family and times."""
    (example,) = json.loads((shared_data("ti-examples") / "x_force" / "get_ip_malware.json").read_text("utf-8"))
    (said,) = example["EntityResult"]["malware"]
    found, _ = answered(XForceRelated.ip, IpAddress(example["Entity"]), example["EntityResult"])
    key = f"file:md5:{said['md5'].lower()}"
    assert links(found) == {(key, "communicates-with", f"ip:{example['Entity']}")}
    assert [*found.table.records()] == [
        {
            "related": key,
            "relation": "communicates-with",
            "threat_name": "kasidet",
            "observed_first": "2016-10-29T06:31:00.000000Z",
            "observed_last": "2016-10-29T06:31:00.000000Z",
        }
    ]
    assert plain_address(said["ip"]) == "8.8.8.8"
