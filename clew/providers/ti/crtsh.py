"""crt.sh: certificates in the logs of Certificate Transparency, by the names in them."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from clew.entities import Domain, Relation
from clew.entities.finding import Scalar, Table
from clew.errors import AskFailed
from clew.providers.base import Provider, Quota, Reply, Steps, operation
from clew.providers.fact_text import join_texts, time_text
from clew.providers.findings import found, nothing
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector, host_kind
from clew.providers.url_quoting import percent_encode
from clew.providers.web import HttpRequest

COLUMNS = ("certificate_id", "names", "issuer", "serial_number", "not_before", "not_after", "logged")
_URL = "https://crt.sh/"


class CrtSh(Provider):
    """Certificates that were ever issued for a name and logged, and the other names in them. Slow, and often busy."""

    name: ClassVar[str] = "crtsh"
    title: ClassVar[str] = "crt.sh"
    docs: ClassVar[str] = "https://groups.google.com/g/crtsh"
    leaves: ClassVar[bool] = True
    #: It once published 60 a minute. Today's users report 5, and beyond that errors and, worse, empty lists.
    quotas: ClassVar[tuple[Quota, ...]] = (Quota(5, timedelta(minutes=1)),)
    concurrency: ClassVar[int] = 1

    @operation(calls=1, broad=True, facts=COLUMNS)
    def domain(self, domain: Domain, *, subdomains: bool = False, expired: bool = True) -> Steps:
        """Certificates for the domain, and the names in the same ones.

        Args:
            subdomains: ask for certificates of names below the domain instead; takes longer.
            expired: certificates that are no longer valid too.
        """
        query = f"%.{domain.value}" if subdomains else domain.value
        params = (("q", query), ("output", "json"), *(() if expired else (("exclude", "expired"),)))
        reply = yield HttpRequest("GET", _URL, params)
        reference = f"{_URL}?q={percent_encode(query)}"
        certificates, links = _certificates(reply), LinkCollector(domain)
        if not certificates:
            return nothing(domain, "no certificate in the logs names it", reference=reference)
        rows = tuple(_row(certificate, domain, links) for certificate in certificates)
        return found(
            domain,
            f"{len(rows)} certificates",
            reference=reference,
            links=links,
            table=Table(COLUMNS, rows),
            returned=len(rows),
            available=len(rows),
        )


def _certificates(reply: Reply) -> list[JsonObject]:
    """The certificates in a reply. Raises AskFailed where something in it is none."""
    certificates = JsonObject.all_of(reply)
    if len(certificates) != len(reply.json()) or any(certificate.integer("id") is None for certificate in certificates):
        raise AskFailed("the reply is a list of something else than certificates", kind="reply")
    return certificates


def _row(certificate: JsonObject, domain: Domain, links: LinkCollector) -> tuple[Scalar, ...]:
    logged_at = certificate.moment("entry_timestamp")
    for text, pointer in _names(certificate):
        # A wildcard stands for names below, so what it says is that the name that it is below is in use.
        name = text.removeprefix("*.")
        other = links.entity(name, host_kind(name))
        if other is None:
            continue
        if other.value.endswith(f".{domain.value}"):
            links.link(other, Relation.SUBDOMAIN_OF, domain, pointer, first=logged_at, last=logged_at)
        elif domain.value.endswith(f".{other.value}"):
            links.link(domain, Relation.SUBDOMAIN_OF, other, pointer, first=logged_at, last=logged_at)
        else:
            links.link(domain, Relation.RELATED_TO, other, pointer, first=logged_at, last=logged_at)
    return (
        certificate.integer("id"),
        join_texts(text for text, _ in _names(certificate)),
        certificate.text("issuer_name"),
        certificate.text("serial_number"),
        time_text(certificate.moment("not_before")),
        time_text(certificate.moment("not_after")),
        time_text(logged_at),
    )


def _names(certificate: JsonObject) -> list[tuple[str, str]]:
    """The names in a certificate, and where they stand: those of the subject alternatives, and the common one."""
    alternatives = (certificate.text("name_value") or "").split("\n")
    pointers = {text.strip(): certificate.pointer_to("name_value") for text in alternatives if text.strip()}
    common_name = certificate.text("common_name")
    return list({**({common_name: certificate.pointer_to("common_name")} if common_name else {}), **pointers}.items())
