"""WHOIS replies about addresses: the networks of the regional registries, recorded, and whatever else comes."""

from __future__ import annotations

import ipaddress
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.providers.whois.network_registration import networks_of, parse_network
from clew.providers.whois.registration_status import ReplyState

# What the recorded replies say, by address: the smallest network, its name, holder, country, and contact for abuse.
RECORDED = {
    "196.11.240.215": ("196.11.239.0 - 196.11.246.255", "NET-196-11-239-0", "MTN SA", "ZA", None),
    "62.239.237.1": ("62.239.237.0 - 62.239.237.255", "BT-CORPORATE", "UDC", "GB", "protect@bt.com"),
    "2001:4860:4860::8888": ("2001:4860::/32", "GOOGLE-IPV6", "Google Inc.", "US", "arin-contact@google.com"),
    "2801:10:c000::": ("2801:10:c000::/48", None, "Universidad Catolica de Oriente", "CO", "sistemas.red@UCO.EDU.CO"),
    "2001:240:10c:1::ca20:9d1d": ("2001:240:10c::/48", "IIJ-PRJNET", "Internet Initiative Japan Inc.", "JP", None),
}


@pytest.mark.parametrize("address", RECORDED)
def test_the_five_registries_are_read(shared_data, address):
    """A recorded reply of each regional registry gives network, name, holder, country and the contact for abuse."""
    recorded = json.loads((shared_data("whois-rdap") / "ipwhois" / "whois.json").read_text("utf-8"))
    found = parse_network(recorded[address]["response"].encode(), "whois.registry.example", address)
    network, name, holder, country, abuse = RECORDED[address]
    assert found.networks == tuple(map(str, networks_of(network)))
    assert (found.name, found.organization, found.country, found.abuse_mail) == (name, holder, country, abuse)
    told = recorded[address]["asn_data"]
    assert found.country == told["asn_country_code"]
    assert set(found.origins) <= {told["asn"]}  # who says it, says the same as the routers


def test_a_national_registry_is_read(shared_data):
    """A recorded page of the registry of Japan, with its markup, gives network, name and holder."""
    recorded = json.loads((shared_data("whois-rdap") / "ipwhois" / "jpnic.json").read_text("utf-8"))
    ((address, said),) = recorded.items()
    found = parse_network(said["response"].encode(), "whois.nic.ad.jp", address)
    assert (found.networks, found.name, found.organization) == (("133.1.0.0/16",), "OSAKAU-NET", "Osaka University")
    assert found.changed == "2015-01-14"


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("No match found for 198.51.100.7.", ReplyState.AVAILABLE),
        ("%ERROR:101: no entries found\n%\n% No entries found in source RIPE.", ReplyState.AVAILABLE),
        ("inetnum: 198.0.0.0 - 198.255.255.255\nnetname: NON-RIPE-NCC-MANAGED-ADDRESS-BLOCK", ReplyState.AVAILABLE),
        ("%ERROR:201: access denied for 192.0.2.1", ReplyState.THROTTLED),
        ("inetnum: 203.0.113.0 - 203.0.113.255\nnetname: ANOTHER", ReplyState.UNCLEAR),
        ("", ReplyState.UNCLEAR),
    ],
)
def test_what_is_no_network_is_told_apart(text, state):
    """Nothing known, a limit, and a reply about something else are three things."""
    assert parse_network(text.encode(), "whois.registry.example", "198.51.100.7").state is state


def test_the_smallest_network_is_the_answer():
    """Of several networks around an address the smallest is said, and the others are around it."""
    text = "inetnum: 198.51.0.0 - 198.51.255.255\nnetname: LARGE\n\ninetnum: 198.51.100.0/24\nnetname: SMALL\n"
    found = parse_network(text.encode(), "whois.registry.example", "198.51.100.7")
    assert (found.name, found.networks, found.enclosing_networks) == ("SMALL", ("198.51.100.0/24",), ("198.51.0.0/16",))


@given(st.ip_addresses(v=4), st.ip_addresses(v=4))
def test_ranges_are_whole(one, other):
    """The networks of a range hold its ends, and as many addresses as there are between them."""
    first, last = sorted((one, other))
    found = networks_of(f"{first} - {last}")
    assert sum(net.num_addresses for net in found) == int(last) - int(first) + 1
    assert first in found[0]
    assert last in found[-1]


@given(st.text(max_size=40))
def test_what_is_no_range_is_none(text):
    """Any text is networks or nothing."""
    assert all(isinstance(net, ipaddress.IPv4Network | ipaddress.IPv6Network) for net in networks_of(text))


@given(st.binary(max_size=400))
def test_no_bytes_break_it(body):
    """Any bytes are read, and nothing is registered without a network around the address."""
    found = parse_network(body, "whois.registry.example", "198.51.100.7")
    assert found.state is not ReplyState.REGISTERED or found.networks
