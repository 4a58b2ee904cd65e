"""Validin: DNS records of the past, on made-up replies and on a recorded one."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import Domain, IpAddress, Outcome, Verdict
from clew.providers.ti.validin import Validin
from clew.providers.web import HttpRequest, SecretLocation
from tests.providers.ti.anything import objects, replies
from tests.providers.ti.recorded import answered, cassettes, links, pointed
from tests.support import HOSTILE, hiding

IP, NAME, API = IpAddress("198.51.100.7"), Domain("c2.example"), "https://app.validin.com/api/axon"
EVERY = ((Validin.ip, IP), (Validin.domain, NAME))
EACH = pytest.mark.parametrize(("operation", "subject"), EVERY, ids=["ip", "domain"])


def record(key: object, value: object, **more: object) -> dict[str, object]:
    return {"key": key, "value": value, "first_seen": 1767225600, "last_seen": 1773738900, **more}


def history(**records: object) -> dict[str, object]:
    return {"status": "finished", "error": None, "limited": False, "records": records}


@EACH
def test_it_is_asked_as_documented(operation, subject):
    """One GET for all types of records; the key is a bearer's, and stands in no URL."""
    _, (ask,) = answered(operation, subject, history())
    assert isinstance(ask, HttpRequest)
    url = f"{API}/{operation.name}/dns/history/{subject.value}"
    assert ask.description() == {"method": "GET", "url": url, "params": {}}
    assert ask.secret == SecretLocation("header", "Authorization", "Bearer ")


@pytest.mark.parametrize(
    ("kind", "value", "link"),
    [
        ("A", "203.0.113.9", ("domain:c2.example", "resolves-to", "ip:203.0.113.9")),
        ("AAAA", "2001:db8::9", ("domain:c2.example", "resolves-to", "ip:2001:db8::9")),
        ("CNAME", "www.example.org", ("domain:c2.example", "alias-of", "domain:www.example.org")),
        ("CNAME_FOR", "www.example.org", ("domain:www.example.org", "alias-of", "domain:c2.example")),
        ("NS", "ns1.dns.example", ("domain:c2.example", "delegated-to", "domain:ns1.dns.example")),
        ("NS_FOR", "other.example", ("domain:other.example", "delegated-to", "domain:c2.example")),
        ("MX", "10 mx.example.org", ("domain:c2.example", "mail-handled-by", "domain:mx.example.org")),
        ("MX_FOR", "other.example", ("domain:other.example", "mail-handled-by", "domain:c2.example")),
    ],
)
def test_a_record_is_a_row_and_a_link_with_its_times(kind, value, link):
    """Whichever way round a record is told, the name is linked with its answer, from when it was seen until when."""
    body = history(**{kind: [record("c2.example", value)]})
    found, _ = answered(Validin.domain, NAME, body)
    (said,), (row,) = found.links, found.table.records()
    assert links(found) == {link}
    assert pointed(body, said.pointers[0])["value"] == value
    times = ("2026-01-01T00:00:00+00:00", "2026-03-17T09:15:00+00:00")
    assert (said.observed_first.isoformat(), said.observed_last.isoformat()) == times
    assert (row["dns_answer_type"], row["dns_question_name"]) == (kind.partition("_")[0], link[0].partition(":")[2])
    assert (found.observed_first, found.observed_last) == (said.observed_first, said.observed_last)
    assert found.verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("key", ["198.51.100.7", None])
def test_names_of_an_address_resolve_to_it(key):
    """In the records of an address the value is the name, also where the address is not said again."""
    found, _ = answered(Validin.ip, IP, history(A=[record(key, "c2.example"), record(key, "login.c2.example")]))
    assert links(found) == {
        ("domain:c2.example", "resolves-to", "ip:198.51.100.7"),
        ("domain:login.c2.example", "resolves-to", "ip:198.51.100.7"),
    }
    said = [(row["dns_resolved_ip"], row["dns_answer_data"]) for row in found.table.records()]
    assert said == [(IP.value, None), (IP.value, None)]


