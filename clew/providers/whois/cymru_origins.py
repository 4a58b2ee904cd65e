"""What Team Cymru says of an address: who announces the networks that it lies in."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from clew.entities import AutonomousSystem, Finding, IpAddress, Relation
from clew.entities.finding import Table
from clew.errors import AskFailed
from clew.providers.findings import found, nothing
from clew.providers.link_collector import LinkCollector
from clew.providers.whois.whois_text import lines_of

SERVER = "whois.cymru.com"
NO_ANSWER = f"{SERVER}'s reply does not speak of the address"
_FIELDS = 7
_NONE = frozenset({"", "NA"})
COLUMNS = ("asn", "as_organization", "network", "country_code", "registry", "registered")


@dataclass(frozen=True, slots=True)
class Origin:
    """One network that an address lies in, and who announces it; None is what Team Cymru does not know."""

    number: int
    network: str
    country: str | None
    registry: str | None
    allocation_day: str | None
    name: str | None


def origin_finding(ip: IpAddress, body: bytes) -> Finding:
    """What a reply says of one of the addresses that were asked about. Raises AskFailed if it says nothing of it."""
    rows = [
        row for line in lines_of(body.decode("utf-8", "replace")) if (row := parse_row(line)) and row[1] == ip.value
    ]
    if not rows:
        raise AskFailed(NO_ANSWER, kind="reply")
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
        facts={**dict(zip(COLUMNS, cells[0], strict=True)), "origins": len(numbers)},
        links=links,
        table=Table(COLUMNS, cells),
        returned=len(cells),
    )


def parse_row(line: str) -> list[str] | None:
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
            raise AskFailed(f"{SERVER}'s reply is about a network without the address", kind="reply")
        return [
            Origin(
                int(number),
                network,
                *(field if field not in _NONE else None for field in (country, registry, allocation_day, name)),
            )
            for number in numbers.split()
        ]
    except ValueError:
        raise AskFailed(f"{SERVER}'s reply could not be understood", kind="reply") from None


def _specificity(origin: Origin) -> tuple[int, int]:
    return -ipaddress.ip_network(origin.network).prefixlen, origin.number
