"""What SecurityTrails knows of a domain today: its DNS records, and the names below it."""

from __future__ import annotations

from clew.entities import Domain, Relation
from clew.entities.finding import Scalar, Table
from clew.errors import AskFailed
from clew.providers.base import Steps, operation
from clew.providers.fact_text import time_text
from clew.providers.findings import found, nothing
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector
from clew.providers.ti.securitytrails_api import (
    PAGES,
    VALUE_FIELDS,
    SecurityTrailsBase,
    answer_cells,
    link_value,
    request,
    values_of,
)
from clew.providers.url_quoting import percent_encode

RECORD_COLUMNS = (
    "dns_answer_type",
    "dns_resolved_ip",
    "dns_answer_data",
    "organization",
    "shared_by",
    "observed_first",
)
NAME_COLUMNS = ("related", "relation")


class SecurityTrails(SecurityTrailsBase):
    """Current DNS records of domains, and the names below them."""

    @operation(calls=1, broad=True, facts=("subdomains", *RECORD_COLUMNS))
    def domain(self, domain: Domain) -> Steps:
        """Current DNS records of the domain, and since when they are so."""
        reply = yield request(f"domain/{percent_encode(domain.value)}")
        reference = f"{PAGES}/domain/{percent_encode(domain.value)}/dns"
        if reply.status == 404:
            return nothing(domain, "SecurityTrails does not know it", reference=reference)
        document, links = JsonObject.of(reply), LinkCollector(domain)
        current = document.require("current_dns")
        rows = [row for name in current.fields for row in _record_rows(name, current.child(name), links)]
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
            table=Table(RECORD_COLUMNS, tuple(rows)),
            returned=len(rows),
        )

    @operation(calls=1, broad=True, facts=("subdomains", *NAME_COLUMNS))
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
        rows = [row for label, pointer in labels if (row := _subdomain_row(label, domain, pointer, links)) is not None]
        is_truncated = bool(document.flag("meta", "limit_reached"))
        return found(
            domain,
            f"{len(labels)} names below it",
            reference=reference,
            facts={"subdomains": total},
            links=links,
            table=Table(NAME_COLUMNS, tuple(rows)),
            returned=len(labels),
            available=total if is_truncated else len(labels),
            truncated_by="limit" if is_truncated else "",
        )


def _record_rows(name: str, about: JsonObject, links: LinkCollector) -> list[tuple[Scalar, ...]]:
    first = about.moment("first_seen")
    rows: list[tuple[Scalar, ...]] = []
    for value in values_of(about):
        text = (
            link_value(value, name, links, first=first, last=None)
            if name in VALUE_FIELDS
            else value.text("value") or value.text("email")
        )
        field = next((key for key in value.fields if key.endswith("_organization")), "")
        count = next((key for key in value.fields if key.endswith("_count")), "")
        rows.append((*answer_cells(name, text), value.text(field), value.integer(count), time_text(first)))
    return rows


def _subdomain_row(label: str, domain: Domain, pointer: str, links: LinkCollector) -> tuple[Scalar, ...] | None:
    name = links.link_to(Relation.SUBDOMAIN_OF, f"{label}.{domain.value}", Domain, pointer, backwards=True)
    return (str(name.key), Relation.SUBDOMAIN_OF.value) if name else None
