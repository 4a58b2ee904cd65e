"""CIRCL passive SSL: certificates of addresses and addresses of certificates, on made-up and on recorded replies."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import Certificate, IpAddress, Outcome
from clew.providers.ti.circl_pssl import CirclPassiveSsl
from clew.providers.web import HttpRequest, SecretLocation
from tests.providers.ti.recorded import answered, cassettes, links, pointed
from tests.support import HOSTILE, hiding

IP, SHA1, OTHER = IpAddress("198.51.100.7"), "6a" * 20, "1b" * 20
OWN = Certificate(SHA1)


def test_certificates_of_an_address():
    """Each is a link with whom it names, to where the reply says so; user and password stand in no URL."""
    body = {IP.value: {"certificates": [SHA1, OTHER], "subjects": {SHA1: {"values": ["CN=c2.example", "O=Example"]}}}}
    found, (ask,) = answered(CirclPassiveSsl.ip, IP, body)
    assert isinstance(ask, HttpRequest)
    assert ask.description() == {"method": "GET", "url": "https://www.circl.lu/v2pssl/query/198.51.100.7", "params": {}}
    assert ask.secret == SecretLocation("basic")
    assert links(found) == {("ip:198.51.100.7", "presents", f"certificate:sha1:{each}") for each in (SHA1, OTHER)}
    assert [pointed(body, link.pointers[0]) for link in found.links] == [SHA1, OTHER]
    assert found.table.rows == ((f"sha1:{SHA1}", "CN=c2.example, O=Example"), (f"sha1:{OTHER}", None))


@pytest.mark.parametrize(
    ("operation", "subject", "body", "outcome"),
    [
        (CirclPassiveSsl.ip, IP, {}, Outcome.NOTHING),
        (CirclPassiveSsl.ip, IP, {IP.value: {"certificates": []}}, Outcome.NOTHING),
        (CirclPassiveSsl.ip, IP, {"198.51.100.8": {"certificates": [SHA1]}}, Outcome.FAILED),
        (CirclPassiveSsl.ip, IP, {"error": "no"}, Outcome.FAILED),
        (CirclPassiveSsl.certificate, OWN, {"certificate": SHA1, "hits": 0, "seen": []}, Outcome.NOTHING),
        (CirclPassiveSsl.certificate, OWN, {"certificate": OTHER, "seen": [IP.value]}, Outcome.FAILED),
        (CirclPassiveSsl.certificate, OWN, {}, Outcome.FAILED),
        (CirclPassiveSsl.certificate, Certificate("5f" * 32), {}, Outcome.SKIPPED),
    ],
)
def test_what_was_not_seen(operation, subject, body, outcome):
    """Not seen is nothing; a reply about another is a failure; without a SHA-1 nothing is asked."""
    found, asked = answered(operation, subject, body)
    assert (found.outcome, found.links, bool(asked)) == (outcome, (), outcome is not Outcome.SKIPPED)
    assert found.reason


def test_more_addresses_than_are_listed_are_told():
    """The reply counts more than it names."""
    found, _ = answered(CirclPassiveSsl.certificate, OWN, {"certificate": SHA1.upper(), "hits": 9, "seen": [IP.value]})
    assert (found.returned, found.available, found.truncated_by) == (1, 9, "source")


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_fields_are_text(value):
    """Whatever stands as a name, a digest or an address, what is beside it is linked and can be shown."""
    body = {IP.value: {"certificates": [SHA1, value], "subjects": {SHA1: {"values": [value]}}}}
    found, _ = answered(CirclPassiveSsl.ip, IP, body)
    seen, _ = answered(CirclPassiveSsl.certificate, OWN, {"certificate": SHA1, "seen": [value, IP.value]})
    assert len(found.links) == len(seen.links) == 1
    assert hiding(f"{found} {seen}") == set()


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.just(SHA1)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["certificates", "subjects", "certificate", "seen", "hits", IP.value]), inner),
    ),
    max_leaves=8,
)


@pytest.mark.parametrize(("operation", "subject"), [(CirclPassiveSsl.ip, IP), (CirclPassiveSsl.certificate, OWN)])
@given(body=st.one_of(st.binary(max_size=30), json_values))
def test_no_reply_breaks_it(operation, subject, body):
    """Any bytes and any JSON end in a finding of one of three outcomes."""
    found, _ = answered(operation, subject, body)
    assert found.outcome in (Outcome.FOUND, Outcome.NOTHING, Outcome.FAILED)
    assert str(found)


def test_recorded_addresses_of_a_certificate(shared_data):
    """Every address of a recorded reply presented the certificate, and the count is that of the reply."""
    (cassette,) = cassettes(shared_data("ti-recorded") / "Mihari_Analyzers_CIRCL")
    document = json.loads(cassette.body)
    found, (ask,) = answered(CirclPassiveSsl.certificate, Certificate(document["certificate"]), cassette.body)
    assert ask.description()["url"] == cassette.url
    assert [link.source for link in found.links] == [IpAddress(each) for each in document["seen"]]
    assert [pointed(document, link.pointers[0]) for link in found.links] == document["seen"]
    assert found.returned == found.available == document["hits"] == 5
