"""AbuseIPDB: from the vendor's JSON to a verdict."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import Finding, IpAddress, Outcome, Severity, Verdict
from clew.pivots.execution import execute
from clew.pivots.registry import find_pivot
from clew.pivots.workspace import Workspace
from clew.providers.exchange import Answer
from clew.settings import Settings
from tests.providers.doubles import PUBLIC
from tests.support import HOSTILE, hiding

KEY = "canary-abuseipdb-0123456789"
GOOD = {
    "ipAddress": PUBLIC.value,
    "abuseConfidenceScore": 100,
    "totalReports": 37,
    "countryCode": "NL",
    "isp": "Example",
    "usageType": "Data Center/Web Hosting/Transit",
    "domain": "host.example",
    "isTor": False,
    "lastReportedAt": "2026-03-16T20:15:00+00:00",
}


@pytest.fixture(autouse=True)
def _key(monkeypatch):
    monkeypatch.setenv("CLEW_ABUSEIPDB_KEY", KEY)


def asked(body: object, subject: IpAddress = PUBLIC, **arguments: Any) -> tuple[Answer, list[httpx.Request]]:
    """The answer to one lookup, and the requests that were sent for it."""
    sent: list[httpx.Request] = []

    def vendor(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, content=body if isinstance(body, bytes) else json.dumps(body).encode())

    workspace = Workspace(Settings(), transport=lambda: httpx.MockTransport(vendor))
    pivot = find_pivot(IpAddress, "ti.abuseipdb")
    return execute(workspace.runner(), subject.ti.abuseipdb.invocation(**arguments), pivot), sent


def judged(**changes: Any) -> Finding:
    """The finding for the good reply with some fields changed."""
    return asked({"data": {**GOOD, **changes}})[0].finding


def test_the_vendor_is_asked_as_documented():
    """One GET to the check endpoint over TLS, the key in its header, the age as a parameter."""
    _, (request,) = asked({"data": GOOD}, max_age_days=30)
    assert request.method == "GET"
    assert request.url.copy_with(query=None) == "https://api.abuseipdb.com/api/v2/check"
    assert dict(request.url.params) == {"ipAddress": "8.8.4.4", "maxAgeInDays": "30", "verbose": ""}
    assert request.headers["Key"] == KEY


def test_a_report_becomes_facts():
    """Score, reports, country, operator and the last report are in the finding, with a page to read on."""
    finding = judged()
    assert (finding.outcome, finding.verdict, finding.severity) == (Outcome.FOUND, Verdict.MALICIOUS, Severity.HIGH)
    assert {fact.name: fact.value for fact in finding.facts} == {
        "abuse_score": 100,
        "reports": 37,
        "country_code": "NL",
        "isp": "Example",
        "domain": "host.example",
        "usage_type": "Data Center/Web Hosting/Transit",
        "is_tor": False,
    }
    assert finding.observed_last == datetime(2026, 3, 16, 20, 15, tzinfo=UTC)
    assert finding.reference == "https://www.abuseipdb.com/check/8.8.4.4"


@pytest.mark.parametrize(
    ("score", "reports", "verdict", "severity", "outcome"),
    [
        (100, 1, Verdict.MALICIOUS, Severity.HIGH, Outcome.FOUND),
        (75, 1, Verdict.MALICIOUS, Severity.HIGH, Outcome.FOUND),
        (74, 1, Verdict.SUSPICIOUS, Severity.MEDIUM, Outcome.FOUND),
        (25, 1, Verdict.SUSPICIOUS, Severity.MEDIUM, Outcome.FOUND),
        (24, 1, Verdict.UNKNOWN, Severity.LOW, Outcome.FOUND),
        (0, 1, Verdict.UNKNOWN, Severity.LOW, Outcome.FOUND),
        (0, 0, Verdict.UNKNOWN, Severity.INFORMATIONAL, Outcome.NOTHING),
        (0, None, Verdict.UNKNOWN, Severity.INFORMATIONAL, Outcome.NOTHING),
        (80, 0, Verdict.MALICIOUS, Severity.HIGH, Outcome.FOUND),
    ],
)
def test_a_score_is_a_verdict(score, reports, verdict, severity, outcome):
    """From 75 % on malicious, from 25 % suspicious, below nothing is said; no reports is no benign verdict."""
    finding = judged(abuseConfidenceScore=score, totalReports=reports)
    assert (finding.verdict, finding.severity, finding.outcome) == (verdict, severity, outcome)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Just a moment...</html>",
        b"null",
        b"[]",
        b"{}",
        {"data": None},
        {"data": []},
        {"data": "x"},
        {"data": {}},
        {"errors": [{"detail": "no"}]},
        {"data": {"abuseConfidenceScore": None}},
        {"data": {"abuseConfidenceScore": "high"}},
        {"data": {**GOOD, "abuseConfidenceScore": [75]}},
        {"data": {**GOOD, "abuseConfidenceScore": 101}},
        {"data": {**GOOD, "abuseConfidenceScore": -1}},
        b'{"data": {"abuseConfidenceScore": 1e999}}',
        b'{"data": {"abuseConfidenceScore": NaN}}',
        {"data": {**GOOD, "totalReports": "many"}},
        {"data": {**GOOD, "totalReports": -3}},
        {"data": {**GOOD, "totalReports": {"n": 3}}},
    ],
    ids=range(20),
)
def test_a_malformed_reply_is_no_verdict(body):
    """A reply without a usable score is a failed ask: never a verdict, never an exception."""
    finding = asked(body)[0].finding
    assert (finding.outcome, finding.verdict) == (Outcome.FAILED, Verdict.UNKNOWN)
    assert finding.reason


@pytest.mark.parametrize("value", [*HOSTILE, None, 5, 1.5, True, [], {"a": 1}, "2026-13-45"], ids=range(39))
def test_hostile_fields_are_text(value):
    """Whatever stands in the other fields, the verdict is that of the score, and the finding can be shown."""
    finding = judged(countryCode=value, isp=value, usageType=value, domain=value, isTor=value, lastReportedAt=value)
    assert finding.verdict is Verdict.MALICIOUS
    assert finding.observed_last is None
    assert hiding(str(finding)) == set()
    assert finding.to_frame()["abuse_score"].tolist() == [100]


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=6,
)


@given(
    st.one_of(
        st.binary(max_size=30),
        json_values,
        st.fixed_dictionaries({"data": st.fixed_dictionaries({}, optional=dict.fromkeys(GOOD, json_values))}),
    )
)
def test_no_reply_breaks_it(body):
    """Any bytes and any JSON end in a finding of one of three outcomes."""
    assert asked(body)[0].finding.outcome in (Outcome.FOUND, Outcome.NOTHING, Outcome.FAILED)


def test_the_secret_is_in_nothing_that_is_kept():
    """Not in the finding, not in the exchange, not in the reply, even if the vendor echoes it."""
    answer, _ = asked({"data": {**GOOD, "isp": f"your key is {KEY}"}})
    (reply,) = answer.replies.values()
    kept = f"{answer!r} {answer.finding} {answer.finding.to_frame().to_csv()} {reply.body!r}"
    assert KEY not in kept
    assert "redacted" in kept


def test_without_a_key_nothing_is_sent(monkeypatch):
    """Without a key the lookup is skipped and names the variable."""
    monkeypatch.delenv("CLEW_ABUSEIPDB_KEY")
    answer, sent = asked({"data": GOOD})
    assert answer.finding.outcome is Outcome.SKIPPED
    assert "CLEW_ABUSEIPDB_KEY" in answer.finding.reason
    assert sent == []


def test_a_private_address_is_not_sent():
    """The gate stands before the vendor."""
    answer, sent = asked({"data": GOOD}, IpAddress("192.168.1.1"))
    assert answer.finding.outcome is Outcome.REFUSED
    assert sent == []
