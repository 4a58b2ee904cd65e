"""Replies of databases: what is kept of an ask, and what it means when it is read again."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from clew.entities.finding import Scalar
from clew.errors import AskSkipped
from clew.providers.geo.database_files import DatabaseSources, combined_error, no_ipv6_error, unreadable_error
from clew.providers.geo.maxmind_database import BAD_OFFSET, DAMAGE_ERRORS, NO_RECORD, Database
from clew.providers.geo.maxmind_records import DatabaseAnswer, facts_of
from clew.providers.geo.place_answer import GeoAnswer

# The facts that clew knew when it asked one database and wrote its reply without a list.
_LEGACY_FACTS = (
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


def build_document(sources: DatabaseSources, address: str) -> dict[str, Any]:
    """What each database says of an address: its type, the day it was built, the network and the record.

    Raises:
        AskSkipped: none of them could answer.
    """
    number, bits = number_of(address)
    entries: list[dict[str, Any]] = []
    failures = [*sources.failures]
    for database in sources.databases:
        header = {"database": database.name, "type": database.type, "built": database.build_day}
        try:
            record, prefix = _record(database, number, bits)
        except AskSkipped as error:
            failures.append(error)
        else:
            entries.append({**header, "network": network(number, bits, prefix), "record": record})
    if not entries:
        raise combined_error(failures)
    return {"databases": entries, "troubles": [failure.reason for failure in failures]}


def _record(database: Database, number: int, bits: int) -> tuple[Any, int]:
    if bits == 128 and database.ip_version == 4:
        raise no_ipv6_error(database.name)
    (offset,), (prefix,) = database.find([number], bits)
    return record_at(database, offset), prefix


def record_at(database: Database, offset: int) -> Any:
    """The record at a place, None where there is none. Raises AskSkipped where the file is damaged."""
    if offset == NO_RECORD:
        return None
    try:
        if offset == BAD_OFFSET:
            raise ValueError("its search tree is damaged")
        return database.record(offset)
    except DAMAGE_ERRORS as error:
        raise unreadable_error(database.name, str(error)) from None


@dataclass(frozen=True, slots=True)
class ParsedReply:
    """A reply, read.

    Attributes:
        network: the smallest that a record is about; empty where there is no record.
    """

    answer: GeoAnswer
    network: str

    @classmethod
    def parse(cls, content: Mapping[str, Any], at: datetime) -> ParsedReply:
        """The meaning of a reply that came at that time. Fails in the ways of parsers where it is none."""
        is_legacy = "databases" not in content
        parts: Sequence[Mapping[str, Any]] = [content] if is_legacy else content["databases"]
        answers = [_database_answer(part) for part in parts]
        networks = [part["network"] for part, answer in zip(parts, answers, strict=True) if answer.facts is not None]
        smallest = max(networks, key=lambda text: int(text.rpartition("/")[2]), default="")
        if is_legacy:
            return cls(_legacy_answer(answers[0]), smallest)
        return cls(GeoAnswer.of(answers, [str(failure) for failure in content["troubles"]], at.date()), smallest)

    @property
    def facts(self) -> dict[str, Scalar]:
        """All facts."""
        facts = dict(self.answer.facts)
        build_day = facts.pop("database_built", None)
        return facts | {"network": self.network, "database_built": build_day} if self.network else facts


def _database_answer(part: Mapping[str, Any]) -> DatabaseAnswer:
    kind, record = str(part.get("type", "")), part["record"]
    return DatabaseAnswer(
        str(part["database"]), kind, str(part["built"]), None if record is None else facts_of(record, kind)
    )


def _legacy_answer(database_answer: DatabaseAnswer) -> GeoAnswer:
    """What the reply meant to the clew that wrote it: cases replay to what they said."""
    answer = GeoAnswer.of([database_answer], (), date.min)
    facts = {name: value for name, value in answer.facts.items() if name in _LEGACY_FACTS}
    labels = [str(facts[name]) for name in ("city", "country", "as_organization") if name in facts]
    summary = ", ".join(labels) or "known, without a place"
    return GeoAnswer(answer.outcome, summary if database_answer.facts is not None else answer.summary, "", facts)


class AddressNumber(NamedTuple):
    """An address as a number, and how many bits it has: 32 or 128."""

    number: int
    bits: int


def number_of(address: str) -> AddressNumber:
    """An address in canonical spelling as a number."""
    if ":" in address:
        return AddressNumber(int.from_bytes(socket.inet_pton(socket.AF_INET6, address), "big"), 128)
    return AddressNumber(int.from_bytes(socket.inet_aton(address), "big"), 32)


def network(number: int, bits: int, prefix: int) -> str:
    """The network of so many bits around an address, CIDR."""
    first = number >> bits - prefix << bits - prefix
    if bits == 128:
        return str(ipaddress.IPv6Network((first, prefix)))
    return f"{socket.inet_ntoa(first.to_bytes(4, 'big'))}/{prefix}"
