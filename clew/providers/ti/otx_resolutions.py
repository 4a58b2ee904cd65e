"""The passive DNS of OTX: which names had which address, and from when to when that was seen."""

from __future__ import annotations

from clew.entities import Domain, IpAddress
from clew.entities.finding import Scalar, Table
from clew.providers.base import Steps, operation
from clew.providers.dns_relations import DNS_RELATIONS, PAST_RECORD_COLUMNS
from clew.providers.fact_text import time_text
from clew.providers.findings import counted_extent, found, nothing
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector
from clew.providers.ti.otx_api import OtxBase, fetch_section, page_of, path_of


class OtxResolutions(OtxBase):
    """Which names had which address, alias, name server or mail server, as OTX has seen it; the latest 500."""

    @operation(calls=1, broad=True, facts=PAST_RECORD_COLUMNS)
    def ip(self, ip: IpAddress) -> Steps:
        """Which names had the address, and from when to when."""
        return (yield from _resolutions(ip))

    @operation(calls=1, broad=True, facts=PAST_RECORD_COLUMNS)
    def domain(self, domain: Domain) -> Steps:
        """Which addresses and aliases the domain had, from when to when."""
        return (yield from _resolutions(domain))


def _resolutions(subject: IpAddress | Domain) -> Steps:
    reference = page_of(path_of(subject))
    document = yield from fetch_section(path_of(subject), "passive_dns")
    if document is None:
        return nothing(subject, "OTX does not know it", reference=reference)
    records, links = document.require_objects("passive_dns"), LinkCollector(subject)
    if not records:
        return nothing(subject, "OTX knows no resolutions", reference=reference)
    rows = [row for record in records if (row := _row(record, links)) is not None]
    return found(
        subject,
        f"{len(rows)} resolutions",
        reference=reference,
        links=links,
        table=Table(PAST_RECORD_COLUMNS, tuple(rows)),
        **counted_extent(len(records), document.integer("count")),
    )


def _row(record: JsonObject, links: LinkCollector) -> tuple[Scalar, ...] | None:
    """Link the name with its answer; the row, if both are something."""
    kind, first, last = record.text("record_type") or "A", record.moment("first"), record.moment("last")
    name, answer, rule = links.entity(record.text("hostname"), Domain), record.text("address"), DNS_RELATIONS.get(kind)
    if name is None:
        return None
    other = None if rule is None else links.entity(answer, rule.kind)
    if rule is not None:
        if other is None:
            return None
        links.link(name, rule.relation, other, record.pointer, first=first, last=last)
    # Of other kinds, such as TXT and SOA, there is nothing to follow, but they are told.
    resolved_ip = other.value if isinstance(other, IpAddress) else None
    return (name.value, kind, resolved_ip, None if resolved_ip else answer, time_text(first), time_text(last))
