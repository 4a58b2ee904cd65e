"""Which RDAP server is asked: the registries of the IANA, each of their entries, and those that lie in each other."""

from __future__ import annotations

import ipaddress
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.errors import AskFailed
from clew.providers.json_reply import JsonObject
from clew.providers.whois.rdap_bootstrap import server_for_address, server_for_name, server_for_system


def registry(*services: tuple[list[str], list[str]]) -> JsonObject:
    """A registry with these services."""
    return JsonObject({"version": "1.0", "services": [list(service) for service in services]})


@pytest.fixture
def recorded(shared_data):
    """The services of a recorded registry, and the registry."""

    def read(name: str) -> tuple[list[Any], JsonObject]:
        document = json.loads(
            (shared_data("whois-rdap") / "openrdap" / "bootstrap" / f"{name}.json").read_text("utf-8")
        )
        return document["services"], JsonObject(document)

    return read


def https(urls: list[str]) -> str:
    """The URL that is asked, of those of a service."""
    return next(url for url in urls if url.startswith("https:")).rstrip("/") + "/"


@pytest.mark.parametrize("name", ["ipv4", "ipv6"])
def test_every_recorded_network_has_its_server(recorded, name):
    """The first and the last address of every network go to the smallest network around them that the registry has."""
    services, whole = recorded(name)
    entries = [(ipaddress.ip_network(entry), https(urls)) for nets, urls in services for entry in nets]
    assert len(entries) > 20
    for network, _ in entries:
        for address in (network[0], network[-1]):
            around = [(net.prefixlen, url) for net, url in entries if address in net]
            assert server_for_address(whole, str(address)) == max(around)[1]


@pytest.mark.long
def test_every_recorded_range_has_its_server(recorded):
    """The ends of ranges of numbers go to the server of that range, and the numbers beside it do not by mistake."""
    services, whole = recorded("asn")
    ends = [
        (int(first), int(last or first), https(urls))
        for ranges, urls in services
        for first, _, last in (entry.partition("-") for entry in ranges)
    ]
    assert len(ends) > 1000
    for first, last, url in ends[:: len(ends) // 300]:
        for number in (first, last, first - 1, last + 1):
            around = [(right - left, each) for left, right, each in ends if left <= number <= right]
            assert server_for_system(whole, number) == (min(around)[1] if around else "")
        assert server_for_system(whole, first) == url


def test_every_recorded_domain_has_its_server(recorded):
    """Every top-level domain of a registry goes to its server, with all that is below it, and no other name does."""
    services, whole = recorded("dns")
    for names, urls in services:
        for name in names:
            for below in (name, f"shop.{name}", f"A.B.{name.upper()}."):
                assert server_for_name(whole, below) == https(urls)
            assert server_for_name(whole, f"x{name}") == ""


def test_the_longest_match_counts():
    """Of entries that lie in each other the smallest decides, wherever it stands."""
    nets = registry((["198.0.0.0/8"], ["https://large.example/"]), (["198.51.100.0/24"], ["https://small.example/"]))
    assert server_for_address(nets, "198.51.100.7") == "https://small.example/"
    assert server_for_address(nets, "198.51.101.7") == "https://large.example/"
    assert server_for_address(nets, "2001:db8::1") == ""
    names = registry((["co.example"], ["https://below.example/"]), (["example"], ["https://above.example/"]))
    assert server_for_name(names, "shop.co.example") == "https://below.example/"
    assert server_for_name(names, "shop.no.example") == "https://above.example/"
    assert server_for_name(names, "shopco.example") == "https://above.example/"
    numbers = registry((["64496-64511"], ["https://many.example/"]), (["64500"], ["https://one.example/"]))
    assert server_for_system(numbers, 64500) == "https://one.example/"
    assert server_for_system(numbers, 64501) == "https://many.example/"


def test_only_tls_is_asked():
    """https is taken wherever it stands, with a stroke at its end; a service without it is none."""
    both = registry((["example"], ["http://a.example/", "https://b.example/rdap"]))
    assert server_for_name(both, "shop.example") == "https://b.example/rdap/"
    assert server_for_name(registry((["example"], ["http://a.example/"])), "shop.example") == ""


def test_entries_of_another_kind_are_passed_over():
    """An entry that cannot be read hides no other one; what is no registry is a failure."""
    mixed = registry((["2001:zz::/8", "", "198.51.100.0/24"], ["https://a.example/"]))
    assert server_for_address(mixed, "198.51.100.7") == "https://a.example/"
    with pytest.raises(AskFailed, match="/services"):
        server_for_name(JsonObject({"services": "none"}), "shop.example")


junk = st.recursive(st.one_of(st.none(), st.integers(), st.text(max_size=8)), lambda inner: st.lists(inner, max_size=4))


@given(st.lists(junk, max_size=4))
def test_no_registry_breaks_it(services):
    """Whatever stands in the list of services, the server is an https URL or none."""
    whole = JsonObject({"services": services})
    for found in (
        server_for_name(whole, "a.example"),
        server_for_address(whole, "198.51.100.7"),
        server_for_system(whole, 64500),
    ):
        assert found == "" or found.startswith("https://")
