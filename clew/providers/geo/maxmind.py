"""MaxMind databases: where an address is, and whose."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, cast

from clew.entities import Fact, Finding, IpAddress, Outcome
from clew.entities.finding import Scalar
from clew.errors import AskSkipped
from clew.providers.base import Ask, Channel, Provider, Reply, Steps, canonical_json, expected, operation
from clew.providers.geo.database import Database, addresses_after, place, readable
from clew.providers.net.kinds import GLOBAL, kind_of

# Where a fact stands in the records of City, Country, ASN, ISP, Enterprise and Anonymous-IP databases.
_FACTS: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "country_code": ("country", "iso_code"),
    "country": ("country", "names", "en"),
    "city": ("city", "names", "en"),
    "latitude": ("location", "latitude"),
    "longitude": ("location", "longitude"),
    "accuracy_radius_km": ("location", "accuracy_radius"),
    "asn": ("autonomous_system_number",),
    "as_organization": ("autonomous_system_organization",),
    "isp": ("isp",),
    "is_anonymous": ("is_anonymous",),
    "is_tor": ("is_tor_exit_node",),
})  # fmt: skip
_ALL_FACTS = (*_FACTS, "network", "database_built")
_SCALARS = (str, int, float, bool)
# Fails on what a reply cannot hold, in the words in which the reply fails.
_check_json = json.JSONEncoder(allow_nan=False).encode


@dataclass(frozen=True, slots=True)
class GeoLookup(Ask):
    """What does the database know about an address?"""

    channel: ClassVar[str] = "geo"
    address: str

    def described(self) -> dict[str, Any]:
        return {"address": self.address}


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a database says about every address of a network."""

    outcome: Outcome
    reason: str
    facts: Mapping[str, Scalar]

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> _Answer:
        """The answer in a reply."""
        record = document["record"]
        if record is None:
            return cls.nothing(document["database"])
        facts = {name: value for name, path in _FACTS.items() if (value := _at(record, path)) is not None}
        place = [str(facts[name]) for name in ("city", "country", "as_organization") if name in facts]
        facts |= {"network": document["network"], "database_built": document["built"]}
        return cls(Outcome.FOUND, ", ".join(place) or "known, without a place", facts)

    @classmethod
    def nothing(cls, database: str) -> _Answer:
        """The answer where there is no record."""
        return cls(Outcome.NOTHING, f"not in {database}", {})

    def reason_for(self, ip: IpAddress) -> str:
        """The reason for one of the addresses: what no database can know is told apart from what this one does not."""
        kind = kind_of(ip.value) if self.outcome is Outcome.NOTHING else GLOBAL
        return self.reason if kind == GLOBAL else f"{self.reason}: a {kind} address"

    @property
    def returned(self) -> int:
        return int(self.outcome is Outcome.FOUND)

    @property
    def available(self) -> int | None:
        return 1 if self.outcome is Outcome.FOUND else None


def _columns(channels: Mapping[str, Channel], subjects: Sequence[IpAddress]) -> Mapping[str, Sequence[Scalar]]:
    channel = channels.get(GeoLookup.channel)
    if not isinstance(channel, GeoChannel):
        raise AskSkipped(f"there is no way to ask {MaxMind.title} here", kind="no-source")
    return channel.columns(subjects)


class MaxMind(Provider):
    """A MaxMind database on this machine, set by `CLEW_GEOIP`."""

    name: ClassVar[str] = "maxmind"
    title: ClassVar[str] = "MaxMind database"
    docs: ClassVar[str] = "https://dev.maxmind.com/geoip/docs/databases/"

    @operation(calls=1, columns=_columns, facts=_ALL_FACTS)
    def ip(self, ip: IpAddress) -> Steps:
        """Country, city, coordinates, network and operator of the address."""
        reply = yield GeoLookup(ip.value)
        answer = _Answer.of(reply.object())
        return Finding(
            ip,
            outcome=answer.outcome,
            reason=answer.reason_for(ip),
            facts=tuple(Fact(name, value) for name, value in answer.facts.items()),
            returned=answer.returned,
            available=answer.available,
        )


def _at(record: object, path: tuple[str, ...]) -> Scalar:
    for name in path:
        if not isinstance(record, dict):
            return None
        record = cast("dict[str, object]", record).get(name)
    return record if isinstance(record, _SCALARS) else None


@dataclass(frozen=True, slots=True)
class GeoChannel:
    """Answers from one .mmdb file."""

    database: Path | None

    def send(self, ask: Ask, provider: type[Provider]) -> Reply:
        """The record of the address, its network and the age of the database, as JSON.

        Raises:
            AskSkipped: no database is set, or it cannot be read.
        """
        address = expected(ask, GeoLookup).address
        with readable(self.database) as path:
            database = Database.at(path)
            body = canonical_json(database.document(address, *database.record(address)))
        return Reply(body.encode(), "application/json", datetime.now(UTC))

    def columns(self, subjects: Sequence[IpAddress]) -> Mapping[str, Sequence[Scalar]]:
        """What `MaxMind.ip` says about each address: its outcome, reason, counts and facts. Each network is read once.

        Raises:
            AskSkipped: no database is set, or it cannot be opened.
        """
        with readable(self.database) as path:
            database = Database.at(path)
        places = [place(subject.value) for subject in subjects]
        answer = _Answer.nothing(database.path.name)
        told, last = [answer] * len(places), -1
        # In order, and networks do not overlap: an address is in the network of the one before it, or begins another.
        for number in sorted(range(len(places)), key=places.__getitem__):
            if places[number] > last:
                answer, rest = _answer(database, subjects[number].value)
                last = places[number] + rest
            told[number] = answer
        facts = {name for each in {id(each): each for each in told}.values() for name in each.facts}
        return {
            "outcome": [each.outcome.value for each in told],
            "reason": [each.reason_for(subject) for each, subject in zip(told, subjects, strict=True)],
            "returned": [each.returned for each in told],
            "available": [each.available for each in told],
            **{name: [each.facts.get(name) for each in told] for name in _ALL_FACTS if name in facts},
        }


def _answer(database: Database, address: str) -> tuple[_Answer, int]:
    """What a database says about an address, and of how many addresses after that one it says the same."""
    try:
        with readable(database.path):
            record, prefix = database.record(address)
            if record is None:
                return _Answer.nothing(database.path.name), addresses_after(address, prefix)
            document = database.document(address, record, prefix)
            _check_json(record)
            return _Answer.of(document), addresses_after(address, prefix)
    except AskSkipped as error:
        return _Answer(Outcome.SKIPPED, error.reason, {}), 0
