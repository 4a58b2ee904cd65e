"""What SecurityTrails knows of a domain today: its DNS records, and the names below it."""

from __future__ import annotations

from clew.entities import Domain, Relation
from clew.entities.finding import Scalar, Table
from clew.errors import AskFailed
from clew.providers.base import Steps, operation
from clew.providers.reading import Links, Part, quoted, told, unknown, written
from clew.providers.ti.securitytrails.base import PAGES, WAYS, SecurityTrailsBase, answer, linked, request, values_of

RECORDS = ("dns_answer_type", "dns_resolved_ip", "dns_answer_data", "organization", "shared_by", "observed_first")
NAMES = ("related", "relation")


class SecurityTrails(SecurityTrailsBase):
    """Current DNS records of domains, and the names below them."""

    @operation(calls=1, wide=True, facts=("subdomains", *RECORDS))
    def domain(self, domain: Domain) -> Steps:
        """Current DNS records of the domain, and since when they are so."""
        reply = yield request(f"domain/{quoted(domain.value)}")
        reference = f"{PAGES}/domain/{quoted(domain.value)}/dns"
        if reply.status == 404:
            return unknown(domain, "SecurityTrails does not know it", reference=reference)
        document, links = Part.of(reply), Links(domain)
        current = document.need("current_dns")
        rows = [row for name in current.fields for row in _records(name, current.part(name), links)]
        apex = document.text("apex_domain")
        if apex and apex != domain.value:
            links.to(Relation.SUBDOMAIN_OF, apex, Domain, document.where("apex_domain"))
        subdomains = document.whole("subdomain_count")
        if not (rows or subdomains):
            return unknown(domain, "SecurityTrails knows no records of it", reference=reference)
        return told(
            domain,
            f"{len(rows)} DNS records",
            reference=reference,
            facts={"subdomains": subdomains},
            links=links,
            table=Table(RECORDS, tuple(rows)),
            returned=len(rows),
        )

    @operation(calls=1, wide=True, facts=("subdomains", *NAMES))
    def subdomains(self, domain: Domain, *, inactive: bool = True) -> Steps:
        """Names below the domain.

        Args:
            inactive: names that have no address any more too.
        """
        params = {"children_only": "false", "include_inactive": "true" if inactive else "false"}
        reply = yield request(f"domain/{quoted(domain.value)}/subdomains", **params)
        reference = f"{PAGES}/list/apex_domain/{quoted(domain.value)}"
        if reply.status == 404:
            return unknown(domain, "SecurityTrails does not know it", reference=reference)
        document, links = Part.of(reply), Links(domain)
        labels, total = document.places("subdomains"), document.whole("subdomain_count")
        if not isinstance(document.at("subdomains"), list) or (total and not labels):
            raise AskFailed("the reply has no list of names", kind="reply")
        if not labels:
            return unknown(domain, "SecurityTrails knows no names below it", reference=reference)
        rows = [row for label, place in labels if (row := _below(label, domain, place, links)) is not None]
        cut = bool(document.flag("meta", "limit_reached"))
        return told(
            domain,
            f"{len(labels)} names below it",
            reference=reference,
            facts={"subdomains": total},
            links=links,
            table=Table(NAMES, tuple(rows)),
            returned=len(labels),
            available=total if cut else len(labels),
            truncated_by="limit" if cut else "",
        )


def _records(name: str, about: Part, links: Links) -> list[tuple[Scalar, ...]]:
    first, way = about.moment("first_seen"), WAYS.get(name)
    rows: list[tuple[Scalar, ...]] = []
    for value in values_of(about):
        said = linked(value, way, links, first=first, last=None) if way else value.text("value") or value.text("email")
        field = next((key for key in value.fields if key.endswith("_organization")), "")
        count = next((key for key in value.fields if key.endswith("_count")), "")
        rows.append((*answer(name, said), value.text(field), value.whole(count), written(first)))
    return rows


def _below(label: str, domain: Domain, place: str, links: Links) -> tuple[Scalar, ...] | None:
    name = links.to(Relation.SUBDOMAIN_OF, f"{label}.{domain.value}", Domain, place, backwards=True)
    return (str(name.key), Relation.SUBDOMAIN_OF.value) if name else None
