"""What SecurityTrails knows of a domain today: its DNS records, and the names below it."""

from __future__ import annotations

from clew.entities import Domain, Relation
from clew.entities.finding import Table
from clew.errors import AskFailed
from clew.providers.base import Steps, operation
from clew.providers.findings import found, nothing, page_extent
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector
from clew.providers.ti.securitytrails_api import PAGES, SecurityTrailsBase, request
from clew.providers.ti.securitytrails_rows import CURRENT_COLUMNS, SUBDOMAIN_COLUMNS, current_record_rows, subdomain_row
from clew.providers.url_quoting import percent_encode


class SecurityTrails(SecurityTrailsBase):
    """Current DNS records of domains, and the names below them."""

    @operation(calls=1, broad=True, facts=("subdomains", *CURRENT_COLUMNS))
    def domain(self, domain: Domain) -> Steps:
        """Current DNS records of the domain, and since when they are so."""
        reply = yield request(f"domain/{percent_encode(domain.value)}")
        reference = f"{PAGES}/domain/{percent_encode(domain.value)}/dns"
        if reply.status == 404:
            return nothing(domain, "SecurityTrails does not know it", reference=reference)
        document, links = JsonObject.of(reply), LinkCollector(domain)
        current = document.require("current_dns")
        rows = [row for name in current.fields for row in current_record_rows(name, current.child(name), links)]
        apex = document.text("apex_domain")
        if apex and apex != domain.value:
            links.link_to(Relation.SUBDOMAIN_OF, apex, Domain, document.pointer_to("apex_domain"))
        subdomains = document.integer("subdomain_count")
        if not (rows or subdomains):
            return nothing(domain, "SecurityTrails knows no records of it", reference=reference)
        return found(
            domain,
            f"{len(rows)} DNS records",
            reference=reference,
            facts={"subdomains": subdomains},
            links=links,
            table=Table(CURRENT_COLUMNS, tuple(rows)),
            returned=len(rows),
        )

    @operation(calls=1, broad=True, facts=("subdomains", *SUBDOMAIN_COLUMNS))
    def subdomains(self, domain: Domain, *, inactive: bool = True) -> Steps:
        """Names below the domain.

        Args:
            inactive: names that have no address any more too.
        """
        params = {"children_only": "false", "include_inactive": "true" if inactive else "false"}
        reply = yield request(f"domain/{percent_encode(domain.value)}/subdomains", **params)
        reference = f"{PAGES}/list/apex_domain/{percent_encode(domain.value)}"
        if reply.status == 404:
            return nothing(domain, "SecurityTrails does not know it", reference=reference)
        document, links = JsonObject.of(reply), LinkCollector(domain)
        labels, total = document.texts_with_pointers("subdomains"), document.integer("subdomain_count")
        if not isinstance(document.value("subdomains"), list) or (total and not labels):
            raise AskFailed("the reply has no list of names", kind="reply")
        if not labels:
            return nothing(domain, "SecurityTrails knows no names below it", reference=reference)
        rows = [row for label, pointer in labels if (row := subdomain_row(label, domain, pointer, links)) is not None]
        return found(
            domain,
            f"{len(labels)} names below it",
            reference=reference,
            facts={"subdomains": total},
            links=links,
            table=Table(SUBDOMAIN_COLUMNS, tuple(rows)),
            **page_extent(len(labels), total, has_more=bool(document.flag("meta", "limit_reached"))),
        )
