"""CIRCL geolookup: countries and networks, on made-up replies and on a recorded one."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import IpAddress, Outcome, Verdict
from clew.providers.geo.circl_geo import CirclGeo
from clew.providers.web import HttpRequest
from tests.providers.ti.anything import json_values, objects
from tests.providers.ti.recorded import answered, cassettes, facts, links, pointed
from tests.support import HOSTILE, hiding

IP = IpAddress("198.51.100.7")
NL = {"Country": "Netherlands", "Alpha-2 code": "NL", "Latitude (average)": "52.5", "Longitude (average)": "5.75"}


def said(country: object = "NL", built: object = "2026-03-10 12:50:37", **more: object) -> dict[str, object]:
    return {
        "country": {"iso_code": country, **more},
        "country_info": NL if country == "NL" else {},
        "ip": IP.value,
        "meta": {"build_db": built, "db_source": "made-up"},
    }


WITH_SYSTEM = said(
    built="2026-03-12 15:49:14", AutonomousSystemNumber="64500", AutonomousSystemOrganization="EXAMPLE-NET"
)


@pytest.mark.parametrize(("value", "spelt"), [("198.51.100.7", "198.51.100.7"), ("2001:db8::7", "2001%3Adb8%3A%3A7")])
def test_it_is_asked_without_a_key(value, spelt):
    """One GET by TLS."""
    _, (ask,) = answered(CirclGeo.ip, IpAddress(value), [])
    assert isinstance(ask, HttpRequest)
    assert ask.description() == {"method": "GET", "url": f"https://ip.circl.lu/geolookup/{spelt}", "params": {}}
    assert ask.secret is None


def test_country_and_network_are_facts_by_the_common_names():
    """The databases are one answer, as old as the oldest; the middle of a country is no place of an address."""
    found, _ = answered(CirclGeo.ip, IP, [said(), WITH_SYSTEM])
    assert facts(found) == {
        "country": "Netherlands",
        "country_code": "NL",
        "asn": 64500,
        "as_organization": "EXAMPLE-NET",
        "database_built": "2026-03-10",
    }
    assert links(found) == {("ip:198.51.100.7", "belongs-to", "asn:64500")}
    assert found.links[0].pointers == ("/1/country/AutonomousSystemNumber",)
    assert (found.reason, found.verdict) == ("Netherlands; AS64500 EXAMPLE-NET", Verdict.UNKNOWN)


@pytest.mark.parametrize("code", ["None", "Unknown", "", None, 5])
def test_a_country_that_is_none_is_not_told(code):
    """The service writes what it does not know as words: a network is told without a country."""
    found, _ = answered(
        CirclGeo.ip, IP, [said(code), {**WITH_SYSTEM, "country": {**WITH_SYSTEM["country"], "iso_code": code}}]
    )
    assert facts(found).keys() == {"asn", "as_organization", "database_built"}
    assert found.reason == "its country is not known; AS64500 EXAMPLE-NET"


@pytest.mark.parametrize("body", [[], [said("None")], [said("None"), said("None", AutonomousSystemNumber="0")]])
def test_what_is_in_no_database_is_nothing(body):
    """Neither a country nor a network is no verdict; the system with the number 0 is nobody's."""
    found, _ = answered(CirclGeo.ip, IP, body)
    assert (found.outcome, found.verdict, facts(found)) == (Outcome.NOTHING, Verdict.UNKNOWN, {})


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"title": "422 Unprocessable Entity"},
        ["text"],
        [said(), 5],
        [{**said(), "ip": "198.51.100.8"}],
        [said(), {"country": {"iso_code": "NL"}}],
        b'"IPv4 or IPv6 address is in an incorrect format."',
        b"<html>",
    ],
    ids=range(8),
)
def test_what_is_no_answer_is_a_failure(body):
    """An error, and what is about another address or about none, says nothing of this one."""
    found, _ = answered(CirclGeo.ip, IP, body)
    assert (found.outcome, facts(found)) == (Outcome.FAILED, {})


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_fields_are_text(value):
    """Whatever stands in names of countries and networks, the answer can be shown, and has no verdict."""
    odd = said("NL", value, AutonomousSystemNumber=value, AutonomousSystemOrganization=value)
    found, _ = answered(CirclGeo.ip, IP, [{**odd, "country_info": {"Country": value}}, WITH_SYSTEM])
    assert (found.outcome, found.verdict) == (Outcome.FOUND, Verdict.UNKNOWN)
    assert facts(found)["asn"] == 64500
    assert hiding(str(found)) == set()


records = objects(["country", "country_info", "meta"], ip=st.just(IP.value))
odd_countries = objects(
    [], ip=st.just(IP.value), country=objects(["iso_code", "AutonomousSystemNumber", "AutonomousSystemOrganization"])
)


@given(st.one_of(st.binary(max_size=30), json_values, st.lists(st.one_of(records, odd_countries), max_size=3)))
def test_no_reply_breaks_it(body):
    """Any bytes and any JSON end in a finding of one of three outcomes."""
    found, _ = answered(CirclGeo.ip, IP, body)
    assert found.outcome in (Outcome.FOUND, Outcome.NOTHING, Outcome.FAILED)
    assert str(found)


# -- recorded with the real service -------------------------------------------------------------------------------


def test_a_recorded_address(shared_data):
    """What each recorded database says is said once, and the network is linked from where it stands."""
    (cassette,) = cassettes(shared_data("ti-recorded") / "Mihari_Enrichers_MMDB")
    countries, systems = document = json.loads(cassette.body)
    subject = IpAddress(countries["ip"])
    found, (ask,) = answered(CirclGeo.ip, subject, cassette.body)
    assert (ask.method, ask.url) == (cassette.method, cassette.url)
    number = systems["country"]["AutonomousSystemNumber"]
    assert facts(found) == {
        "country": countries["country_info"]["Country"],
        "country_code": countries["country"]["iso_code"],
        "asn": int(number),
        "as_organization": systems["country"]["AutonomousSystemOrganization"],
        "database_built": min(each["meta"]["build_db"] for each in document)[:10],
    }
    # Both databases say the same country.
    assert countries["country_info"] == systems["country_info"]
    assert links(found) == {(f"ip:{subject.value}", "belongs-to", f"asn:{number}")}
    assert [pointed(document, pointer) for pointer in found.links[0].pointers] == [number]
    assert found.verdict is Verdict.UNKNOWN
