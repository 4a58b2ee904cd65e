"""What Shodan says of a service that answers at an address, and of the certificate that it shows."""

from __future__ import annotations

from datetime import UTC, datetime

from clew.entities import Certificate, Relation
from clew.entities.finding import Scalar
from clew.errors import EntityError
from clew.providers.fact_text import join_texts
from clew.providers.field_table import COMPUTED_FIELD, Field, FieldTable
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector, host_kind
from clew.providers.ti.shodan_hosts import flaws_of, link_host_names


def _product(banner: JsonObject) -> str | None:
    return " ".join(text for text in (banner.text("product"), banner.text("version")) if text) or None


SERVICES = FieldTable(
    service_port=Field.integer("port"),
    network_transport=Field.text("transport"),
    product=Field(_product),
    title=Field.text("http", "title"),
    http_status=Field.integer("http", "status"),
    certificate=COMPUTED_FIELD,
    jarm=Field.text("ssl", "jarm"),
    vulnerabilities=Field(lambda banner: join_texts(flaws_of(banner))),
    observed_last=Field.time("timestamp"),
)


def service_row(banner: JsonObject, links: LinkCollector) -> tuple[Scalar, ...]:
    """Link the names and the certificate of a service; its row."""
    seen_at = banner.moment("timestamp")
    link_host_names(banner, links, seen_at)
    certificate = _link_certificate(banner.child("ssl", "cert"), links, seen_at)
    return SERVICES.row(banner, certificate=certificate.value if certificate else None)


def _link_certificate(about: JsonObject, links: LinkCollector, seen_at: datetime | None) -> Certificate | None:
    """Link the certificate that a service shows, and the name in it."""
    fingerprints = about.child("fingerprint")
    if not fingerprints.fields:
        return None
    stub = links.entity(fingerprints.text("sha256") or fingerprints.text("sha1"), Certificate)
    if stub is None:
        return None
    certificate = _full_certificate(stub, about)
    links.link(links.subject, Relation.PRESENTS, certificate, about.pointer, first=seen_at, last=seen_at)
    name = (about.text("subject", "CN") or "").removeprefix("*.")
    other = links.entity(name, host_kind(name)) if name else None
    if other is not None:
        links.link(certificate, Relation.ISSUED_FOR, other, about.pointer_to("subject", "CN"))
    return certificate


def _full_certificate(certificate: Certificate, about: JsonObject) -> Certificate:
    """The certificate with what else is told of it."""
    serial = about.integer("serial")
    try:
        return Certificate(
            certificate.value,
            sha1=about.text("fingerprint", "sha1"),
            serial=None if serial is None or serial < 0 else f"{serial:x}",
            issuer=about.text("issuer", "CN"),
            subject=about.text("subject", "CN"),
            not_before=_asn1_time(about.text("issued")),
            not_after=_asn1_time(about.text("expires")),
        )
    except EntityError:
        return certificate


def _asn1_time(text: str | None) -> datetime | None:
    try:
        return datetime.strptime(text or "", "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None
