"""IPstack: places of addresses, and errors that come with a status of 200."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import IpAddress, Outcome, Verdict
from clew.providers.geo.ipstack import IpStack
from clew.providers.web import HttpRequest, SecretLocation
from tests.providers.ti.recorded import answered, facts, links
from tests.support import HOSTILE, hiding

IP = IpAddress("198.51.100.7")
GOOD = {
    "ip": IP.value,
    "type": "ipv4",
    "continent_code": "EU",
    "continent_name": "Europe",
    "country_code": "NL",
    "country_name": "Netherlands",
    "region_code": "NH",
    "region_name": "North Holland",
    "city": "Amsterdam",
    "zip": "1012",
    "latitude": 52.37,
    "longitude": 4.89,
    "location": {"geoname_id": 2759794, "is_eu": True},
}


@pytest.mark.parametrize(("arguments", "params"), [({}, {}), ({"security": True}, {"security": "1"})])
def test_it_is_asked_by_tls_only(arguments, params):
    """One GET by TLS; the key is a parameter that is added when it is sent."""
    _, (ask,) = answered(IpStack.ip, IP, GOOD, **arguments)
    assert isinstance(ask, HttpRequest)
    assert ask.description() == {"method": "GET", "url": "https://api.ipstack.com/198.51.100.7", "params": params}
    assert ask.secret == SecretLocation("query", "access_key")


def test_a_place_is_facts_by_the_common_names():
    """Names and codes, coordinates and the number of the place; a place is no verdict."""
    found, _ = answered(IpStack.ip, IP, GOOD)
    assert found.verdict is Verdict.UNKNOWN
    assert facts(found) == {
        "city": "Amsterdam",
        "subdivision": "North Holland",
        "subdivision_code": "NH",
        "country": "Netherlands",
        "country_code": "NL",
        "continent": "Europe",
        "continent_code": "EU",
        "latitude": 52.37,
        "longitude": 4.89,
        "postal_code": "1012",
        "geoname_id": 2759794,
        "is_in_european_union": True,
    }


def test_what_a_paid_plan_adds():
    """The autonomous system and the name are links, proxies and hosting are facts."""
    more = {
        "hostname": "host7.hoster.example",
        "connection": {"asn": 64500, "isp": "Example Networks"},
        "security": {"is_tor": False, "vpn_service": "Example VPN", "hosting_facility": True},
    }
    found, _ = answered(IpStack.ip, IP, {**GOOD, **more}, security=True)
    assert links(found) == {
        ("ip:198.51.100.7", "belongs-to", "asn:64500"),
        ("domain:host7.hoster.example", "resolves-to", "ip:198.51.100.7"),
    }
    assert (facts(found)["anonymizer"], facts(found)["is_hosting_provider"]) == ("Example VPN", True)


@pytest.mark.parametrize(
    ("code", "outcome", "says"),
    [
        (101, Outcome.REFUSED, "CLEW_IPSTACK_KEY"),
        (102, Outcome.REFUSED, "CLEW_IPSTACK_KEY"),
        (104, Outcome.REFUSED, "quota"),
        (105, Outcome.REFUSED, "without TLS nothing is asked"),
        (106, Outcome.FAILED, "error"),
        (404, Outcome.FAILED, "error"),
        (None, Outcome.FAILED, "error"),
    ],
)
def test_an_error_with_status_200_is_none_of_an_answer(code, outcome, says):
    """Key, quota and plan are refusals with the next step; the others are failures with the words of the service."""
    error = {"code": code, "type": "made_up", "info": "Made-up words."}
    found, _ = answered(IpStack.ip, IP, {"success": False, "error": error})
    assert (found.outcome, facts(found)) == (outcome, {})
    assert says in found.reason
    assert "Made-up words." in found.reason


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        ({"ip": IP.value, "type": "ipv4", "country_code": None, "location": {"is_eu": False}}, Outcome.NOTHING),
        ({**GOOD, "ip": "198.51.100.8"}, Outcome.FAILED),
        ({"country_code": "NL"}, Outcome.FAILED),
        ({"success": False}, Outcome.FAILED),
        (b"<html>", Outcome.FAILED),
    ],
)
def test_what_is_no_place(body, outcome):
    """Where nothing is known it is nothing; another address, or none, is a failure."""
    found, _ = answered(IpStack.ip, IP, body)
    assert (found.outcome, facts(found)) == (outcome, {})


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_fields_are_text(value):
    """Whatever stands in names and errors, the answer can be shown."""
    found, _ = answered(IpStack.ip, IP, {**GOOD, "city": value, "country_name": value, "hostname": value, "zip": value})
    failed, _ = answered(IpStack.ip, IP, {"success": False, "error": {"code": 106, "info": value, "type": value}})
    assert (found.outcome, failed.outcome) == (Outcome.FOUND, Outcome.FAILED)
    assert hiding(f"{found} {failed}") == set()


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=6,
)


FIELDS = (*(set(GOOD) - {"ip"}), "connection", "security", "error", "success", "hostname")
answers = st.fixed_dictionaries({"ip": st.just(IP.value)}, optional=dict.fromkeys(sorted(FIELDS), json_values))


@given(st.one_of(st.binary(max_size=30), json_values, answers))
def test_no_reply_breaks_it(body):
    """Any bytes and any JSON end in an answer, nothing, a failure or a refusal."""
    found, _ = answered(IpStack.ip, IP, body)
    assert found.outcome in (Outcome.FOUND, Outcome.NOTHING, Outcome.FAILED, Outcome.REFUSED)
    assert str(found)
