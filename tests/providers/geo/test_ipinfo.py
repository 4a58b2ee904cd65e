"""IPinfo: places, networks and anonymisers, in the shapes of its plans."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import IpAddress, Outcome, Verdict
from clew.errors import AskFailed
from clew.providers.base import Reply
from clew.providers.geo.ipinfo import IpInfo
from clew.providers.geo.ipinfo_batches import BATCHES
from clew.providers.web import HttpRequest, SecretLocation
from clew.testing.recordings import AT
from tests.providers.ti.recorded import answered, facts, links
from tests.support import HOSTILE, hiding

IP, OTHER = IpAddress("198.51.100.7"), IpAddress("2001:db8::7")
LITE = {
    "ip": IP.value,
    "asn": "AS64500",
    "as_name": "Example Networks",
    "as_domain": "hoster.example",
    "country_code": "NL",
    "country": "Netherlands",
    "continent_code": "EU",
    "continent": "Europe",
}


@pytest.mark.parametrize(
    ("plan", "url"),
    [
        ("lite", "https://api.ipinfo.io/lite/198.51.100.7"),
        ("core", "https://api.ipinfo.io/lookup/198.51.100.7"),
        ("legacy", "https://ipinfo.io/198.51.100.7/json"),
    ],
)
def test_it_is_asked_as_documented(plan, url):
    """Each plan has an end point; the token is a bearer's, and stands in no URL."""
    _, (ask,) = answered(IpInfo.ip, IP, LITE, plan=plan)
    assert isinstance(ask, HttpRequest)
    assert ask.description() == {"method": "GET", "url": url, "params": {}}
    assert ask.secret == SecretLocation("header", "Authorization", "Bearer ")


def test_the_plan_that_costs_nothing_says_country_and_network():
    """The autonomous system is a number and a link to where the reply says so."""
    found, _ = answered(IpInfo.ip, IP, LITE)
    assert facts(found) == {
        "country": "Netherlands",
        "country_code": "NL",
        "continent": "Europe",
        "continent_code": "EU",
        "asn": 64500,
        "as_organization": "Example Networks",
        "domain": "hoster.example",
    }
    assert [(link.target.key.value, link.pointers) for link in found.links] == [("64500", ("/asn",))]


@pytest.mark.parametrize("older", [True, False])
def test_who_hides_is_told_and_not_condemned(older):
    """VPN, relay and Tor are facts by one name in both shapes; a place is no verdict."""
    newer = {
        "anonymous": {"name": "Example VPN", "is_vpn": True, "is_relay": False, "is_tor": False},
        "is_hosting": True,
    }
    privacy = {"privacy": {"service": "Example VPN", "vpn": True, "relay": False, "tor": False, "hosting": True}}
    found, _ = answered(IpInfo.ip, IP, {"ip": IP.value, **(privacy if older else newer)})
    assert (found.outcome, found.verdict) == (Outcome.FOUND, Verdict.UNKNOWN)
    assert facts(found) == {
        "anonymizer": "Example VPN",
        "is_anonymous_vpn": True,
        "is_relay": False,
        "is_tor": False,
        "is_hosting_provider": True,
    }


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        ({"ip": IP.value, "bogon": True}, Outcome.NOTHING),
        ({"ip": IP.value}, Outcome.NOTHING),
        ({"ip": "198.51.100.8", "country": "NL"}, Outcome.FAILED),
        ({"country": "NL"}, Outcome.FAILED),
        ({"status": 404, "error": {"title": "Wrong ip", "message": "no"}}, Outcome.FAILED),
        ({"status": 403, "error": {"title": "Unknown token"}}, Outcome.REFUSED),
        ({"status": 429, "error": {"title": "Rate limit exceeded"}}, Outcome.REFUSED),
        ({"error": "try later"}, Outcome.FAILED),
    ],
)
def test_what_is_no_place(body, outcome):
    """A bogon and an address without any data are nothing; an error with status 200, or another address, is none."""
    found, _ = answered(IpInfo.ip, IP, body)
    assert (found.outcome, facts(found)) == (outcome, {})
    assert found.reason


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_fields_are_text(value):
    """Whatever stands in names of places and networks, the answer can be shown, and has no verdict."""
    body = {
        "ip": IP.value,
        "company": {"name": value},
        "abuse": {"email": value},
        "anonymous": {"name": value, "last_seen": value},
        **dict.fromkeys(("country", "city", "org", "hostname", "asn", "loc"), value),
    }
    found, _ = answered(IpInfo.ip, IP, body)
    assert found.verdict is Verdict.UNKNOWN
    assert hiding(str(found)) == set()


def asking(*subjects: IpAddress, plan: str = "lite") -> list[HttpRequest]:
    asks = [answered(IpInfo.ip, subject, b"", plan=plan)[1][0] for subject in subjects]
    return [ask for ask in asks if isinstance(ask, HttpRequest)]


