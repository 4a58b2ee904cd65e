"""Small databases, and what they say."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from clew.entities import Finding, IpAddress
from clew.entities.finding import Scalar
from clew.errors import AskError, AskSkipped
from clew.providers.base import Reply, Steps
from clew.providers.geo.bulk_lookup import columns
from clew.providers.geo.database_files import DatabaseSources
from clew.providers.geo.geo_channel import GeoChannel, GeoLookup
from clew.providers.geo.maxmind import MaxMind
from clew.testing.recordings import AT, RecordedReplies, runner

Row = tuple[Any, ...]


def write(path: Path, kind: str, records: Mapping[str, Any], *, built: str = "2026-03-01", ip_version: int = 6) -> Path:
    """A database of that type; a wide network stands before the narrower ones in it."""
    writer = pytest.importorskip("mmdb_writer")
    netaddr = pytest.importorskip("netaddr")
    made = writer.MMDBWriter(ip_version, kind, ["en"], {"en": "made up"}, ipv4_compatible=ip_version == 6)
    for network, record in records.items():
        made.insert_network(netaddr.IPSet([network]), record)
    # The library's own front end would stamp the file with the present moment.
    day = datetime.fromisoformat(built).replace(tzinfo=UTC)
    meta = {
        "ip_version": ip_version,
        "database_type": kind,
        "languages": ["en"],
        "description": {"en": "made up"},
        "binary_format_major_version": 2,
        "binary_format_minor_version": 0,
        "build_epoch": int(day.timestamp()),
    }
    writer.TreeWriter(made.tree, meta).write(str(path))
    return path


def place(city: str, code: str, north: float = 1.5, east: float = 2.5, **more: object) -> dict[str, Any]:
    """A record of a City database."""
    return {
        "city": {"names": {"en": city}},
        "country": {"iso_code": code, "names": {"en": f"Land of {code}"}},
        "location": {"latitude": north, "longitude": east, "accuracy_radius": 20},
        **more,
    }


def told(
    steps: Steps | Finding, subject: IpAddress, paths: Sequence[Path], others: Sequence[str] = (), at: datetime = AT
) -> Finding:
    """What an operation makes of what the databases say at a moment about these addresses."""
    channel = GeoChannel(tuple(paths))
    answers: dict[str, Reply | AskError] = {}
    for address in (subject.value, *others):
        try:
            reply: Reply | AskError = Reply(channel.send(GeoLookup(address), MaxMind).body, "application/json", at)
        except AskSkipped as error:
            reply = error
        answers[json.dumps({"address": address}, separators=(",", ":"))] = reply
    return runner(RecordedReplies(answers)).run("geo.locate", MaxMind, subject, steps).finding


def located(address: str, *paths: Path, at: datetime = AT) -> Finding:
    """What the databases say of an address."""
    ip = IpAddress(address)
    return told(MaxMind.ip.steps(ip), ip, paths, at=at)


def measured(address: str, to: str, *paths: Path, at: datetime = AT) -> Finding:
    """How far they say that it is to another."""
    ip = IpAddress(address)
    return told(MaxMind.distance.steps(ip, to=to), ip, paths, [IpAddress(to).value], at)


def facts(finding: Finding) -> dict[str, Scalar]:
    """The facts by name."""
    return {fact.name: fact.value for fact in finding.facts}


def rows(addresses: Sequence[str], *paths: Path, day: date | None = None) -> list[Row]:
    """What the databases say about all of them at once."""
    try:
        cells = columns(DatabaseSources.load(paths), [IpAddress(address) for address in addresses], day or AT.date())
    except AskSkipped as error:
        return [("skipped", error.reason, 0, None, {})] * len(addresses)
    assert {len(column) for column in cells.values()} == {len(addresses)}
    records = [dict(zip(cells, row, strict=True)) for row in zip(*cells.values(), strict=True)]
    return [
        (
            *(record.pop(name) for name in ("outcome", "reason", "returned", "available")),
            {name: value for name, value in record.items() if value is not None},
        )
        for record in records
    ]


def row(finding: Finding) -> Row:
    """The same of one finding."""
    return finding.outcome.value, finding.reason, finding.returned, finding.available, facts(finding)
