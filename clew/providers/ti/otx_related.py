"""What OTX has seen together with an address, a domain or a URL: URLs that it fetched, files that talked to it."""

from __future__ import annotations

from typing import Literal

from clew.entities import Domain, Finding, IpAddress, Url
from clew.entities.finding import Scalar, Table
from clew.providers.base import Steps, operation
from clew.providers.findings import found, nothing
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector
from clew.providers.ti.otx_api import OtxBase, fetch_section, page_of, path_of
from clew.providers.ti.otx_rows import RELATED_FIELDS, file_row, url_rows

#: How many rows are asked for, if nothing else is said, and at most.
PAGE_SIZE, MAX_LIMIT = 50, 500

Relationship = Literal["urls", "files"]


class OtxRelated(OtxBase):
    """URLs that OTX fetched, with what they served, and malware that talked to an address or a domain."""

    @operation(calls=1, broad=True, facts=RELATED_FIELDS.names)
    def ip(self, ip: IpAddress, *, relationship: Relationship = "urls", limit: int = PAGE_SIZE) -> Steps:
        """URLs at the address, or malware that talked to it.

        Args:
            relationship: urls, or files.
            limit: how many at most, up to 500.
        """
        return (yield from (_urls(ip, limit) if relationship == "urls" else _files(ip, limit)))

    @operation(calls=1, broad=True, facts=RELATED_FIELDS.names)
    def domain(self, domain: Domain, *, relationship: Relationship = "urls", limit: int = PAGE_SIZE) -> Steps:
        """URLs of the domain, or malware that talked to it.

        Args:
            relationship: urls, or files.
            limit: how many at most, up to 500.
        """
        return (yield from (_urls(domain, limit) if relationship == "urls" else _files(domain, limit)))

    @operation(calls=1, broad=True, facts=RELATED_FIELDS.names)
    def url(self, url: Url, *, limit: int = PAGE_SIZE) -> Steps:
        """When OTX fetched the URL, from which address, and what it served.

        Args:
            limit: how many fetches at most, up to 500.
        """
        return (yield from _urls(url, limit))


def _urls(subject: IpAddress | Domain | Url, limit: int) -> Steps:
    document = yield from fetch_section(path_of(subject), "url_list", limit=str(max(1, min(MAX_LIMIT, limit))))
    if document is None:
        return nothing(subject, "OTX does not know it", reference=page_of(path_of(subject)))
    entries, links = document.require_objects("url_list"), LinkCollector(subject)
    rows = [row for entry in entries for row in url_rows(entry, links)]
    has_more = document.flag("has_next") is True
    available = document.integer("actual_size") or document.integer("full_size")
    return _related_finding(subject, "URLs", entries, links, rows, available=available, has_more=has_more)


def _files(subject: IpAddress | Domain, limit: int) -> Steps:
    document = yield from fetch_section(path_of(subject), "malware", limit=str(max(1, min(MAX_LIMIT, limit))))
    if document is None:
        return nothing(subject, "OTX does not know it", reference=page_of(path_of(subject)))
    entries, links = document.require_objects("data"), LinkCollector(subject)
    rows = [row for entry in entries if (row := file_row(entry, links)) is not None]
    available = document.integer("count") or document.integer("size")
    has_more = available is not None and available > len(entries)
    return _related_finding(subject, "files", entries, links, rows, available=available, has_more=has_more)


def _related_finding(
    subject: IpAddress | Domain | Url,
    label: str,
    entries: list[JsonObject],
    links: LinkCollector,
    rows: list[tuple[Scalar, ...]],
    *,
    available: int | None,
    has_more: bool,
) -> Finding:
    reference = page_of(path_of(subject))
    if not entries:
        return nothing(subject, f"OTX knows no {label}", reference=reference)
    return found(
        subject,
        f"{len(entries)} {label}",
        reference=reference,
        links=links,
        table=Table(RELATED_FIELDS.names, tuple(rows)),
        returned=len(entries),
        available=max(available or 0, len(entries)) or None,
        truncated_by="limit" if has_more else "",
    )
