"""RDAP: from the registry of registries to the registry to the facts, handed on and refused, made up and recorded."""

from __future__ import annotations

import copy
import json
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import AutonomousSystem, Domain, IpAddress, Outcome, Verdict
from clew.errors import AskFailed, AskRefused
from clew.providers.base import Ask, Reply
from clew.providers.web import HttpRequest
from clew.providers.web.connections import Connections
from clew.providers.web.http_channel import HttpChannel
from clew.providers.web.redirects import MEDIA_TYPE
from clew.providers.whois.jcard import card_of
from clew.providers.whois.rdap import Rdap
from clew.testing.recordings import AT
from tests.providers.ti.recorded import facts, links
from tests.providers.web.faults import reply, serving
from tests.providers.whois.asked import asked
from tests.support import HOSTILE, hiding

IP = IpAddress("198.51.100.7")
NAMES = {"services": [[["example"], ["https://rdap.nic.example/"]]]}
NETS = {"services": [[["198.51.0.0/16"], ["http://rdap.a.example/", "https://rdap.a.example/rdap"]]]}
NUMBERS = {"services": [[["64496-64511"], ["https://rdap.a.example/"]]]}
NETWORK: dict[str, Any] = {
    "objectClassName": "ip network",
    "startAddress": "198.51.100.0",
    "endAddress": "198.51.100.255",
    "name": "NET",
}
DOMAIN: dict[str, Any] = {
    "objectClassName": "domain",
    "ldhName": "shop.example",
    "events": [{"eventAction": "registration", "eventDate": "2026-03-11T22:41:07Z"}],
    "links": [{"rel": "related", "type": "application/rdap+json", "href": "https://rdap.registrar.example/domain/x"}],
}


def handed(url: str) -> Reply:
    """What the channel makes of a redirect."""
    return Reply(json.dumps({"location": url}).encode(), MEDIA_TYPE, AT, 303)


def test_the_registry_is_found_and_then_asked():
    """The registry of the IANA is asked first, and then the server that it names, which must not lead inside."""
    found, asks = asked(Rdap.ip, IP, NETS, NETWORK)
    assert [ask.url for ask in asks] == [
        "https://data.iana.org/rdap/ipv4.json",
        "https://rdap.a.example/rdap/ip/198.51.100.7",
    ]
    assert [ask.follows for ask in asks] == [False, True]
    assert asks[1].secret is None
    assert (found.outcome, facts(found)["network"]) == (Outcome.FOUND, "198.51.100.0/24")


def test_a_name_below_a_registered_one_is_asked_by_that():
    """Asked about is the registered name; its servers are its own, and the domain is below it."""
    about = {**DOMAIN, "nameservers": [{"ldhName": "NS1.PARKING.EXAMPLE", "ipAddresses": {"v4": ["203.0.113.53"]}}]}
    found, asks = asked(Rdap.domain, Domain("cdn.shop.example"), NAMES, about)
    assert asks[1].url == "https://rdap.nic.example/domain/shop.example"
    assert facts(found)["registered_name"] == "shop.example"
    assert links(found) == {
        ("domain:shop.example", "delegated-to", "domain:ns1.parking.example"),
        ("domain:ns1.parking.example", "resolves-to", "ip:203.0.113.53"),
        ("domain:cdn.shop.example", "subdomain-of", "domain:shop.example"),
    }


@pytest.mark.parametrize(
    ("operation", "subject", "registry", "words"),
    [
        (Rdap.ip, IP, NETS, "knows no network with the address"),
        (Rdap.domain, Domain("shop.example"), NAMES, "shop.example is not registered, says rdap.nic.example"),
        (Rdap.autonomous_system, AutonomousSystem("AS64500"), NUMBERS, "does not know it"),
    ],
)
def test_what_the_registry_has_not_is_nothing(operation, subject, registry, words):
    """A 404 of the registry is an answer: nothing, and no verdict."""
    found, _ = asked(operation, subject, registry, Reply(b"", "text/html", AT, 404))
    assert (found.outcome, found.verdict) == (Outcome.NOTHING, Verdict.UNKNOWN)
    assert words in found.reason


