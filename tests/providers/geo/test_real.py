"""Real databases with the records that they were made from: every fact is the value in the source."""

from __future__ import annotations

import json
from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any

import pytest

from clew.entities import Outcome
from clew.providers.geo.geo_channel import GeoChannel, GeoLookup
from clew.providers.geo.maxmind import MaxMind
from tests.providers.geo.building import facts, located, row, rows

pytest.importorskip("maxminddb")
NAMES = (
    "GeoIP2-Anonymous-IP",
    "GeoIP2-Connection-Type",
    "GeoIP2-Domain",
    "GeoIP2-Enterprise",
    "GeoLite2-ASN",
    "GeoLite2-City",
)
Network = IPv4Network | IPv6Network
# Where each value of a record has to be found again, written down by hand: from its path to the name of its fact.
PLACES = {
    "autonomous_system_number": "asn",
    "autonomous_system_organization": "as_organization",
    "city.confidence": "city_confidence",
    "city.names.en": "city",
    "connection_type": "connection_type",
    "continent.code": "continent_code",
    "continent.names.en": "continent",
    "country.confidence": "country_confidence",
    "country.is_in_european_union": "is_in_european_union",
    "country.iso_code": "country_code",
    "country.names.en": "country",
    "domain": "domain",
    "is_anonymous": "is_anonymous",
    "is_anonymous_vpn": "is_anonymous_vpn",
    "is_anycast": "is_anycast",
    "is_hosting_provider": "is_hosting_provider",
    "is_legitimate_proxy": "is_legitimate_proxy",
    "is_public_proxy": "is_public_proxy",
    "is_residential_proxy": "is_residential_proxy",
    "is_tor_exit_node": "is_tor",
    "isp": "isp",
    "location.accuracy_radius": "accuracy_radius_km",
    "location.latitude": "latitude",
    "location.longitude": "longitude",
    "location.metro_code": "metro_code",
    "location.time_zone": "time_zone",
    "mobile_country_code": "mobile_country_code",
    "mobile_network_code": "mobile_network_code",
    "organization": "organization",
    "postal.code": "postal_code",
    "postal.confidence": "postal_confidence",
    "registered_country.iso_code": "registered_country_code",
    "registered_country.names.en": "registered_country",
    "represented_country.iso_code": "represented_country_code",
    "represented_country.names.en": "represented_country",
    "represented_country.type": "represented_country_type",
    "static_ip_score": "static_ip_score",
    "subdivisions.confidence": "subdivision_confidence",
    "subdivisions.iso_code": "subdivision_code",
    "subdivisions.names.en": "subdivision",
    "user_type": "usage_type",
}
# In the reply only, as docs/how-to/geo.md says.
UNTOLD = {"registered_country.is_in_european_union", "represented_country.is_in_european_union"}


def leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Every value of a record with its path; `traits` are at the top, as other databases have them."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, path if name == "traits" else (*path, name))
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, path)
    else:
        yield ".".join(path), value


def expected(record: dict[str, Any]) -> dict[str, Any]:
    """The facts that a record has to give. Fails on a value that nobody has thought of."""
    wanted: dict[str, Any] = {}
    for path, value in leaves(record):
        names_or_numbers = path.endswith("geoname_id") or (".names." in path and not path.endswith(".en"))
        if names_or_numbers or path in UNTOLD:
            continue
        name = PLACES[path]
        is_list = path.startswith("subdivisions") and name in wanted and not name.endswith("confidence")
        wanted[name] = f"{wanted[name]}, {value}" if is_list else value
    smallest = (
        record.get("city"),
        (record.get("subdivisions") or [None])[-1],
        record.get("country"),
        record.get("continent"),
    )
    numbers = [part["geoname_id"] for part in smallest if part and "geoname_id" in part]
    return wanted | ({"geoname_id": numbers[0]} if numbers else {})


def source(folder: Path, name: str) -> list[tuple[Network, dict[str, Any]]]:
    """The networks that a database was made from; those of IPv4 in `::/96` as what they are."""
    items = json.loads((folder / "source-data" / f"{name}-Test.json").read_text("utf-8"))
    return [(_plain(ip_network(text, strict=False)), record) for item in items for text, record in item.items()]


def _plain(network: Network) -> Network:
    if network.version == 6 and network.prefixlen >= 96 and int(network[0]) >> 32 == 0:
        return IPv4Network((int(network[0]), network.prefixlen - 96))
    return network


def places(network: Network) -> list[str]:
    """The first, the last and two addresses between."""
    count = network.num_addresses
    return [str(network[at]) for at in dict.fromkeys((0, count // 3, count // 2, count - 1))]


@pytest.mark.parametrize("name", NAMES)
def test_every_fact_of_every_network_is_that_of_the_source(shared_data, name):
    """First, middle and last address of each network, alone and in one column: all facts, and none besides."""
    folder = shared_data("geoip")
    networks = source(folder, name)
    by_network = dict(networks)  # what is listed twice is, in the database, what was listed last
    database = folder / f"{name}-Test.mmdb"
    asked: list[tuple[str, dict[str, Any]]] = []
    for network in by_network:
        inside = [
            other
            for other in by_network
            if other.version == network.version and other != network and other.subnet_of(network)
        ]
        for address in places(network):
            around = [other for other in inside if ip_network(address).subnet_of(other)]
            asked.append((address, by_network[max(around, key=lambda other: other.prefixlen, default=network)]))
    assert len(asked) >= 2 * len(by_network)
    columns = rows([address for address, _ in asked], database)
    for (address, record), cells in zip(asked, columns, strict=True):
        finding = located(address, database)
        known = facts(finding)
        network = ip_network(known.pop("network"))
        known.pop("database_built")
        assert finding.outcome is Outcome.FOUND
        assert known == expected(record), address
        assert ip_network(address).subnet_of(network)
        assert cells == row(finding)


def test_all_six_at_once_say_what_each_says_alone(shared_data):
    """Of the whole folder each fact is one that some database says, and no fact is lost that only one says."""
    folder = shared_data("geoip")
    alone = {name: folder / f"{name}-Test.mmdb" for name in NAMES}
    asked = [str(network[0]) for name in NAMES for network, _ in source(folder, name)[::9]]
    for address, cells in zip(asked, rows(asked, folder), strict=True):
        together = located(address, folder)
        assert cells == row(together)
        parts = [facts(located(address, path)) for path in alone.values()]
        for fact, value in facts(together).items():
            assert value in [part.get(fact) for part in parts], (address, fact)
        for fact in ("asn", "connection_type", "domain", "is_anonymous", "isp", "country_code"):
            assert (together.fact(fact) is None) == all(fact not in part for part in parts), (address, fact)
        smallest = max((part["network"] for part in parts if part), key=lambda text: ip_network(text).prefixlen)
        assert together.fact("network") == smallest


def test_every_record_reaches_the_reply_whole(shared_data):
    """The reply that is kept holds the whole record, not only what became facts."""
    folder = shared_data("geoip")
    for network, record in source(folder, "GeoLite2-City")[::20]:
        lookup = GeoLookup(str(network[0]))
        (said,) = GeoChannel((folder / "GeoLite2-City-Test.mmdb",)).send(lookup, MaxMind).object()["databases"]
        assert said["type"] == "GeoLite2-City"
        assert said["record"] == record or ip_network(said["network"]).prefixlen > network.prefixlen
