"""The passive DNS of SecurityTrails: the records that names had, and the names that addresses have."""

from __future__ import annotations

from typing import Literal

from clew.entities import Domain, IpAddress
from clew.entities.finding import Table
from clew.providers.base import Steps, operation
from clew.providers.findings import found, nothing, page_extent
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector
from clew.providers.ti.securitytrails_api import API, KEY, PAGES, SecurityTrailsBase, request
from clew.providers.ti.securitytrails_rows import HOSTED_COLUMNS, PAST_COLUMNS, name_row, past_record_rows
from clew.providers.url_quoting import percent_encode
from clew.providers.web import HttpRequest

RecordType = Literal["a", "aaaa", "mx", "ns"]


class SecurityTrailsHistory(SecurityTrailsBase):
    """DNS records that domains had since 2008, and the domains that are at an address; 100 in one reply."""

    @operation(calls=1, broad=True, facts=PAST_COLUMNS)
    def domain(self, domain: Domain, *, record_type: RecordType = "a", page: int = 1) -> Steps:
        """Records that the domain had, from when until when.

        Args:
            record_type: which records.
            page: which hundred of them, the newest being the first.
        """
        name = percent_encode(domain.value)
        reply = yield request(f"history/{name}/dns/{record_type}", page=str(max(1, page)))
        reference = f"{PAGES}/domain/{name}/history/{record_type}"
        if reply.status == 404:
            return nothing(domain, "SecurityTrails does not know it", reference=reference)
        document, links = JsonObject.of(reply), LinkCollector(domain)
        records = document.require_all("records")
        rows = [row for record in records for row in past_record_rows(record, record_type, links)]
        if not rows:
            return nothing(domain, f"SecurityTrails knows no {record_type} records of it", reference=reference)
        return found(
            domain,
            f"{len(rows)} {record_type} records",
            reference=reference,
            links=links,
            table=Table(PAST_COLUMNS, tuple(rows)),
            **page_extent(len(rows), None, has_more=(document.integer("pages") or 1) > page),
        )

    @operation(calls=1, broad=True, facts=HOSTED_COLUMNS)
    def ip(self, ip: IpAddress, *, page: int = 1) -> Steps:
        """Domains at the address, as last seen.

        Args:
            page: which hundred of them.
        """
        query = {"filter": {f"ipv{ip.version}": ip.value}}
        reply = yield HttpRequest(
            "POST", f"{API}/domains/list", (("page", str(max(1, page))),), secret=KEY, json=query, idempotent=True
        )
        reference = f"{PAGES}/list/ip/{ip.value}"
        document, links = JsonObject.of(reply), LinkCollector(ip)
        records = document.require_all("records")
        rows = [name_row(record, ip, links) for record in records]
        if not records:
            return nothing(ip, "SecurityTrails knows no domain there", reference=reference)
        has_more = (document.integer("meta", "total_pages") or 1) > page
        return found(
            ip,
            f"{len(records)} domains",
            reference=reference,
            links=links,
            table=Table(HOSTED_COLUMNS, tuple(rows)),
            **page_extent(len(records), document.integer("record_count"), has_more=has_more),
        )
