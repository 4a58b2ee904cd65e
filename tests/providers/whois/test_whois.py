"""WHOIS from the root to the registry to the registrar: what is asked of whom, and what each answer means."""

from __future__ import annotations

import pytest

from clew.entities import Domain, IpAddress, Outcome, Verdict
from clew.errors import AskFailed
from clew.providers.whois.whois import Whois
from clew.providers.whois.whois_servers import checked_server, query, root_query
from tests.providers.ti.recorded import facts, links
from tests.providers.whois.asked import asked
from tests.support import HOSTILE, hiding

IP = IpAddress("198.51.100.7")
SHOP = Domain("shop.example")
RECORD = """Domain Name: SHOP.EXAMPLE
Registrar WHOIS Server: whois.registrar.example
Creation Date: 2026-03-11T22:41:07Z
Registrar: Example Registrar
Name Server: ns1.parking.example 203.0.113.53
"""
NET = "inetnum: 198.51.100.0 - 198.51.100.255\nnetname: NET\norigin: AS64500\n"


def root(server: str) -> str:
    """What the IANA says."""
    return f"% IANA WHOIS server\n\nrefer: {server}\n\ndomain: EXAMPLE\n\nwhois: {server}\n\nsource: IANA\n"


def asks(given: list) -> list[tuple[str, str]]:
    """Who was asked what."""
    return [(each.server, each.query) for each in given]


def test_the_root_is_asked_for_the_registry():
    """The IANA hears the top-level domain only, and the registry the registered name."""
    found, sent = asked(Whois.domain, Domain("cdn.shop.example"), root("whois.nic.example"), RECORD)
    assert asks(sent) == [("whois.iana.org", "example"), ("whois.nic.example", "shop.example")]
    assert (facts(found)["registered"], facts(found)["registrar"]) == ("2026-03-11", "Example Registrar")
    assert links(found) == {
        ("domain:shop.example", "delegated-to", "domain:ns1.parking.example"),
        ("domain:ns1.parking.example", "resolves-to", "ip:203.0.113.53"),
        ("domain:cdn.shop.example", "subdomain-of", "domain:shop.example"),
    }


@pytest.mark.parametrize(
    ("text", "outcome", "words"),
    [
        ("No match for SHOP.EXAMPLE", Outcome.NOTHING, "shop.example is not registered"),
        ("Reserved by the registry", Outcome.NOTHING, "the registry keeps it"),
        ("Invalid input", Outcome.NOTHING, "no name that can be registered"),
        ("Your connection limit exceeded.", Outcome.REFUSED, "too many questions"),
        ("Too many queries from your address", Outcome.REFUSED, "too many questions"),
        ("Service temporarily unavailable.", Outcome.FAILED, "cannot answer at the moment"),
        ("", Outcome.FAILED, "could not be understood"),
        ("<html>busy</html>", Outcome.FAILED, "could not be understood"),
        (RECORD, Outcome.FOUND, "is registered since 2026-03-11 through Example Registrar, says whois.nic.example"),
    ],
)
def test_each_answer_has_its_outcome(text, outcome, words):
    """Free, kept, invalid, too many questions, out of order and not to be understood are different answers."""
    found, _ = asked(Whois.domain, SHOP, root("whois.nic.example"), text)
    assert (found.outcome, found.verdict) == (outcome, Verdict.UNKNOWN)
    assert words in found.reason


def test_no_registry_is_told_with_the_way_around():
    """A top-level domain whose registry has no WHOIS is nothing found, and RDAP is named."""
    for text in ("% This query returned 0 objects.\n", "domain: EXAMPLE\nwhois:\nsource: IANA\n"):
        found, sent = asked(Whois.domain, SHOP, text)
        assert (found.outcome, len(sent)) == (Outcome.NOTHING, 1)
        assert "the registry of .example has no WHOIS; ask whois.rdap" in found.reason


def test_a_reply_of_the_root_that_is_cut_is_a_failure():
    """A reply without its end is not taken for one that names no registry."""
    found, _ = asked(Whois.domain, SHOP, "% IANA WHOIS server\n\ndomain: EXAMPLE\n")
    assert found.outcome is Outcome.FAILED


def test_names_below_registries_of_their_own_need_no_root():
    """What the IANA would not name is known here."""
    _, sent = asked(Whois.domain, Domain("www.shop.co.za"), "Available\n")
    assert asks(sent) == [("coza-whois.registry.net.za", "shop.co.za")]