def test_no_server_is_told_with_the_way_around():
    """A top-level domain without RDAP is nothing found, and WHOIS is named; nobody is asked."""
    found, asks = asked(Rdap.domain, Domain("shop.wiki"), NAMES)
    assert (found.outcome, len(asks)) == (Outcome.NOTHING, 1)
    assert "the registry of .wiki has no RDAP; ask whois.whois" in found.reason


def test_registries_hand_on():
    """A redirect to another registry is a question of its own, to an address that is looked at, and without a key."""
    found, asks = asked(Rdap.ip, IP, NETS, handed("https://rdap.b.example/ip/198.51.100.7"), NETWORK)
    assert (asks[2].url, asks[2].follows, asks[2].secret) == ("https://rdap.b.example/ip/198.51.100.7", True, None)
    assert found.outcome is Outcome.FOUND
    assert "rdap.b.example" in found.reason


@pytest.mark.parametrize(
    ("replies", "words"),
    [
        ([handed("http://rdap.b.example/ip/198.51.100.7")], "no https URL"),
        ([handed("file:///etc/passwd")], "no https URL"),
        ([Reply(b"{}", MEDIA_TYPE, AT, 302)], "no https URL"),
        (
            [handed("https://rdap.b.example/"), handed("https://rdap.c.example/"), handed("https://rdap.d.example/")],
            "more than 2 times",
        ),
    ],
)
def test_not_everywhere(replies, words):
    """A redirect away from TLS, to nowhere, or a third one is a failure."""
    found, _ = asked(Rdap.ip, IP, NETS, *replies)
    assert found.outcome is Outcome.FAILED
    assert words in found.reason


def test_the_registrar_is_asked_on_request():
    """The registry is believed, what it does not say comes from the registrar, and its failure loses nothing."""
    more = {
        "objectClassName": "domain",
        "ldhName": "shop.example",
        "entities": [{"roles": ["registrant"], "vcardArray": ["vcard", [["fn", {}, "text", "Sample Trading"]]]}],
        "events": [{"eventAction": "registration", "eventDate": "1999-01-01T00:00:00Z"}],
    }
    found, asks = asked(Rdap.domain, Domain("shop.example"), NAMES, DOMAIN, more, registrar=True)
    assert asks[2].url == "https://rdap.registrar.example/domain/x"
    assert asks[2].follows
    assert (facts(found)["registrant"], facts(found)["registered"]) == ("Sample Trading", "2026-03-11")
    for trouble in (AskFailed("no connection", kind="connect"), AskRefused("used up", kind="quota")):
        found, _ = asked(Rdap.domain, Domain("shop.example"), NAMES, DOMAIN, trouble, registrar=True)
        assert found.outcome is Outcome.FOUND
        assert f"the registrar did not answer: {trouble.message}" in found.reason
    found, asks = asked(Rdap.domain, Domain("shop.example"), NAMES, {**DOMAIN, "links": []}, registrar=True)
    assert len(asks) == 2
    assert "names no RDAP of its registrar" in found.reason


@pytest.mark.parametrize(
    "about",
    [
        {"errorCode": 404, "title": "Not Found"},
        {"objectClassName": "entity", "startAddress": "198.51.100.0", "endAddress": "198.51.100.255"},
        {"objectClassName": "ip network"},
        {**NETWORK, "startAddress": "203.0.113.0", "endAddress": "203.0.113.255"},
        {**NETWORK, "startAddress": "2001:db8::"},
    ],
)
def test_another_answer_is_no_answer(about):
    """An error with status 200, an object of another kind, no network, and one without the address are failures."""
    found, _ = asked(Rdap.ip, IP, NETS, about)
    assert found.outcome is Outcome.FAILED


def test_another_name_is_no_answer():
    """A registry that answers about another name than was asked is not believed."""
    found, _ = asked(Rdap.domain, Domain("shop.example"), NAMES, {**DOMAIN, "ldhName": "other.example"})
    assert found.outcome is Outcome.FAILED
    assert "about another name" in found.reason


