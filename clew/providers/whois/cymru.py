"""Team Cymru: which autonomous system announces an address, as the world's routers see it."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from clew.entities import AutonomousSystem, Finding, IpAddress, Relation
from clew.entities.finding import Table
from clew.errors import AskFailed
from clew.providers.base import Batch, Provider, Quota, Reply, Steps, operation
from clew.providers.reading import Links, told, unknown
from clew.providers.whois.channel import WhoisQuestion
from clew.providers.whois.text import lines_of

_SERVER = "whois.cymru.com"
_BEFORE, _AFTER = ("begin", "verbose"), "end"
_SILENT = f"{_SERVER}'s reply does not speak of the address"
_FIELDS = 7
_NONE = frozenset({"", "NA"})
_COLUMNS = ("asn", "as_organization", "network", "country_code", "registry", "registered")


@dataclass(frozen=True, slots=True)
class Origin:
    """One network that an address lies in, and who announces it; None is what Team Cymru does not know."""

    number: int
    network: str
    country: str | None
    registry: str | None
    allocated: str | None
    name: str | None


class TeamCymru(Provider):
    """The origin of every announced address: autonomous system, network, registry, day of allocation."""

    name: ClassVar[str] = "cymru"
    title: ClassVar[str] = "Team Cymru"
    docs: ClassVar[str] = "https://www.team-cymru.com/ip-asn-mapping"
    leaves: ClassVar[bool] = True
    #: None is published; who asks for very many addresses one by one is shut out.
    quotas: ClassVar[tuple[Quota, ...]] = (Quota(10, timedelta(seconds=1)),)
    concurrency: ClassVar[int] = 4

    @operation(calls=1, facts=(*_COLUMNS, "origins"))
    def ip(self, ip: IpAddress) -> Steps:
        """Which autonomous systems announce the address, and as part of what.

        An address that several announce has a link to each. The smallest network is the one that facts are about.
        """
        reply = yield question(ip.value)
        return finding(ip, reply.body)


def question(*addresses: str) -> WhoisQuestion:
    """One question about all of the addresses."""
    return WhoisQuestion(_SERVER, "\n".join((*_BEFORE, *addresses, _AFTER)), BATCH)


def _asked(one: WhoisQuestion) -> list[str]:
    """The addresses that it is about."""
    return one.query.split("\n")[len(_BEFORE) : -1]


def join(questions: Sequence[WhoisQuestion]) -> WhoisQuestion:
    """One question that asks all of them."""
    return question(*dict.fromkeys(address for each in questions for address in _asked(each)))


def split(reply: Reply, questions: Sequence[WhoisQuestion]) -> list[bytes | AskFailed]:
    """The lines of the one reply that answer each of the questions."""
    lines: dict[str, list[str]] = {}
    for line in lines_of(reply.body.decode("utf-8", "replace")):
        row = _row(line)
        if row is not None:
            lines.setdefault(row[1], []).append(line)
    told = ([line for address in _asked(each) for line in lines.get(address, ())] for each in questions)
    return ["\n".join((*each, "")).encode() if each else AskFailed(_SILENT, kind="reply") for each in told]


BATCH = Batch(500, join, split)


def finding(ip: IpAddress, body: bytes) -> Finding:
    """What a reply says of one of the addresses that were asked about. Raises AskFailed if it says nothing of it."""
    rows = [row for line in lines_of(body.decode("utf-8", "replace")) if (row := _row(line)) and row[1] == ip.value]
    if not rows:
        raise AskFailed(_SILENT, kind="reply")
    found = sorted((origin for row in rows for origin in _origins(row, ip)), key=_narrow)
    if not found:
        return unknown(ip, "nobody announces the address")
    links, own = Links(ip), found[0]
    for each in found:
        links.to(Relation.BELONGS_TO, str(each.number), AutonomousSystem, "")
    cells = tuple((each.number, each.name, each.network, each.country, each.registry, each.allocated) for each in found)
    numbers = list(dict.fromkeys(f"AS{each.number}" for each in found))
    return told(
        ip,
        f"{' and '.join(numbers)} {'announce' if len(numbers) > 1 else 'announces'} {own.network}",
        facts={**dict(zip(_COLUMNS, cells[0], strict=True)), "origins": len(numbers)},
        links=links,
        table=Table(_COLUMNS, cells),
        returned=len(cells),
    )


def _row(line: str) -> list[str] | None:
    """The fields of a line; None for a heading or a notice. The last of them may have bars in it."""
    fields = [field.strip() for field in line.split("|", _FIELDS - 1)]
    try:
        return [fields[0], str(ipaddress.ip_address(fields[1])), *fields[2:]] if len(fields) == _FIELDS else None
    except ValueError:
        return None


def _origins(row: list[str], ip: IpAddress) -> list[Origin]:
    """Who announces the network of a row: several numbers may share one."""
    numbers, _, network, country, registry, allocated, name = row
    if numbers in _NONE or network in _NONE:
        return []
    try:
        inside = ipaddress.ip_address(ip.value) in ipaddress.ip_network(network)
        if not inside:
            raise AskFailed(f"{_SERVER}'s reply is about a network without the address", kind="reply")
        return [
            Origin(
                int(number),
                network,
                *(field if field not in _NONE else None for field in (country, registry, allocated, name)),
            )
            for number in numbers.split()
        ]
    except ValueError:
        raise AskFailed(f"{_SERVER}'s reply could not be understood", kind="reply") from None


def _narrow(origin: Origin) -> tuple[int, int]:
    return -ipaddress.ip_network(origin.network).prefixlen, origin.number