def test_the_registrar_is_asked_on_request():
    """The registry is believed, what it does not say comes from the registrar, and its failure loses nothing."""
    more = "Domain Name: SHOP.EXAMPLE\nRegistrant Organization: Sample Trading\nCreation Date: 1999-01-01\n"
    found, sent = asked(Whois.domain, SHOP, root("whois.nic.example"), RECORD, more, registrar=True)
    assert asks(sent)[2] == ("whois.registrar.example", "shop.example")
    assert (facts(found)["registrant"], facts(found)["registered"]) == ("Sample Trading", "2026-03-11")
    for trouble, words in (
        (AskFailed("no connection", kind="connect"), "no connection"),
        ("Too many queries", "too many questions"),
        ("NOT FOUND", "does not know it"),
    ):
        found, _ = asked(Whois.domain, SHOP, root("whois.nic.example"), RECORD, trouble, registrar=True)
        assert found.outcome is Outcome.FOUND
        assert words in found.reason
    itself = RECORD.replace("whois.registrar.example", "whois.nic.example")
    found, sent = asked(Whois.domain, SHOP, root("whois.nic.example"), itself, registrar=True)
    assert len(sent) == 2
    assert "names no WHOIS of its registrar" in found.reason


def test_addresses_go_to_their_registry():
    """The IANA hears a large network only; the registry gives network and origin."""
    found, sent = asked(Whois.ip, IP, root("whois.registry-a.example"), NET)
    assert asks(sent) == [("whois.iana.org", "198.0.0.0"), ("whois.registry-a.example", "198.51.100.7")]
    assert facts(found)["network"] == "198.51.100.0/24"
    assert links(found) == {("ip:198.51.100.7", "belongs-to", "asn:64500")}


def test_registries_hand_on_twice_at_most():
    """A referral is followed, the best answer is kept, and who hands on in circles is not followed for ever."""
    large = "NetRange: 198.0.0.0 - 198.255.255.255\nNetName: LARGE\nReferralServer: whois://{}\n"
    found, sent = asked(Whois.ip, IP, root("whois.a.example"), large.format("whois.b.example:43"), NET)
    assert [server for server, _ in asks(sent)] == ["whois.iana.org", "whois.a.example", "whois.b.example"]
    assert facts(found)["network_name"] == "NET"
    circle = [large.format(f"whois.{name}.example") for name in "bababa"]
    found, sent = asked(Whois.ip, IP, root("whois.a.example"), *circle)
    assert len(sent) == 4
    assert facts(found)["network_name"] == "LARGE"
    found, _ = asked(Whois.ip, IP, root("whois.a.example"), large.format("whois.b.example"), "No match found")
    assert (facts(found)["network_name"], facts(found)["whois_server"]) == ("LARGE", "whois.a.example")
    for trouble, words in (
        (AskFailed("no connection", kind="connect"), "no connection"),
        ("Too many queries", "too many questions"),
    ):
        found, _ = asked(Whois.ip, IP, root("whois.a.example"), large.format("whois.b.example"), trouble)
        assert facts(found)["network_name"] == "LARGE"
        assert f"whois.b.example, which knows more, did not answer: {words}" in found.reason.replace(
            "whois.b.example answers no more for now: ", ""
        )


@pytest.mark.parametrize(
    "text", ["198.51.100.7", "localhost", "whois", "a b.example", "http://", "x" * 300 + ".example", "", *HOSTILE[:20]]
)
def test_what_is_no_server_is_not_asked(text):
    """A referral to what is no name of a server in the DNS is none."""
    assert checked_server(text) in ("", text.partition("://")[2])
    found, sent = asked(Whois.ip, IP, root("whois.a.example"), f"{NET}\nReferralServer: {text}\n")
    assert len(sent) == 2
    assert found.outcome is Outcome.FOUND


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_values_are_text(value):
    """Whatever a registry writes, the answer can be shown, and names a free name only where it is."""
    text = f"{RECORD}Registrant Organization: {value}\nDomain Status: {value}\nName Server: {value}\n"
    found, _ = asked(Whois.domain, SHOP, root("whois.nic.example"), text.encode("utf-8", "surrogatepass"))
    assert found.outcome is Outcome.FOUND
    assert hiding(str(found)) == set()


def test_servers_are_asked_as_they_want():
    """Some servers take more than the name; the rest take the name."""
    assert query("whois.denic.de", "shop.de") == "-T dn,ace shop.de"
    assert query("whois.arin.net", "198.51.100.7") == "n + 198.51.100.7"
    assert query("whois.nic.example", "shop.example") == "shop.example"
    assert (root_query("203.0.113.9"), root_query("2001:db8:1:2::3")) == ("203.0.0.0", "2001:db8::")