def test_what_is_withheld_is_said_and_is_no_value():
    """Redaction by RFC 9537 names what is withheld, notices in the place of values name whose they are."""
    card = ["vcard", [["fn", {}, "text", "REDACTED FOR PRIVACY"], ["org", {}, "text", "Sample Trading"]]]
    about = {**DOMAIN, "entities": [{"roles": ["registrant"], "vcardArray": card}]}
    found, _ = asked(Rdap.domain, Domain("shop.example"), NAMES, about)
    assert (facts(found)["registrant"], facts(found)["withheld"]) == ("Sample Trading", "registrant")
    about["redacted"] = [{"name": {"description": "Registrant Name"}}, {"name": {"type": "Registrant Phone"}}]
    found, _ = asked(Rdap.domain, Domain("shop.example"), NAMES, about)
    assert facts(found)["withheld"] == "Registrant Name, Registrant Phone"


def test_systems_have_their_ranges_and_names():
    """An autonomous system that is registered with others says so, and gets its name."""
    about = {"objectClassName": "autnum", "startAutnum": 64496, "endAutnum": 64511, "name": "DOC-AS"}
    found, asks = asked(Rdap.autonomous_system, AutonomousSystem("AS64500"), NUMBERS, about)
    assert asks[1].url == "https://rdap.a.example/autnum/64500"
    assert facts(found)["as_range"] == "64496-64511"
    assert [each.name for each in found.same] == ["DOC-AS"]


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_fields_are_text(value):
    """Whatever stands in the texts of a registry, the answer can be shown."""
    card = ["vcard", [[name, {}, "text", value] for name in ("fn", "org", "email", "tel")]]
    people = [{"roles": ["registrant", "abuse", "registrar", value], "vcardArray": card, "handle": value}]
    network = {**NETWORK, "name": value, "handle": value, "country": value, "status": [value], "entities": people}
    for operation, subject, registry, about in (
        (Rdap.ip, IP, NETS, network),
        (
            Rdap.domain,
            Domain("shop.example"),
            NAMES,
            {**DOMAIN, "entities": people, "nameservers": [{"ldhName": value}]},
        ),
    ):
        found, _ = asked(operation, subject, registry, about)
        assert found.outcome is Outcome.FOUND
        assert hiding(str(found)) == set()


values = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.text(max_size=6), st.sampled_from(["registrant", "vcard", "fn"])
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=4), inner, max_size=3)),
    max_leaves=12,
)


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "entities",
                "events",
                "status",
                "links",
                "nameservers",
                "redacted",
                "secureDNS",
                "cidr0_cidrs",
                "arin_originas0_originautnums",
                "country",
                "name",
                "ldhName",
                "startAddress",
                "endAddress",
                "objectClassName",
                "errorCode",
            ]
        ),
        values,
    )
)
def test_no_reply_breaks_it(changes):
    """Whatever a registry sends in the fields that are read, the answer is found or failed, and never innocence."""
    for operation, subject, registry, about in (
        (Rdap.ip, IP, NETS, NETWORK),
        (Rdap.domain, Domain("shop.example"), NAMES, DOMAIN),
    ):
        found, _ = asked(operation, subject, registry, {**copy.deepcopy(about), **changes})
        assert found.outcome in (Outcome.FOUND, Outcome.FAILED)
        assert found.verdict is Verdict.UNKNOWN


# -- cards ----------------------------------------------------------------------------------------------------------


def test_the_card_of_the_standard(shared_data):
    """The example of RFC 7095 is read: name, organization, mail, telephones without faxes."""
    document = json.loads((shared_data("whois-rdap") / "openrdap" / "jcard_example.json").read_text("utf-8"))
    card = card_of(document)
    assert (card.name, card.organization, card.mails) == (
        "Simon Perreault",
        "Viagenie",
        ("simon.perreault@viagenie.ca",),
    )
    assert card.phones == ("+1-418-656-9254 ext. 102", "+1-418-262-6501")


