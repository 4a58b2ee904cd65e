"""Pulsedive: from risks, links and DNS records to verdicts and links, on made-up and on recorded replies."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import Domain, IpAddress, Outcome, Severity, Url, Verdict
from clew.providers.ti.pulsedive_indicators import Pulsedive
from clew.providers.ti.pulsedive_related import PulsediveRelated, PulsediveResolutions
from clew.providers.web import SecretLocation
from tests.providers.ti.anything import json_values
from tests.providers.ti.recorded import answered, cassettes, facts, links, pointed
from tests.support import HOSTILE, hiding

IP, DOMAIN, URL = IpAddress("198.51.100.7"), Domain("c2.example"), Url("https://c2.example/a?b=c")
ABOUT = [(Pulsedive.ip, IP), (Pulsedive.domain, DOMAIN), (Pulsedive.url, URL)]
MORE = [
    (PulsediveRelated.ip, IP),
    (PulsediveRelated.domain, DOMAIN),
    (PulsediveRelated.url, URL),
    (PulsediveResolutions.ip, IP),
    (PulsediveResolutions.domain, DOMAIN),
]
NUMBER = {"iid": 4711, "risk": "none"}


@pytest.mark.parametrize(("operation", "subject"), ABOUT)
def test_the_service_is_asked_as_documented(operation, subject):
    """One GET with the indicator and the key as parameters."""
    _, (ask,) = answered(operation, subject, NUMBER)
    assert (ask.method, ask.url) == ("GET", "https://pulsedive.com/api/info.php")
    assert (ask.params, ask.secret) == ((("indicator", subject.value),), SecretLocation("query", "key"))


@pytest.mark.parametrize(
    ("operation", "subject", "what"),
    [(PulsediveRelated.domain, DOMAIN, "links"), (PulsediveResolutions.ip, IP, "properties")],
)
def test_more_is_asked_by_number(operation, subject, what):
    """Links and records are asked for by the number that the indicator has there."""
    _, (first, second) = answered(operation, subject, NUMBER, {})
    assert first.params == (("indicator", subject.value),)
    assert second.params == (("get", what), ("iid", "4711"))


@pytest.mark.parametrize(
    ("risk", "verdict", "severity"),
    [
        ("critical", Verdict.MALICIOUS, Severity.HIGH),
        ("high", Verdict.MALICIOUS, Severity.HIGH),
        ("medium", Verdict.SUSPICIOUS, Severity.MEDIUM),
        ("low", Verdict.UNKNOWN, Severity.LOW),
        ("none", Verdict.UNKNOWN, Severity.INFORMATIONAL),
        ("unknown", Verdict.UNKNOWN, Severity.INFORMATIONAL),
        ("retired", Verdict.UNKNOWN, Severity.INFORMATIONAL),
    ],
)
@pytest.mark.parametrize(("operation", "subject"), ABOUT)
def test_the_risk_is_the_verdict(operation, subject, risk, verdict, severity):
    """High risk is malicious, medium suspicious; that there is none is no innocence."""
    found, _ = answered(operation, subject, {"risk": risk})
    assert (found.outcome, found.verdict, found.severity) == (Outcome.FOUND, verdict, severity)
    assert facts(found)["risk"] == risk


@pytest.mark.parametrize(("operation", "subject"), [*ABOUT, *MORE])
@pytest.mark.parametrize("status", [200, 404])
def test_what_it_does_not_know_is_nothing(operation, subject, status):
    """It says so with either status; nothing is known, and no verdict is given."""
    found, _ = answered(operation, subject, {"error": "Indicator not found."}, status=status)
    assert (found.outcome, found.verdict) == (Outcome.NOTHING, Verdict.UNKNOWN)


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        ({"error": "Invalid API key."}, Outcome.REFUSED),
        ({"error": "You have exceeded your daily limit."}, Outcome.REFUSED),
        ({"error": "Something broke."}, Outcome.FAILED),
        ({}, Outcome.FAILED),
        ([], Outcome.FAILED),
        ({"risk": None}, Outcome.FAILED),
        ({"risk": 7}, Outcome.FAILED),
        ({"risk": "green"}, Outcome.FAILED),
        (b"<html>", Outcome.FAILED),
    ],
    ids=range(9),
)
def test_a_reply_without_a_risk_is_no_answer(body, outcome):
    """An error with status 200, and a reply without a risk that there is, say nothing of the indicator."""
    found, _ = answered(Pulsedive.ip, IP, body)
    assert (found.outcome, found.verdict) == (outcome, Verdict.UNKNOWN)


@pytest.mark.parametrize(("operation", "subject"), MORE)
@pytest.mark.parametrize("body", [{}, []])
def test_no_links_are_nothing(operation, subject, body):
    """A known indicator without links or records is nothing; an empty table may be written as an empty list."""
    found, _ = answered(operation, subject, NUMBER, body)
    assert found.outcome is Outcome.NOTHING


def test_dns_records_of_a_domain_are_links():
    """One record or a list of them, each says what its kind says; the address of a mail server is only related."""
    records = {
        "A": IP.value,
        "AAAA": ["2001:db8::7"],
        "ns": ["ns1.example.net"],
        "CNAME": "other.example",
        "MX": ["mail.example.net", "203.0.113.9"],
        "TXT": "v=spf1",
    }
    found, _ = answered(Pulsedive.domain, DOMAIN, {"risk": "none", "properties": {"dns": records}})
    assert {(relation, target) for _, relation, target in links(found)} == {
        ("resolves-to", f"ip:{IP.value}"),
        ("resolves-to", "ip:2001:db8::7"),
        ("alias-of", "domain:other.example"),
        ("delegated-to", "domain:ns1.example.net"),
        ("mail-handled-by", "domain:mail.example.net"),
        ("related-to", "ip:203.0.113.9"),
    }


def test_linked_indicators_say_how():
    """A URL contains its host, a name that DNS links with an address resolves to it, and the rest is related."""
    listed = {
        "Active DNS": [{"indicator": IP.value, "type": "ip", "risk": "low", "stamp_linked": "2026-03-01 10:00:00"}],
        "Related URLs": [{"indicator": URL.value, "type": "url"}],
        "Related Domains": [{"indicator": "www.c2.example", "type": "domain"}, {"indicator": "x", "type": "artifact"}],
    }
    found, _ = answered(PulsediveRelated.domain, DOMAIN, NUMBER, listed)
    assert links(found) == {
        ("domain:c2.example", "resolves-to", f"ip:{IP.value}"),
        (f"url:{URL.value}", "contains", "domain:c2.example"),
        ("domain:c2.example", "related-to", "domain:www.c2.example"),
    }
    assert "values that name nothing to follow: 1" in found.reason
    assert next(found.table.records()) == {
        "related": f"ip:{IP.value}",
        "relation": "resolves-to",
        "risk": "low",
        "observed_last": "2026-03-01T10:00:00.000000Z",
    }


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_fields_are_text(value):
    """Whatever stands in names and properties, the verdict is that of the risk, and the finding can be shown."""
    named = [{"name": value, "description": value}]
    properties = {
        "dns": {"PTR": value, "A": [value], value: value},
        "meta": {"++title": value},
        "geo": dict.fromkeys(("asn", "isp", "org", "countrycode", "city"), value),
    }
    about = {
        "risk": "high",
        "feeds": named,
        "threats": named,
        "riskfactors": named,
        "properties": properties,
        "attributes": {"port": [value], "technology": value},
        "retired": value,
        "stamp_seen": value,
    }
    for operation, subject in ABOUT:
        found, _ = answered(operation, subject, about)
        assert found.verdict is Verdict.MALICIOUS
        assert hiding(str(found)) == set()
    row = {"indicator": value, "type": "domain", "risk": value, "name": value, "value": value, "stamp_seen": value}
    for operation, subject in MORE:
        found, _ = answered(operation, subject, NUMBER, {"dns": [row], value: [row]})
        assert found.outcome is Outcome.FOUND
        assert hiding(str(found)) == set()


known = st.fixed_dictionaries(
    {"risk": st.sampled_from(["high", "none", "odd", None])},
    optional=dict.fromkeys(
        ("iid", "feeds", "threats", "riskfactors", "attributes", "properties", "error"), json_values
    ),
)


@given(
    st.sampled_from([*ABOUT, *MORE]),
    st.one_of(st.binary(max_size=30), json_values, known),
    st.one_of(json_values, st.dictionaries(st.sampled_from(["dns", "Active DNS"]), json_values)),
)
def test_no_reply_breaks_it(asked, first, second):
    """Any bytes and any JSON end in a finding, never in an exception."""
    found, _ = answered(*asked, first, second)
    assert found.outcome in (Outcome.FOUND, Outcome.NOTHING, Outcome.FAILED, Outcome.REFUSED)


# -- recorded with the real service, and documented by others ------------------------------------------------------


def test_recorded_indicator(shared_data):
    """A recorded indicator has its risk, threats, feeds, ports and owner; it is no benign one for being of no risk."""
    cassette, _ = cassettes(shared_data("ti-recorded") / "Mihari_Analyzers_Pulsedive")
    said = json.loads(cassette.body)
    found, (ask,) = answered(Pulsedive.ip, IpAddress(said["indicator"]), cassette.body)
    assert dict(ask.params) == {name: value for name, value in parse_qsl(urlsplit(cassette.url).query) if name != "key"}
    known, place = facts(found), said["properties"]["geo"]
    assert (found.verdict, known["risk"]) == (Verdict.UNKNOWN, said["risk"])
    for fact, listed in (("threat_name", "threats"), ("feeds", "feeds")):
        assert known[fact].split(", ") == [each["name"] for each in said[listed]]
    assert known["ports"].split(", ") == said["attributes"]["port"]
    assert (f"AS{known['asn']}", known["isp"], known["country_code"]) == (
        place["asn"],
        place["isp"],
        place["countrycode"],
    )
    assert links(found) == {
        (f"ip:{said['indicator']}", "belongs-to", f"asn:{known['asn']}"),
        (f"domain:{said['properties']['dns']['PTR']}", "resolves-to", f"ip:{said['indicator']}"),
    }


def test_recorded_records(shared_data):
    """Every DNS record of a recorded history is a row and a link, with its place and its time."""
    about, history = cassettes(shared_data("ti-recorded") / "Mihari_Analyzers_Pulsedive")
    subject, document = IpAddress(json.loads(about.body)["indicator"]), json.loads(history.body)
    found, (_, ask) = answered(PulsediveResolutions.ip, subject, about.body, history.body)
    assert dict(ask.params) == {name: value for name, value in parse_qsl(urlsplit(history.url).query) if name != "key"}
    assert found.returned == len(document["dns"]) == len(found.links) == len(found.table)
    for link, row in zip(found.links, found.table.records(), strict=True):
        said = pointed(document, link.pointers[0])
        assert (link.source, link.target) == (Domain(said["value"]), subject)
        assert link.observed_last.strftime("%Y-%m-%d %H:%M:%S") == said["stamp_seen"]
        assert (row["dns_question_name"], row["dns_answer_type"]) == (said["value"], said["name"])


def test_documented_indicator(shared_data):
    """The documented example is of low risk: its threats and feed are told, and it is neither good nor bad."""
    document = json.loads((shared_data("ti-examples") / "pulsedive" / "EnrichIp.json").read_text("utf-8"))
    (said,) = [each["EntityResult"] for each in document["results"]]
    found, _ = answered(Pulsedive.ip, IpAddress(said["indicator"]), said)
    assert (found.verdict, found.severity) == (Verdict.UNKNOWN, Severity.LOW)
    assert facts(found)["threat_name"] == ", ".join(each["name"] for each in said["threats"])
    assert facts(found)["http_status"] == 403
    assert facts(found)["registered"] == "2009-09-28"
    assert f"domain:{said['properties']['dns']['ptr']}" in {source for source, _, _ in links(found)}