@pytest.mark.parametrize(("plan", "url"), [("lite", "batch/lite"), ("core", "batch"), ("legacy", "batch/legacy")])
def test_many_addresses_are_asked_at_once(plan, url):
    """One POST lists them; each gets its own object, an error of its own, or a failure where it is left out."""
    third = IpAddress("203.0.113.5")
    asks = asking(IP, OTHER, third, plan=plan)
    assert all(ask.batch is BATCHES[plan] for ask in asks)
    joined = BATCHES[plan].join(asks)
    assert joined.description() == {
        "method": "POST",
        "url": f"https://api.ipinfo.io/{url}",
        "params": {},
        "json": [IP.value, OTHER.value, third.value],
    }
    assert (joined.secret, joined.repeatable) == (SecretLocation("header", "Authorization", "Bearer "), True)
    said = {"2001:DB8:0::7": {"ip": "2001:db8::7", "country_code": "DE"}, IP.value: {"error": {"title": "Wrong ip"}}}
    bodies = BATCHES[plan].split(Reply(json.dumps(said).encode(), "application/json", AT), asks)
    assert isinstance(bodies[2], AskFailed)
    assert answered(IpInfo.ip, IP, bodies[0])[0].outcome is Outcome.FAILED
    assert facts(answered(IpInfo.ip, OTHER, bodies[1])[0]) == {"country_code": "DE"}


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"error": {"title": "Unknown token"}}', b"<html>"])
def test_a_reply_about_no_address_answers_none(body):
    """What is an error, or no object, is a failure for all of them."""
    with pytest.raises(AskFailed):
        BATCHES["lite"].split(Reply(body, "application/json", AT), asking(IP, OTHER))


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=6,
)
FIELDS = (
    "asn",
    "country",
    "country_code",
    "loc",
    "org",
    "hostname",
    "geo",
    "as",
    "privacy",
    "anonymous",
    "company",
    "mobile",
    "abuse",
    "bogon",
    "error",
    "status",
    "is_hosting",
)


@given(
    st.one_of(
        st.binary(max_size=30),
        json_values,
        st.fixed_dictionaries({"ip": st.just(IP.value)}, optional=dict.fromkeys(FIELDS, json_values)),
    )
)
def test_no_reply_breaks_it(body):
    """Any bytes and any JSON end in an answer, nothing, a failure or a refusal."""
    found, _ = answered(IpInfo.ip, IP, body)
    assert found.outcome in (Outcome.FOUND, Outcome.NOTHING, Outcome.FAILED, Outcome.REFUSED)
    assert str(found)


# -- the example of others --------------------------------------------------------------------------------------------


def test_an_example_of_all_plans_together(shared_data):
    """What the example says in either shape is said here, each thing once, and its two links are there."""
    (example,) = json.loads((shared_data("ti-examples") / "ip_info" / "GetIPInformation.json").read_text("utf-8"))
    about = example["EntityResult"]
    for plan in ("core", "legacy"):
        found, _ = answered(IpInfo.ip, IpAddress(example["Entity"]), about, plan=plan)
        geo, system, hidden = about["geo"], about["as"], about["anonymous"]
        assert facts(found) == {
            "city": geo["city"],
            "subdivision": geo["region"],
            "subdivision_code": geo["region_code"],
            "country": geo["country"],
            "country_code": geo["country_code"],
            "continent": geo["continent"],
            "continent_code": geo["continent_code"],
            "latitude": geo["latitude"],
            "longitude": geo["longitude"],
            "accuracy_radius_km": geo["radius"],
            "postal_code": geo["postal_code"],
            "time_zone": geo["timezone"],
            "geoname_id": int(geo["geoname_id"]),
            "asn": int(system["asn"][2:]),
            "as_organization": system["name"],
            "domain": system["domain"],
            "network": about["asn"]["route"],
            "usage_type": system["type"],
            "organization": about["company"]["name"],
            "isp": about["carrier"]["name"],
            "mobile_country_code": about["carrier"]["mcc"],
            "mobile_network_code": about["carrier"]["mnc"],
            "abuse_mail": about["abuse"]["email"],
            "abuse_phone": about["abuse"]["phone"],
            "anonymizer": hidden["name"],
            "anonymizer_last_seen": hidden["last_seen"],
            "is_anonymous": about["is_anonymous"],
            "is_anonymous_vpn": about["privacy"]["vpn"],
            "is_public_proxy": about["privacy"]["proxy"],
            "is_residential_proxy": hidden["is_res_proxy"],
            "is_relay": about["privacy"]["relay"],
            "is_tor": about["privacy"]["tor"],
            "is_hosting_provider": about["privacy"]["hosting"],
            "is_anycast": about["is_anycast"],
            "is_mobile": about["is_mobile"],
            "is_satellite_provider": about["is_satellite"],
        }
        own = f"ip:{example['Entity']}"
        assert links(found) == {
            (own, "belongs-to", f"asn:{system['asn'][2:]}"),
            (f"domain:{about['hostname']}", "resolves-to", own),
        }