@given(values)
def test_no_card_breaks_it(value):
    """Whatever stands in the place of a card is a card, if an empty one."""
    for card in (card_of(value), card_of(["vcard", value]), card_of(["vcard", [["fn", value, "text", value]]])):
        assert isinstance(card.name, str | None)
        assert all(isinstance(each, str) for each in (*card.mails, *card.phones))


# -- recorded with the real registries --------------------------------------------------------------------------------

RECORDED = {
    "2001:240:10c:1::ca20:9d1d": ("2001:240::/32", None, "JP", None),
    "62.239.237.1": ("62.239.237.0/24", None, "GB", "zzdnsr@bt.com, steve.a.marshall@bt.com, lee.bailey-hague@bt.com"),
    "2001:4860:4860::8888": ("2001:4860::/32", "Google Inc.", None, "arin-contact@google.com"),
    # The reply says that it ends where it begins.
    "2801:10:c000::": ("2801:10:c000::/128", "Universidad Catolica de Oriente", "CO", "sistemas.red@UCO.EDU.CO"),
    "196.11.240.215": ("196.11.239.0/24, 196.11.240.0/22, 196.11.244.0/23, 196.11.246.0/24", None, "ZA", None),
}


@pytest.mark.parametrize("address", RECORDED)
def test_recorded_networks(shared_data, address):
    """The recorded reply of each regional registry gives its network, holder, country, abuse contact, days and name."""
    recorded = json.loads((shared_data("whois-rdap") / "ipwhois" / "rdap.json").read_text("utf-8"))[address]
    about, ip = recorded["response"], IpAddress(address)
    nets = {"services": [[["0.0.0.0/0", "::/0"], ["https://rdap.a.example/"]]]}
    network, holder, country, abuse = RECORDED[address]
    found, _ = asked(Rdap.ip, ip, nets, about)
    said = facts(found)
    assert [said.get(name) for name in ("network", "registrant", "country_code", "abuse_mail")] == [
        network,
        holder,
        country,
        abuse,
    ]
    assert said["network_name"] == about["name"]
    assert said.get("parent_network") == about.get("parentHandle")
    for action, name in (("registration", "registered"), ("last changed", "changed")):
        days = [event["eventDate"] for event in about.get("events", ()) if event["eventAction"] == action]
        assert said.get(name) in {None, *(datetime.fromisoformat(day).isoformat()[:10] for day in days)}
        assert bool(said.get(name)) == bool(days)


# -- what the channel makes of redirects ------------------------------------------------------------------------------


def test_a_redirect_that_is_read_says_where_it_points():
    """Where an operation reads redirects, the reply is the whole URL that one points to; otherwise it is a failure."""
    with serving(reply(b"moved", status=303, headers={"Location": "/elsewhere?a=1"})) as server:
        channel = HttpChannel(Connections())
        ask: Ask = HttpRequest("GET", server.url, answers=frozenset({303}))
        got = channel.send(ask, Rdap)
        assert got.object() == {"location": server.url.replace("/check", "/elsewhere?a=1")}
        assert (got.status, got.media_type) == (303, MEDIA_TYPE)
    with serving(reply(b"moved", status=303, headers={"Location": "https://other.example/"})) as server:
        assert HttpChannel(Connections()).send(
            HttpRequest("GET", server.url, answers=frozenset({303})), Rdap
        ).object() == {"location": "https://other.example/"}
        with pytest.raises(AskFailed, match="points elsewhere"):
            HttpChannel(Connections()).send(HttpRequest("GET", server.url), Rdap)


def test_other_bodies_stay_as_they_are():
    """A reply that is no redirect, and a 404 that is read, keep their body and media type."""
    with serving(reply(b'{"errorCode": 404}', status=404, headers={"Location": "https://other.example/"})) as server:
        got = HttpChannel(Connections()).send(HttpRequest("GET", server.url, answers=frozenset({404})), Rdap)
    assert (got.body, got.status, got.media_type) == (b'{"errorCode": 404}', 404, "application/json")
