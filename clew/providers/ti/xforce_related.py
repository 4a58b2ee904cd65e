"""Malware that X-Force has seen at an address, a domain or a URL, and the names and addresses that it saw together."""

from __future__ import annotations

from typing import ClassVar

from clew.entities import Domain, IpAddress, Url
from clew.entities.finding import Table
from clew.providers.base import Steps, operation
from clew.providers.findings import counted_extent, found, nothing
from clew.providers.link_collector import LinkCollector
from clew.providers.ti.xforce_api import XForceBase, fetch_report, name_of, page_of
from clew.providers.ti.xforce_rows import DNS_COLUMNS, MALWARE_COLUMNS, live_row, malware_row, past_row


class XForceRelated(XForceBase):
    """Malware that was commanded or downloaded from a place."""

    @operation(calls=1, broad=True, facts=MALWARE_COLUMNS)
    def ip(self, ip: IpAddress) -> Steps:
        """Malware that was commanded or downloaded from the address."""
        return (yield from _malware(ip, f"ipr/malware/{name_of(ip)}"))

    @operation(calls=1, broad=True, facts=MALWARE_COLUMNS)
    def domain(self, domain: Domain) -> Steps:
        """Malware that was commanded or downloaded from the domain."""
        return (yield from _malware(domain, f"url/malware/{name_of(domain)}"))

    @operation(calls=1, broad=True, facts=MALWARE_COLUMNS)
    def url(self, url: Url) -> Steps:
        """Malware that was commanded or downloaded from the URL."""
        return (yield from _malware(url, f"url/malware/{name_of(url)}"))


class XForceResolutions(XForceBase):
    """Which names had which address in the past, and which have it now: X-Force asks the name servers when asked."""

    #: The name servers of the suspect see the question, though not from whom it comes.
    active: ClassVar[bool] = True

    @operation(calls=1, broad=True, facts=DNS_COLUMNS)
    def ip(self, ip: IpAddress) -> Steps:
        """Which names had the address, and have it now."""
        return (yield from _resolutions(ip))

    @operation(calls=1, broad=True, facts=DNS_COLUMNS)
    def domain(self, domain: Domain) -> Steps:
        """Which addresses the domain had, and has now."""
        return (yield from _resolutions(domain))


def _malware(subject: IpAddress | Domain | Url, path: str) -> Steps:
    reference, links = page_of(subject), LinkCollector(subject)
    document = yield from fetch_report(path)
    samples = [] if document is None else document.require_objects("malware")
    if document is None or not samples:
        return nothing(subject, "X-Force knows no malware there", reference=reference)
    rows = [row for sample in samples if (row := malware_row(sample, links)) is not None]
    return found(
        subject,
        f"{len(samples)} kinds of malware",
        reference=reference,
        links=links,
        table=Table(MALWARE_COLUMNS, tuple(rows)),
        **counted_extent(len(samples), document.integer("count")),
    )


def _resolutions(subject: IpAddress | Domain) -> Steps:
    reference, links = page_of(subject), LinkCollector(subject)
    document = yield from fetch_report(f"resolve/{name_of(subject)}")
    if document is None:
        return nothing(subject, "X-Force does not know it", reference=reference)
    past_records = document.require("Passive").objects("records")
    live_records = [(kind, *pair) for kind in ("A", "AAAA", "RDNS") for pair in document.texts_with_pointers(kind)]
    if not (past_records or live_records):
        return nothing(subject, "X-Force knows no resolutions", reference=reference)
    rows = [live_row(links, kind, value, pointer) for kind, value, pointer in live_records]
    rows += [past_row(links, record) for record in past_records]
    return found(
        subject,
        f"{len(past_records)} resolutions of the past, {len(live_records)} of now",
        reference=reference,
        links=links,
        table=Table(DNS_COLUMNS, tuple(row for row in rows if row is not None)),
        returned=len(past_records) + len(live_records),
    )
