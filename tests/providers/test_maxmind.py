"""MaxMind databases: an address has a place, a network and an operator, alone and in a column."""

from __future__ import annotations

import contextvars as context
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew import configure
from clew.demo.geo import write_geo
from clew.entities import IpAddress, Outcome
from clew.providers.geo.maxmind import MaxMind
from tests.providers.geo.building import facts, located, row, rows, write

pytest.importorskip("maxminddb")
# Neighbours share their networks, and the edges of networks part them.
NEAR = st.one_of(
    st.sampled_from(("192.0.2.0", "198.51.100.0", "203.0.113.128")).flatmap(
        lambda first: st.integers(-2, 260).map(lambda step: str(ip_address(first) + step))
    ),
    st.integers(-2, 2**16).map(lambda step: str(ip_address("2001:db8:20::") + step)),
    st.sampled_from(("0.0.0.0", "255.255.255.255", "10.0.0.1", "8.8.8.8", "::", "::1", "::1.1.1.0", "ff02::1")),
    st.ip_addresses().map(str),
)


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The database of the made-up incident."""
    path = tmp_path_factory.mktemp("geo") / "geo.mmdb"
    write_geo(path)
    return path


def test_an_address_has_a_place_and_a_network(demo):
    """City, country, coordinates, operator, network and the age of the database are facts."""
    finding = located("198.51.100.23", demo)
    assert finding.outcome is Outcome.FOUND
    assert finding.reason == "Amsterdam, Netherlands, Example Hosting Ltd"
    known = facts(finding)
    assert (known["city"], known["continent"], known["time_zone"]) == ("Amsterdam", "Europe", "Europe/Amsterdam")
    assert (known["registered_country_code"], known["geoname_id"]) == ("NL", 2759794)
    assert known["database_built"] == "2026-03-17"
    assert isinstance(known["latitude"], float)
    assert ip_network(known["network"]).overlaps(ip_network("198.51.100.23/32"))
    assert 64496 <= known["asn"] <= 64511
    assert facts(located("2001:db8:20::50", demo))["city"] == "Helsinki"


def test_an_address_that_is_not_in_it_is_nothing(demo):
    """An unknown address is no error and has no place; one that nobody could know says what it is."""
    finding = located("8.8.8.8", demo)
    assert (finding.outcome, finding.reason, finding.facts) == (Outcome.NOTHING, "not in geo.mmdb", ())
    assert located("10.0.0.1", demo).reason == "not in geo.mmdb: a private address"
    assert located("127.0.0.1", demo).reason == "not in geo.mmdb: a loopback address"
    assert located("240.0.0.1", demo).reason == "not in geo.mmdb: a reserved address"
    assert located("192.0.2.11", demo).reason == "not in geo.mmdb: a documentation address"


@given(st.lists(NEAR, max_size=40))
def test_the_columns_say_what_the_pivot_says(demo, addresses):
    """Asked about all at once, in any order and however often, each address has the answer that it has alone."""
    assert rows(addresses, demo) == [row(located(address, demo)) for address in addresses]


def test_no_address_of_a_column_is_dropped(demo):
    """A frame has a row for each address: found, not in the database, private, or none at all."""
    called = context.copy_context()
    called.run(configure, geoip=demo)
    frame = called.run(IpAddress.geo.locate.over, ["198.51.100.23", "10.0.0.1", "8.8.8.8", None, "198.51.100.23"])
    assert frame.status.tolist() == ["found", "nothing", "nothing", "empty", "found"]
    assert frame.city.dropna().tolist() == ["Amsterdam", "Amsterdam"]
    assert frame.reason[1].startswith("not in geo.mmdb: a private address")


def test_the_smallest_network_answers(tmp_path):
    """Of networks in one another the smallest one around an address speaks, and is named, up to its last address."""
    nested = {
        "198.51.100.0/24": {"isp": "wide"},
        "198.51.100.64/26": {"isp": "narrow"},
        "198.51.100.77/32": {"isp": "one"},
        "2001:db8::/32": {"isp": "six"},
    }
    path = write(tmp_path / "isp.mmdb", "GeoIP2-ISP", nested)
    expected = {
        "198.51.100.0": ("wide", "198.51.100.0/26"),
        "198.51.100.63": ("wide", "198.51.100.0/26"),
        "198.51.100.64": ("narrow", "198.51.100.64/29"),
        "198.51.100.77": ("one", "198.51.100.77/32"),
        "198.51.100.78": ("narrow", "198.51.100.78/31"),
        "198.51.100.128": ("wide", "198.51.100.128/25"),
        "2001:db8::1": ("six", "2001:db8::/32"),
        "::198.51.100.77": ("one", "::c633:644d/128"),
    }
    for address, (isp, network) in expected.items():
        known = facts(located(address, path))
        assert (known["isp"], known["network"]) == (isp, network), address
    assert [each[4]["isp"] for each in rows([*expected], path)] == [isp for isp, _ in expected.values()]


def test_a_database_of_ipv4_addresses_says_so(tmp_path):
    """Asked about an IPv6 address, a database without any is skipped with that reason, not as a damaged file."""
    path = write(tmp_path / "four.mmdb", "GeoIP2-ISP", {"198.51.100.0/24": {"isp": "x"}}, ip_version=4)
    assert located("198.51.100.1", path).fact("isp") == "x"
    finding = located("2001:db8::1", path)
    assert (finding.outcome, finding.reason) == (
        Outcome.SKIPPED,
        "the GeoIP database four.mmdb holds no IPv6 addresses; set CLEW_GEOIP to one that does",
    )
    assert rows(["2001:db8::1", "198.51.100.1"], path)[0] == row(finding)


def test_a_changed_database_is_read_again(demo, tmp_path):
    """An update of the database is seen at once."""
    path = tmp_path / "geo.mmdb"
    path.write_bytes(b"not yet")
    assert located("198.51.100.23", path).outcome is Outcome.SKIPPED
    path.write_bytes(demo.read_bytes())
    assert located("198.51.100.23", path).outcome is Outcome.FOUND


def test_nothing_leaves_for_it(demo):
    """A lookup on this machine needs no leave: private addresses and offline mode are no obstacle."""
    assert not MaxMind.leaves
    assert located("10.0.0.1", demo).outcome is Outcome.NOTHING
