"""The passive DNS of SecurityTrails: the records that names had, and the names that addresses have."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from clew.entities import Domain, IpAddress, Relation
from clew.entities.finding import Scalar, Table
from clew.providers.base import Steps, operation
from clew.providers.reading import Links, Part, day, joined, quoted, told, unknown, written
from clew.providers.ti.securitytrails.base import (
    API,
    KEY,
    PAGES,
    WAYS,
    SecurityTrailsBase,
    answer,
    linked,
    request,
    values_of,
)
from clew.providers.web import HttpRequest

RECORDS = (
    "dns_question_name",
    "dns_answer_type",
    "dns_resolved_ip",
    "dns_answer_data",
    "organization",
    "observed_first",
    "observed_last",
)
NAMES = ("dns_question_name", "dns_resolved_ip", "organization", "registrar", "registered")
Type = Literal["a", "aaaa", "mx", "ns"]


class SecurityTrailsHistory(SecurityTrailsBase):
    """DNS records that domains had since 2008, and the domains that are at an address; 100 in one reply."""

    @operation(calls=1, wide=True, facts=RECORDS)
    def domain(self, domain: Domain, *, record_type: Type = "a", page: int = 1) -> Steps:
        """Records that the domain had, from when until when.

        Args:
            record_type: which records.
            page: which hundred of them, the newest being the first.
        """
        name = quoted(domain.value)
        reply = yield request(f"history/{name}/dns/{record_type}", page=str(max(1, page)))
        reference = f"{PAGES}/domain/{name}/history/{record_type}"
        if reply.status == 404:
            return unknown(domain, "SecurityTrails does not know it", reference=reference)
        document, links = Part.of(reply), Links(domain)
        found = document.every("records")
        rows = [row for each in found for row in _values(each, record_type, links)]
        if not rows:
            return unknown(domain, f"SecurityTrails knows no {record_type} records of it", reference=reference)
        more = (document.whole("pages") or 1) > page
        return told(
            domain,
            f"{len(rows)} {record_type} records",
            reference=reference,
            links=links,
            table=Table(RECORDS, tuple(rows)),
            returned=len(rows),
            available=None if more else len(rows),
            truncated_by="limit" if more else "",
        )

    @operation(calls=1, wide=True, facts=NAMES)
    def ip(self, ip: IpAddress, *, page: int = 1) -> Steps:
        """Domains at the address, as last seen.

        Args:
            page: which hundred of them.
        """
        asked = {"filter": {f"ipv{ip.version}": ip.value}}
        reply = yield HttpRequest(
            "POST", f"{API}/domains/list", (("page", str(max(1, page))),), secret=KEY, json=asked, idempotent=True
        )
        reference = f"{PAGES}/list/ip/{ip.value}"
        document, links = Part.of(reply), Links(ip)
        found = document.every("records")
        rows = [_name(each, ip, links) for each in found]
        if not found:
            return unknown(ip, "SecurityTrails knows no domain there", reference=reference)
        more = (document.whole("meta", "total_pages") or 1) > page
        return told(
            ip,
            f"{len(found)} domains",
            reference=reference,
            links=links,
            table=Table(NAMES, tuple(rows)),
            returned=len(found),
            available=document.whole("record_count") if more else len(found),
            truncated_by="limit" if more else "",
        )


def _values(each: Part, record_type: Type, links: Links) -> list[tuple[Scalar, ...]]:
    first, last = each.moment("first_seen"), each.moment("last_seen")
    owners = joined(each.texts("organizations"))
    said = [linked(value, WAYS[record_type], links, first=first, last=last) for value in values_of(each)]
    name = links.subject.key.value
    return [(name, *answer(record_type, text), owners, written(first), written(last)) for text in said]


def _name(each: Part, ip: IpAddress, links: Links) -> tuple[Scalar, ...]:
    links.to(Relation.RESOLVES_TO, each.text("hostname"), Domain, each.pointer, backwards=True)
    owners, since = joined(each.texts("host_provider")), _since(each.whole("whois", "createdDate"))
    return (each.text("hostname"), ip.value, owners, each.text("whois", "registrar"), day(since))


def _since(milliseconds: int | None) -> datetime | None:
    try:
        return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OSError, OverflowError, ValueError):
        return None
