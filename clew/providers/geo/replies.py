"""Replies of databases: what is kept of an ask, and what it means when it is read again."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from clew.entities.finding import Scalar
from clew.errors import AskSkipped
from clew.providers.geo.answers import Answer
from clew.providers.geo.database import ASTRAY, DAMAGE, NOWHERE, Database
from clew.providers.geo.records import Said, facts_of
from clew.providers.geo.sources import Sources, all_of, unreadable, without_ipv6

# The facts that clew knew when it asked one database and wrote its reply without a list.
_FORMER = (
    "country_code",
    "country",
    "city",
    "latitude",
    "longitude",
    "accuracy_radius_km",
    "asn",
    "as_organization",
    "isp",
    "is_anonymous",
    "is_tor",
    "database_built",
)


def document(sources: Sources, address: str) -> dict[str, Any]:
    """What each database says of an address: its type, the day it was built, the network and the record.

    Raises:
        AskSkipped: none of them could answer.
    """
    number, bits = number_of(address)
    told: list[dict[str, Any]] = []
    troubles = [*sources.troubles]
    for database in sources.databases:
        about = {"database": database.name, "type": database.type, "built": database.built}
        try:
            record, prefix = _record(database, number, bits)
        except AskSkipped as error:
            troubles.append(error)
        else:
            told.append({**about, "network": network(number, bits, prefix), "record": record})
    if not told:
        raise all_of(troubles)
    return {"databases": told, "troubles": [trouble.reason for trouble in troubles]}


def _record(database: Database, number: int, bits: int) -> tuple[Any, int]:
    if bits == 128 and database.ip_version == 4:
        raise without_ipv6(database.name)
    (place,), (prefix,) = database.find([number], bits)
    return record_at(database, place), prefix


def record_at(database: Database, place: int) -> Any:
    """The record at a place, None where there is none. Raises AskSkipped where the file is damaged."""
    if place == NOWHERE:
        return None
    try:
        if place == ASTRAY:
            raise ValueError("its search tree is damaged")
        return database.record(place)
    except DAMAGE as error:
        raise unreadable(database.name, str(error)) from None


@dataclass(frozen=True, slots=True)
class Reading:
    """A reply, read.

    Attributes:
        network: the smallest that a record is about; empty where there is no record.
    """

    answer: Answer
    network: str

    @classmethod
    def of(cls, content: Mapping[str, Any], at: datetime) -> Reading:
        """The meaning of a reply that came at that time. Fails in the ways of parsers where it is none."""
        is_former = "databases" not in content
        parts: Sequence[Mapping[str, Any]] = [content] if is_former else content["databases"]
        said = [_said(part) for part in parts]
        networks = [part["network"] for part, each in zip(parts, said, strict=True) if each.facts is not None]
        smallest = max(networks, key=lambda text: int(text.rpartition("/")[2]), default="")
        if is_former:
            return cls(_former(said[0]), smallest)
        return cls(Answer.of(said, [str(trouble) for trouble in content["troubles"]], at.date()), smallest)

    @property
    def facts(self) -> dict[str, Scalar]:
        """All facts."""
        facts = dict(self.answer.facts)
        built = facts.pop("database_built", None)
        return facts | {"network": self.network, "database_built": built} if self.network else facts


def _said(part: Mapping[str, Any]) -> Said:
    kind, record = str(part.get("type", "")), part["record"]
    return Said(str(part["database"]), kind, str(part["built"]), None if record is None else facts_of(record, kind))


def _former(said: Said) -> Answer:
    """What the reply meant to the clew that wrote it: cases replay to what they said."""
    told = Answer.of([said], (), date.min)
    facts = {name: value for name, value in told.facts.items() if name in _FORMER}
    place = [str(facts[name]) for name in ("city", "country", "as_organization") if name in facts]
    what = ", ".join(place) or "known, without a place"
    return Answer(told.outcome, what if said.facts is not None else told.what, "", facts)


def number_of(address: str) -> tuple[int, int]:
    """An address in canonical spelling as a number, and how many bits it has."""
    if ":" in address:
        return int.from_bytes(socket.inet_pton(socket.AF_INET6, address), "big"), 128
    return int.from_bytes(socket.inet_aton(address), "big"), 32


def network(number: int, bits: int, prefix: int) -> str:
    """The network of so many bits around an address, CIDR."""
    first = number >> bits - prefix << bits - prefix
    if bits == 128:
        return str(ipaddress.IPv6Network((first, prefix)))
    return f"{socket.inet_ntoa(first.to_bytes(4, 'big'))}/{prefix}"
