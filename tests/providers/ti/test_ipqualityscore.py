"""IPQualityScore: from scores and flags to verdicts, on made-up replies."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import Domain, IpAddress, Outcome, Severity, Url, Verdict
from clew.pivots.execution import execute
from clew.pivots.registry import find_pivot
from clew.pivots.workspace import Workspace
from clew.providers.ti.ipqualityscore import IpQualityScore, IpQualityScoreUrls
from clew.providers.web import SecretLocation
from clew.settings import Settings
from tests.providers.ti.anything import json_values
from tests.providers.ti.recorded import answered, facts, links
from tests.support import HOSTILE, hiding

IP, DOMAIN, URL = IpAddress("198.51.100.7"), Domain("c2.example"), Url("https://c2.example/a?b=c")
URLS = [(IpQualityScoreUrls.domain, DOMAIN), (IpQualityScoreUrls.url, URL)]
OPERATIONS = [(IpQualityScore.ip, IP), *URLS]


def said(score: object, **more: object) -> dict[str, object]:
    return {"success": True, "message": "Success", "fraud_score": score, "risk_score": score, **more}


@pytest.mark.parametrize(("asked", "name"), [*zip(OPERATIONS, ("ip", "url", "url"), strict=True)])
def test_the_service_is_asked_as_documented(asked, name):
    """One GET with the subject as a parameter, and the key in its header, never in the path."""
    _, (ask,) = answered(*asked, {})
    assert (ask.method, ask.url) == ("GET", f"https://www.ipqualityscore.com/api/json/{name}")
    assert (ask.params, ask.secret) == (((name, asked[1].value),), SecretLocation("header", "IPQS-KEY"))


@pytest.mark.parametrize(
    ("score", "verdict", "severity", "outcome"),
    [
        (0, Verdict.UNKNOWN, Severity.INFORMATIONAL, Outcome.NOTHING),
        (1, Verdict.UNKNOWN, Severity.LOW, Outcome.FOUND),
        (74, Verdict.UNKNOWN, Severity.LOW, Outcome.FOUND),
        (75, Verdict.SUSPICIOUS, Severity.MEDIUM, Outcome.FOUND),
        (89, Verdict.SUSPICIOUS, Severity.MEDIUM, Outcome.FOUND),
        (90, Verdict.MALICIOUS, Severity.HIGH, Outcome.FOUND),
        (100, Verdict.MALICIOUS, Severity.HIGH, Outcome.FOUND),
    ],
)
def test_the_score_of_an_address_is_the_verdict(score, verdict, severity, outcome):
    """From 90 on it is malicious, from 75 suspicious; that there is no score against it is no innocence."""
    found, _ = answered(IpQualityScore.ip, IP, said(score, proxy=True))
    assert (found.verdict, found.severity, found.outcome) == (verdict, severity, outcome)
    assert (facts(found)["fraud_score"], facts(found)["is_anonymous"]) == (score, True)


@pytest.mark.parametrize("asked", URLS)
@pytest.mark.parametrize(
    ("score", "flag", "verdict", "severity", "outcome"),
    [
        (0, "adult", Verdict.UNKNOWN, Severity.INFORMATIONAL, Outcome.NOTHING),
        (74, "adult", Verdict.UNKNOWN, Severity.LOW, Outcome.FOUND),
        (75, "adult", Verdict.SUSPICIOUS, Severity.MEDIUM, Outcome.FOUND),
        (85, "adult", Verdict.MALICIOUS, Severity.MEDIUM, Outcome.FOUND),
        (100, "adult", Verdict.MALICIOUS, Severity.HIGH, Outcome.FOUND),
        (0, "suspicious", Verdict.SUSPICIOUS, Severity.MEDIUM, Outcome.FOUND),
        (10, "spamming", Verdict.SUSPICIOUS, Severity.MEDIUM, Outcome.FOUND),
        (10, "phishing", Verdict.MALICIOUS, Severity.HIGH, Outcome.FOUND),
        (0, "malware", Verdict.MALICIOUS, Severity.HIGH, Outcome.FOUND),
    ],
)
def test_the_scan_of_a_url_is_the_verdict(asked, score, flag, verdict, severity, outcome):
    """High risk, phishing and malware are malicious; less risk, and unwanted mails, are suspicious."""
    found, _ = answered(*asked, said(score, **{flag: True}))
    assert (found.verdict, found.severity, found.outcome) == (verdict, severity, outcome)


@pytest.mark.parametrize("asked", OPERATIONS)
@pytest.mark.parametrize(
    ("message", "outcome"),
    [
        ("You have exceeded your request quota of 35 per day.", Outcome.REFUSED),
        ("You have insufficient credits to make this query.", Outcome.REFUSED),
        ("Invalid or unauthorized key. Please check the API key and try again.", Outcome.REFUSED),
        ("Invalid IPv4 address, IPv6 address or hostname.", Outcome.FAILED),
        (None, Outcome.FAILED),
    ],
)
@pytest.mark.parametrize("status", [200, 403])
def test_an_error_says_nothing_of_the_subject(asked, message, outcome, status):
    """A reply without success is a refusal or a failure with its reason, whatever scores stand in it."""
    found, _ = answered(*asked, said(100) | {"success": False, "message": message}, status=status)
    assert (found.outcome, found.verdict) == (outcome, Verdict.UNKNOWN)


@pytest.mark.parametrize("asked", OPERATIONS)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        [],
        {},
        {"fraud_score": 90, "risk_score": 90},
        said(None),
        said("high"),
        said(101),
        said(-1),
        said([90]),
        said(0.5),
    ],
    ids=range(11),
)
def test_a_reply_without_a_score_is_no_answer(asked, body):
    """A reply that does not say that it is one, or has no usable score, has failed."""
    found, _ = answered(*asked, body)
    assert (found.outcome, found.verdict) == (Outcome.FAILED, Verdict.UNKNOWN)


def test_pages_are_not_fetched_unasked(monkeypatch):
    """The scanner opens the page, so that a URL is not given to it until active sources are allowed."""
    monkeypatch.setenv("CLEW_IPQUALITYSCORE_KEY", "a-made-up-key")
    pivot = find_pivot(Url, "ti.ipqualityscore")
    subject = Url("https://www.iana.org/")
    finding = execute(Workspace(Settings()).runner(), subject.ti.ipqualityscore.invocation(), pivot).finding
    assert finding.outcome is Outcome.REFUSED
    assert "infrastructure" in finding.reason


def test_what_is_told_is_linked():
    """The system, the name and the address of the subject, and where a URL led; what is `N/A` is not told."""
    found, _ = answered(IpQualityScore.ip, IP, said(50, ASN=64500, host="scan.host.example", ISP="N/A", city="Vienna"))
    assert links(found) == {
        (f"ip:{IP.value}", "belongs-to", "asn:64500"),
        ("domain:scan.host.example", "resolves-to", f"ip:{IP.value}"),
    }
    assert facts(found) == {"fraud_score": 50, "asn": 64500, "city": "Vienna"}
    body = said(50, ip_address=IP.value, redirected=True, final_url="https://other.example/", category="N/A")
    found, _ = answered(IpQualityScoreUrls.url, URL, body)
    assert {(relation, target) for _, relation, target in links(found)} == {
        ("related-to", f"ip:{IP.value}"),
        ("redirects-to", "url:https://other.example/"),
    }
    found, _ = answered(IpQualityScoreUrls.domain, DOMAIN, body)
    assert links(found) == {("domain:c2.example", "resolves-to", f"ip:{IP.value}")}


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_fields_are_text(value):
    """Whatever stands in names and categories, the verdict is that of the score, and the finding can be shown."""
    texts = dict.fromkeys(
        (
            "ISP",
            "organization",
            "host",
            "city",
            "country_code",
            "connection_type",
            "abuse_velocity",
            "category",
            "ip_address",
            "final_url",
            "domain_age",
        ),
        value,
    )
    for asked in OPERATIONS:
        found, _ = answered(*asked, said(95, redirected=True, **texts))
        assert found.verdict is Verdict.MALICIOUS
        assert hiding(str(found)) == set()
        failed, _ = answered(*asked, {"success": False, "message": value})
        assert hiding(str(failed)) == set()


fields = st.dictionaries(
    st.sampled_from(
        [
            "success",
            "message",
            "fraud_score",
            "risk_score",
            "ASN",
            "host",
            "phishing",
            "domain_age",
            "ip_address",
            "redirected",
            "final_url",
        ]
    ),
    json_values,
).map(lambda more: said(50) | more)


@given(st.sampled_from(OPERATIONS), st.one_of(st.binary(max_size=30), json_values, fields))
def test_no_reply_breaks_it(asked, body):
    """Any bytes and any JSON end in a finding, never in an exception."""
    found, _ = answered(*asked, body)
    assert found.outcome in (Outcome.FOUND, Outcome.NOTHING, Outcome.FAILED, Outcome.REFUSED)
