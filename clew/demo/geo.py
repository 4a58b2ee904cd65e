"""The geolocation file of the story, in MaxMind's format."""

from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import TypeAlias

from clew.demo.estate import LOG_START
from clew.demo.geography import AREAS, Area

Record: TypeAlias = Mapping[str, "str | int | float | Record"]


def write_geo(path: Path) -> None:
    """Write the areas as one database that answers for cities and for autonomous systems."""
    try:
        from mmdb_writer import SearchTreeLeaf, SearchTreeNode, TreeWriter
    except ModuleNotFoundError as missing:
        message = "the demonstration writes a geolocation file, which needs an extra: pip install 'clew[demo]'"
        raise ModuleNotFoundError(message, name=missing.name) from missing
    root = SearchTreeNode()
    for area in AREAS:
        node, bits = root, _bits(area.network)
        for bit in bits[:-1]:
            child = node[bit]
            if not isinstance(child, SearchTreeNode):
                # Whatever a wider network has said goes on to hold on both sides of the narrower one.
                child = SearchTreeNode(child, child)
                node[bit] = child
            node = child
        node[bits[-1]] = SearchTreeLeaf(dict(_record(area)))
    # The library's own front end would stamp the file with the present moment.
    meta = {
        "ip_version": 6,
        "database_type": "Demo-City-ASN",
        "languages": ["en"],
        "binary_format_major_version": 2,
        "binary_format_minor_version": 0,
        "description": {"en": "Cities and autonomous systems of the documentation networks, all invented"},
        "build_epoch": int(LOG_START.timestamp()),
    }
    TreeWriter(root, meta).write(str(path))


def _bits(text: str) -> list[int]:
    """The path to a network; an IPv4 network lies in `::/96`, where readers look for it."""
    network = ip_network(text)
    length = network.prefixlen if network.version == 6 else network.prefixlen + 96
    return [int(network.network_address) >> 127 - index & 1 for index in range(length)]


def _record(area: Area) -> Record:
    city, country = area.city, area.city.country
    code, continent, geoname = country.continent
    nation: Record = {"geoname_id": country.geoname, "iso_code": country.code, "names": {"en": country.name}}
    # The writer takes 20 and 20.0 for the same value: keep coordinates off whole numbers.
    location: Record = {
        "accuracy_radius": 20,
        "latitude": city.latitude,
        "longitude": city.longitude,
        "time_zone": city.zone,
    }
    return {
        "city": {"geoname_id": city.geoname, "names": {"en": city.name}},
        "continent": {"code": code, "geoname_id": geoname, "names": {"en": continent}},
        "country": nation,
        "location": location,
        "registered_country": nation,
        "autonomous_system_number": area.owner.number,
        "autonomous_system_organization": area.owner.name,
    }