def test_other_records_are_told_and_not_followed():
    """Texts and types that nobody knows are rows, as they were said."""
    found, _ = answered(Validin.domain, NAME, history(TXT=[record("c2.example", "v=spf1")], WAYWARD_NS=[record(5, 6)]))
    assert (found.links, found.returned, found.available) == ((), 2, 2)
    assert [(row["dns_answer_type"], row["dns_answer_data"]) for row in found.table.records()] == [
        ("TXT", "v=spf1"),
        ("WAYWARD_NS", None),
    ]


def test_a_list_that_was_cut_is_told():
    """Where there are more records than the account gets, nobody says how many there are."""
    found, _ = answered(Validin.ip, IP, {**history(A=[record(IP.value, "c2.example")]), "limited": True})
    assert (found.returned, found.available, found.truncated_by) == (1, None, "limit")


@EACH
@pytest.mark.parametrize("body", [history(), history(A=[], AAAA=[])])
def test_without_records_it_is_nothing(operation, subject, body):
    """No record is no verdict."""
    found, _ = answered(operation, subject, body)
    assert (found.outcome, found.verdict, found.links) == (Outcome.NOTHING, Verdict.UNKNOWN, ())


@EACH
@pytest.mark.parametrize(
    "body",
    [
        {**history(), "error": "made-up"},
        {**history(), "status": "running"},
        {**history(), "records_returned": 3},
        {"status": "finished"},
        history(A={}),
        history(A=[5]),
        {"status": "finished", "records": []},
        [],
        b"<html>",
    ],
    ids=range(9),
)
def test_what_is_no_answer_is_a_failure(operation, subject, body):
    """An error, a search that is not over, and what has no records at all say nothing of the subject."""
    found, _ = answered(operation, subject, body)
    assert (found.outcome, found.links) == (Outcome.FAILED, ())


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_records_are_text(value):
    """Whatever stands in names, answers and types, the records beside them are linked, and the finding can be shown."""
    good = record("c2.example", "198.51.100.7")
    found, _ = answered(
        Validin.domain,
        NAME,
        history(
            A=[good, record(value, value)],
            CNAME=[record(value, value)],
            TXT=[record("c2.example", value)],
            **{f"X{value}": [record(value, value, first_seen=value)]},
        ),
    )
    assert ("domain:c2.example", "resolves-to", "ip:198.51.100.7") in links(found)
    assert (found.returned, found.verdict) == (5, Verdict.UNKNOWN)
    assert hiding(str(found)) == set()


@given(replies(["records", "error", "limited", "records_returned"], status=st.just("finished")))
def test_no_reply_breaks_it(body):
    """Any bytes and any JSON end in a finding of one of three outcomes."""
    for operation, subject in EVERY:
        found, _ = answered(operation, subject, body)
        assert found.outcome in (Outcome.FOUND, Outcome.NOTHING, Outcome.FAILED)
        assert str(found)


odd_records = st.lists(objects(["key", "value", "first_seen", "last_seen"]), min_size=1)
kinds = st.sampled_from(["A", "AAAA", "NS", "NS_FOR", "MX", "TXT", "odd"])


@given(st.dictionaries(kinds, odd_records, min_size=1))
def test_no_record_is_lost(records):
    """Whatever is in a record, it is a row."""
    for operation, subject in EVERY:
        found, _ = answered(operation, subject, history(**records))
        assert found.returned == len(found.table) == sum(map(len, records.values()))


# -- recorded with the real service -------------------------------------------------------------------------------


def test_a_recorded_reply_without_records(shared_data):
    """What the service said of an address that it has nothing about is nothing; it was asked at the same place."""
    (cassette,) = cassettes(shared_data("ti-recorded") / "Mihari_Analyzers_Validin")
    document = json.loads(cassette.body)
    assert (document["records"], document["records_returned"]) == ({}, 0)
    # They asked about an address as if it were a domain, and for one type of records.
    assert cassette.url == f"{API}/domain/dns/history/{document['key']}/A"
    found, (ask,) = answered(Validin.ip, IpAddress(document["key"]), cassette.body)
    assert urlsplit(ask.url).path == urlsplit(cassette.url).path.replace("/domain/", "/ip/").removesuffix("/A")
    assert (ask.method, found.outcome) == (cassette.method, Outcome.NOTHING)
    assert (found.links, found.table, found.available) == ((), None, 0)
