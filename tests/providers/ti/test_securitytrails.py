"""SecurityTrails: DNS records of today and before, and names, on made-up and on recorded replies."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import Domain, IpAddress, Outcome, Verdict
from clew.providers.ti.securitytrails_domains import SecurityTrails
from clew.providers.ti.securitytrails_history import SecurityTrailsHistory
from tests.providers.ti.anything import json_values, objects
from tests.providers.ti.recorded import answered, cassettes, facts, links
from tests.support import HOSTILE, hiding

IP, NAME, API = IpAddress("198.51.100.7"), Domain("c2.example"), "https://api.securitytrails.com/v1"
EVERY = (
    (SecurityTrails.domain, NAME),
    (SecurityTrails.subdomains, NAME),
    (SecurityTrailsHistory.domain, NAME),
    (SecurityTrailsHistory.ip, IP),
)
EACH = pytest.mark.parametrize(("operation", "subject"), EVERY, ids=["domain", "subdomains", "history", "ip"])


def records(*given: object, **more: object) -> dict[str, object]:
    return {"records": list(given), "pages": 1, "record_count": len(given), "meta": {"total_pages": 1}, **more}


@pytest.mark.parametrize(
    ("operation", "subject", "arguments", "url", "params"),
    [
        (SecurityTrails.domain, NAME, {}, f"{API}/domain/c2.example", {}),
        (
            SecurityTrails.subdomains,
            NAME,
            {},
            f"{API}/domain/c2.example/subdomains",
            {"children_only": "false", "include_inactive": "true"},
        ),
        (
            SecurityTrailsHistory.domain,
            NAME,
            {"record_type": "ns", "page": 2},
            f"{API}/history/c2.example/dns/ns",
            {"page": "2"},
        ),
        (SecurityTrailsHistory.ip, IP, {}, f"{API}/domains/list", {"page": "1"}),
    ],
)
def test_the_service_is_asked_as_documented(operation, subject, arguments, url, params):
    """One request each, the key in its header."""
    _, (ask,) = answered(operation, subject, {}, **arguments)
    assert (ask.url, dict(ask.params), ask.repeatable) == (url, params, True)
    assert (ask.secret.kind, ask.secret.name) == ("header", "APIKEY")


@pytest.mark.parametrize(("value", "name"), [("198.51.100.7", "ipv4"), ("2001:db8::7", "ipv6")])
def test_an_address_is_a_filter(value, name):
    """Domains at an address are listed by a filter on its version."""
    _, (ask,) = answered(SecurityTrailsHistory.ip, IpAddress(value), records())
    assert (ask.method, ask.json) == ("POST", {"filter": {name: value}})


def test_current_records_become_links():
    """Addresses, mail handlers and name servers are linked, other records are rows, and a name has its apex."""
    current = {
        "a": {"first_seen": "2026-02-01", "values": [{"ip": IP.value, "ip_count": 12, "ip_organization": "Example"}]},
        "aaaa": {"values": [{"ipv6": "2001:db8::7"}]},
        "mx": {"values": [{"hostname": "mail.c2.example", "priority": 10}]},
        "ns": {"values": [{"nameserver": "ns1.dns.example"}]},
        "txt": {"values": [{"value": "v=spf1 -all"}]},
        "soa": {},
    }
    document = {"current_dns": current, "apex_domain": "c2.example", "subdomain_count": 3}
    found, _ = answered(SecurityTrails.domain, Domain("login.c2.example"), document)
    assert {(relation, target) for _, relation, target in links(found)} == {
        ("resolves-to", "ip:198.51.100.7"),
        ("resolves-to", "ip:2001:db8::7"),
        ("mail-handled-by", "domain:mail.c2.example"),
        ("delegated-to", "domain:ns1.dns.example"),
        ("subdomain-of", "domain:c2.example"),
    }
    rows = list(found.table.records())
    assert [row["dns_answer_type"] for row in rows] == ["A", "AAAA", "MX", "NS", "TXT"]
    assert (rows[0]["shared_by"], rows[0]["organization"], rows[4]["dns_answer_data"]) == (12, "Example", "v=spf1 -all")
    assert f"{found.links[0].observed_first:%F}" == "2026-02-01"
    assert facts(found)["subdomains"] == 3


def test_labels_become_names_below():
    """Each label is a name below the domain; what is none is counted; a cut list says how many there are."""
    said = {"subdomains": ["login", "www.dev", "not a name"], "subdomain_count": 2300, "meta": {"limit_reached": True}}
    found, _ = answered(SecurityTrails.subdomains, NAME, said)
    assert links(found) == {
        ("domain:login.c2.example", "subdomain-of", "domain:c2.example"),
        ("domain:www.dev.c2.example", "subdomain-of", "domain:c2.example"),
    }
    assert (found.returned, found.available, found.truncated_by) == (3, 2300, "limit")
    assert found.reason.endswith("values that name nothing to follow: 1")


@pytest.mark.parametrize(
    ("kind", "value", "link"),
    [
        ("a", {"ip": "203.0.113.9"}, ("resolves-to", "ip:203.0.113.9")),
        ("aaaa", {"ipv6": "2001:db8::9"}, ("resolves-to", "ip:2001:db8::9")),
        ("mx", {"hostname": "mx.example.org"}, ("mail-handled-by", "domain:mx.example.org")),
        ("ns", {"nameserver": "ns1.dns.example"}, ("delegated-to", "domain:ns1.dns.example")),
    ],
)
def test_what_records_were_is_linked_with_its_time(kind, value, link):
    """Each value of each record is a row and a link from the first to the last day on which it was seen."""
    record = {"first_seen": "2025-12-24", "last_seen": "2026-03-16", "organizations": ["A", "B"], "values": [value]}
    found, _ = answered(SecurityTrailsHistory.domain, NAME, records(record), record_type=kind)
    (said,) = found.links
    assert (said.relation.value, str(said.target.key)) == link
    assert (f"{said.observed_first:%F}", f"{said.observed_last:%F}") == ("2025-12-24", "2026-03-16")
    assert [(row["dns_answer_type"], row["organization"]) for row in found.table.records()] == [(kind.upper(), "A, B")]


def test_further_pages_are_told():
    """Where there are more pages than the one that was asked for, it is said."""
    record = {"hostname": "c2.example", "values": [{"ip": "203.0.113.9"}]}
    names, _ = answered(SecurityTrailsHistory.ip, IP, records(record, record_count=342, meta={"total_pages": 4}))
    assert (names.returned, names.available, names.truncated_by) == (1, 342, "limit")
    past, _ = answered(SecurityTrailsHistory.domain, NAME, records(record, pages=3), page=2)
    assert (past.available, past.truncated_by) == (None, "limit")
    last, _ = answered(SecurityTrailsHistory.domain, NAME, records(record, pages=3), page=3)
    assert last.truncated_by == ""


@EACH
def test_what_it_does_not_know_is_nothing(operation, subject):
    """Empty lists, and a name that it does not know, are no verdict."""
    empty = {**records(), "subdomains": [], "current_dns": {"a": {}, "txt": {}}}
    found, _ = answered(operation, subject, empty)
    assert (found.outcome, found.verdict) == (Outcome.NOTHING, Verdict.UNKNOWN)
    if subject is NAME:
        missing, _ = answered(operation, subject, {"message": "not found"}, status=404)
        assert missing.outcome is Outcome.NOTHING


@EACH
@pytest.mark.parametrize(
    "body",
    [
        {"message": "You've exceeded the usage limits for your account."},
        {"records": {}, "subdomains": {}},
        {"records": [5], "subdomains": [5], "subdomain_count": 1, "current_dns": []},
        [],
        b"<html>busy</html>",
    ],
    ids=range(5),
)
def test_an_error_is_no_answer(operation, subject, body):
    """What has not what was asked for is a failed ask, even with status 200."""
    found, _ = answered(operation, subject, body)
    assert (found.outcome, found.links) == (Outcome.FAILED, ())


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_fields_are_text(value):
    """Whatever stands in records, they are rows that can be shown."""
    record = {
        "hostname": value,
        "organizations": [value],
        "host_provider": [value],
        "values": [{"ip": value}],
        "first_seen": value,
        "whois": {"registrar": value, "createdDate": value},
    }
    current = {"a": {"values": [{"ip": value, "ip_organization": value}]}, value: {"values": [{"value": value}]}}
    document = {**records(record), "subdomains": [value], "current_dns": current, "apex_domain": value}
    for operation, subject in EVERY:
        found, _ = answered(operation, subject, document)
        assert found.outcome is Outcome.FOUND
        assert hiding(str(found)) == set()


@given(
    st.one_of(
        st.binary(max_size=30),
        json_values,
        objects(["records", "current_dns", "subdomains", "meta", "pages", "record_count"]),
    )
)
def test_no_reply_breaks_it(body):
    """Any bytes and any JSON end in a finding of one of three outcomes."""
    for operation, subject in EVERY:
        found, _ = answered(operation, subject, body)
        assert found.outcome in (Outcome.FOUND, Outcome.NOTHING, Outcome.FAILED)


@given(st.lists(objects(["hostname", "host_provider", "whois"]), min_size=1))
def test_no_name_is_lost(listed):
    """Whatever is in the records of an address, each is a row."""
    found, _ = answered(SecurityTrailsHistory.ip, IP, records(*listed))
    assert (found.outcome, len(found.table), found.returned) == (Outcome.FOUND, len(listed), len(listed))


# -- recorded with the real service -------------------------------------------------------------------------------


def test_recorded_domains_at_an_address(shared_data):
    """Every recorded domain is a row and a link to the address that the recorded request was about."""
    (cassette,) = cassettes(shared_data("ti-recorded") / "Mihari_Analyzers_SecurityTrails")
    document = json.loads(cassette.body)
    subject = IpAddress(document["meta"]["query"].split("'")[1])
    found, (ask,) = answered(SecurityTrailsHistory.ip, subject, cassette.body)
    assert (ask.method, ask.url) == (cassette.method, cassette.url)
    assert found.returned == found.available == document["record_count"] == len(document["records"])
    assert [(link.source.value, link.target) for link in found.links] == [
        (each["hostname"], subject) for each in document["records"]
    ]
    assert [(row["dns_question_name"], row["organization"]) for row in found.table.records()] == [
        (each["hostname"], ", ".join(each["host_provider"])) for each in document["records"]
    ]
