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
from clew.providers.findings import found, nothing
from clew.providers.link_collector import LinkCollector
from clew.providers.whois.whois_channel import WhoisQuestion
from clew.providers.whois.whois_text import lines_of

_SERVER = "whois.cymru.com"
_BEFORE, _AFTER = ("begin", "verbose"), "end"
_NO_ANSWER = f"{_SERVER}'s reply does not speak of the address"
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
    allocation_day: str | None
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
        reply = yield build_question(ip.value)
        return finding(ip, reply.body)


def build_question(*addresses: str) -> WhoisQuestion:
    """One question about all of the addresses."""
    return WhoisQuestion(_SERVER, "\n".join((*_BEFORE, *addresses, _AFTER)), BATCH)


def _addresses_of(whois_question: WhoisQuestion) -> list[str]:
    """The addresses that it is about."""
    return whois_question.query.split("\n")[len(_BEFORE) : -1]


def join(questions: Sequence[WhoisQuestion]) -> WhoisQuestion:
    """One question that asks all of them."""
    return build_question(
        *dict.fromkeys(address for whois_question in questions for address in _addresses_of(whois_question))
    )


def split(reply: Reply, questions: Sequence[WhoisQuestion]) -> list[bytes | AskFailed]:
    """The lines of the one reply that answer each of the questions."""
    lines: dict[str, list[str]] = {}
    for line in lines_of(reply.body.decode("utf-8", "replace")):
        row = _row(line)
        if row is not None:
            lines.setdefault(row[1], []).append(line)
    answers = (
        [line for address in _addresses_of(whois_question) for line in lines.get(address, ())]
        for whois_question in questions
    )
    return [
        "\n".join((*answer_lines, "")).encode() if answer_lines else AskFailed(_NO_ANSWER, kind="reply")
        for answer_lines in answers
    ]


BATCH = Batch(500, join, split)


def finding(ip: IpAddress, body: bytes) -> Finding:
    """What a reply says of one of the addresses that were asked about. Raises AskFailed if it says nothing of it."""
    rows = [row for line in lines_of(body.decode("utf-8", "replace")) if (row := _row(line)) and row[1] == ip.value]
    if not rows:
        raise AskFailed(_NO_ANSWER, kind="reply")
    origins = sorted((origin for row in rows for origin in _origins(row, ip)), key=_specificity)
    if not origins:
        return nothing(ip, "nobody announces the address")
    links, smallest_origin = LinkCollector(ip), origins[0]
    for announcement in origins:
        links.link_to(Relation.BELONGS_TO, str(announcement.number), AutonomousSystem, "")
    cells = tuple(
        (
            announcement.number,
            announcement.name,
            announcement.network,
            announcement.country,
            announcement.registry,
            announcement.allocation_day,
        )
        for announcement in origins
    )
    numbers = list(dict.fromkeys(f"AS{announcement.number}" for announcement in origins))
    return found(
        ip,
        f"{' and '.join(numbers)} {'announce' if len(numbers) > 1 else 'announces'} {smallest_origin.network}",
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
    numbers, _, network, country, registry, allocation_day, name = row
    if numbers in _NONE or network in _NONE:
        return []
    try:
        is_in_network = ipaddress.ip_address(ip.value) in ipaddress.ip_network(network)
        if not is_in_network:
            raise AskFailed(f"{_SERVER}'s reply is about a network without the address", kind="reply")
        return [
            Origin(
                int(number),
                network,
                *(field if field not in _NONE else None for field in (country, registry, allocation_day, name)),
            )
            for number in numbers.split()
        ]
    except ValueError:
        raise AskFailed(f"{_SERVER}'s reply could not be understood", kind="reply") from None


def _specificity(origin: Origin) -> tuple[int, int]:
    return -ipaddress.ip_network(origin.network).prefixlen, origin.number
