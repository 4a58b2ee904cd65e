"""CrowdSec: from reputations and behaviours to verdicts, on made-up replies."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import IpAddress, Outcome, Severity, Verdict
from clew.providers.ti.crowdsec import CrowdSec
from clew.providers.web import SecretLocation
from tests.providers.ti.anything import json_values
from tests.providers.ti.recorded import answered, facts, links
from tests.support import HOSTILE, hiding

IP = IpAddress("198.51.100.7")


def test_the_service_is_asked_as_documented():
    """One GET with the address in the path, the key in its header."""
    _, (ask,) = answered(CrowdSec.ip, IP, {})
    assert (ask.method, ask.url) == ("GET", "https://cti.api.crowdsec.net/v2/smoke/198.51.100.7")
    assert (ask.params, ask.secret) == ((), SecretLocation("header", "x-api-key"))


@pytest.mark.parametrize(
    ("reputation", "verdict", "severity"),
    [
        ("malicious", Verdict.MALICIOUS, Severity.HIGH),
        ("suspicious", Verdict.SUSPICIOUS, Severity.MEDIUM),
        ("known", Verdict.UNKNOWN, Severity.LOW),
        ("safe", Verdict.BENIGN, Severity.INFORMATIONAL),
        ("benign", Verdict.BENIGN, Severity.INFORMATIONAL),
        ("unknown", Verdict.UNKNOWN, Severity.INFORMATIONAL),
    ],
)
def test_the_reputation_is_the_verdict(reputation, verdict, severity):
    """Only what CrowdSec itself calls safe is benign; what it merely knows is not."""
    found, _ = answered(CrowdSec.ip, IP, {"reputation": reputation})
    assert (found.outcome, found.verdict, found.severity) == (Outcome.FOUND, verdict, severity)
    assert facts(found)["classification"] == reputation


def test_what_it_does_not_know_is_nothing():
    """A 404 is an answer: nothing is known, and no verdict is given."""
    found, _ = answered(CrowdSec.ip, IP, {"message": "IP address information not found"}, status=404)
    assert (found.outcome, found.verdict) == (Outcome.NOTHING, Verdict.UNKNOWN)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        [],
        {},
        {"message": "ok"},
        {"reputation": None},
        {"reputation": ["malicious"]},
        {"reputation": "evil"},
    ],
    ids=range(8),
)
def test_a_reply_without_a_reputation_is_no_answer(body):
    """A reply without a reputation that there is has failed: it is neither a verdict nor nothing."""
    found, _ = answered(CrowdSec.ip, IP, body)
    assert (found.outcome, found.verdict) == (Outcome.FAILED, Verdict.UNKNOWN)


def test_what_is_told_is_told():
    """Labels of behaviours and lists, the system and the name of the address, and when it was seen."""
    body = {
        "reputation": "malicious",
        "confidence": "medium",
        "as_num": 64500,
        "as_name": "Example",
        "reverse_dns": "scan.host.example",
        "behaviors": [{"name": "ssh:bruteforce", "label": "SSH Bruteforce"}],
        "classifications": {"classifications": [{"name": "tor"}], "false_positives": [{"label": "CDN"}]},
        "scores": {"overall": {"total": 4}},
        "cves": ["CVE-2021-41773"],
        "proxy_or_vpn": True,
        "history": {"first_seen": "2026-01-02T18:00:00+00:00", "last_seen": "2026-03-16T06:45:00+00:00"},
    }
    found, _ = answered(CrowdSec.ip, IP, body)
    assert found.reason == "malicious (confidence medium): SSH Bruteforce"
    assert facts(found) == {
        "classification": "malicious",
        "threat_score": 4,
        "behaviors": "SSH Bruteforce",
        "tags": "tor, CDN",
        "cves": "CVE-2021-41773",
        "is_anonymous": True,
        "asn": 64500,
        "as_organization": "Example",
    }
    assert links(found) == {
        (f"ip:{IP.value}", "belongs-to", "asn:64500"),
        ("domain:scan.host.example", "resolves-to", f"ip:{IP.value}"),
    }
    assert (found.observed_first.isoformat(), found.observed_last.isoformat()) == (
        "2026-01-02T18:00:00+00:00",
        "2026-03-16T06:45:00+00:00",
    )


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_fields_are_text(value):
    """Whatever stands in labels and names, the verdict is that of the reputation, and the finding can be shown."""
    named = [{"name": value, "label": value}]
    body = {
        "reputation": "malicious",
        "confidence": value,
        "as_name": value,
        "reverse_dns": value,
        "behaviors": named,
        "classifications": {"classifications": named, "false_positives": named},
        "cves": [value],
        "mitre_techniques": named,
        "location": {"country": value, "city": value},
        "ip_range": value,
        "history": {"first_seen": value, "last_seen": value},
        "background_noise": value,
    }
    found, _ = answered(CrowdSec.ip, IP, body)
    assert found.verdict is Verdict.MALICIOUS
    assert hiding(str(found)) == set()


known = st.fixed_dictionaries(
    {"reputation": st.just("known")},
    optional=dict.fromkeys(
        ("as_num", "behaviors", "classifications", "scores", "cves", "history", "location", "reverse_dns"), json_values
    ),
)


@given(st.one_of(st.binary(max_size=30), json_values, known))
def test_no_reply_breaks_it(body):
    """Any bytes and any JSON end in a finding of one of three outcomes."""
    found, _ = answered(CrowdSec.ip, IP, body)
    assert found.outcome in (Outcome.FOUND, Outcome.NOTHING, Outcome.FAILED)
