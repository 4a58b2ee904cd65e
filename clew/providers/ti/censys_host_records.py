"""The record that Censys has of a host, and of the services that answer there."""

from __future__ import annotations

from datetime import datetime

from clew.entities import Certificate, Domain, Relation
from clew.entities.finding import Scalar
from clew.providers.fact_text import join_texts
from clew.providers.field_table import COMPUTED_FIELD, Field, FieldTable
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector
from clew.providers.ti.censys_api import certificate_of


def services_of(about: JsonObject) -> list[JsonObject]:
    # A host at which nothing answers has no list.
    """The services of a host. Raises AskFailed where there is no list of them."""
    return [] if about.value("services") is None and about.text("ip") else about.require_all("services")


def _product(about: JsonObject) -> str | None:
    return " ".join(text for name in ("vendor", "product", "version") if (text := about.text(name))) or None


def _texts_at(about: JsonObject, field: str, name: str) -> list[str]:
    return [text for item in about.objects(field) if (text := item.text(name))]


HOST = FieldTable(
    operating_system=Field(lambda about: _product(about.child("operating_system"))),
    asn=Field.integer("autonomous_system", "asn"),
    as_organization=Field.text("autonomous_system", "name"),
    network=Field.text("autonomous_system", "bgp_prefix"),
    organization=Field.text("whois", "organization", "name"),
    country_code=Field.text("location", "country_code"),
    city=Field.text("location", "city"),
)
SERVICES = FieldTable(
    service_port=Field.integer("port"),
    network_transport=Field(lambda service: (service.text("transport_protocol") or "").lower() or None),
    service=Field.text("protocol") | Field.text("extended_service_name"),
    product=Field(lambda service: join_texts(map(_product, service.objects("software")))),
    certificate=COMPUTED_FIELD,
    jarm=Field.text("jarm", "fingerprint"),
    vulnerabilities=Field(lambda service: join_texts(_texts_at(service, "vulns", "id"))),
    threat_name=Field(lambda service: join_texts(_texts_at(service, "threats", "name"))),
    observed_last=Field.time("scan_time") | Field.time("observed_at"),
)


def threats_of(services: list[JsonObject]) -> str | None:
    """The names of the malware whose fingerprints services have."""
    return join_texts(name for service in services for name in _texts_at(service, "threats", "name"))


def host_facts(about: JsonObject, services: list[JsonObject]) -> dict[str, Scalar]:
    """The facts about a host with these services."""
    labels = [label for source in (about, *services) for label in _texts_at(source, "labels", "value")]
    ports = dict.fromkeys(port for service in services if (port := service.integer("port")) is not None)
    return {
        "ports": join_texts(map(str, ports)),
        "vulnerabilities": join_texts(flaw for service in services for flaw in _texts_at(service, "vulns", "id")),
        "tags": join_texts(labels),
        **HOST.facts(about),
        "threat_name": threats_of(services),
    }


def link_surroundings(about: JsonObject, links: LinkCollector) -> None:
    """Link the network of a host, and its names."""
    links.link_network(about, "autonomous_system", "asn")
    forward_dns = about.child("dns", "forward_dns")
    for key in forward_dns.fields:
        name, resolved_at = forward_dns.text(key, "name") or key, forward_dns.moment(key, "resolve_time")
        pointer = forward_dns.pointer_to(key)
        links.link_to(Relation.RESOLVES_TO, name, Domain, pointer, backwards=True, first=resolved_at, last=resolved_at)
    for name, pointer in about.texts_with_pointers("dns", "reverse_dns", "names"):
        links.link_to(Relation.RELATED_TO, name, Domain, pointer)


def service_row(service: JsonObject, links: LinkCollector) -> tuple[Scalar, ...]:
    """Link the certificate of a service; its row."""
    seen_at = _scan_time(service)
    certificate = _certificate(service, links)
    if certificate is not None:
        links.link(links.subject, Relation.PRESENTS, certificate, service.pointer, first=seen_at, last=seen_at)
    return SERVICES.row(service, certificate=certificate.value if certificate else None)


def _scan_time(service: JsonObject) -> datetime | None:
    return service.moment("scan_time") or service.moment("observed_at")


def latest_scan(services: list[JsonObject]) -> datetime | None:
    """When the last of them was scanned."""
    return max((scan_time for service in services if (scan_time := _scan_time(service)) is not None), default=None)


def _certificate(service: JsonObject, links: LinkCollector) -> Certificate | None:
    if service.text("certificate"):
        return links.entity(service.text("certificate"), Certificate)
    return certificate_of(service.child("cert"), links) if service.child("cert").fields else None
