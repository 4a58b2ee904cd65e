"""What answers at an address, as Censys last scanned it."""

from __future__ import annotations

from datetime import datetime

from clew.entities import AutonomousSystem, Certificate, Domain, IpAddress, Relation, Verdict
from clew.entities.finding import Scalar, Table
from clew.providers.base import Steps, operation
from clew.providers.fact_text import join_texts, time_text
from clew.providers.findings import found, nothing
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector
from clew.providers.ti.censys_api import PAGES, CensysBase, asset_request, certificate_of, record

COLUMNS = (
    "service_port",
    "network_transport",
    "service",
    "product",
    "certificate",
    "jarm",
    "vulnerabilities",
    "threat_name",
    "observed_last",
)
_HOST_FACTS = (
    "ports",
    "vulnerabilities",
    "threat_name",
    "tags",
    "operating_system",
    "asn",
    "as_organization",
    "network",
    "organization",
    "country_code",
    "city",
)


class Censys(CensysBase):
    """Services, names, certificates and malware behind addresses, as Censys last scanned them."""

    @operation(calls=1, facts=_HOST_FACTS)
    def ip(self, ip: IpAddress, *, organization: str = "") -> Steps:
        """Open ports, threats and operator of the address, from the last scan.

        What Censys names a threat has the fingerprint of malware: then the address is malicious. Labels, open ports and
        possible vulnerabilities are no verdict.

        Args:
            organization: the id of the organization that pays; empty for an account of one's own.
        """
        reply = yield asset_request("host", ip.value, organization)
        reference = f"{PAGES}/hosts/{ip.value}"
        about = record(reply)
        if about is None:
            return nothing(ip, "Censys has nothing about it", reference=reference)
        services, links = _services(about), LinkCollector(ip)
        _link_surroundings(about, links)
        if not (services or links.collected_links):
            return nothing(ip, "Censys has nothing about it", reference=reference)
        threats = join_texts(name for service in services for name in _texts_at(service, "threats", "name"))
        return found(
            ip,
            f"{len(services)} services{f', threats: {threats}' if threats else ''}",
            verdict=Verdict.MALICIOUS if threats else Verdict.UNKNOWN,
            reference=reference,
            facts={**_facts(about, services), "threat_name": threats},
            links=links,
            observed_last=_latest_scan(services),
        )

    @operation(calls=1, broad=True, facts=COLUMNS)
    def services(self, ip: IpAddress, *, organization: str = "") -> Steps:
        """Services that answer at the address, with certificates and names.

        Args:
            organization: the id of the organization that pays; empty for an account of one's own.
        """
        reply = yield asset_request("host", ip.value, organization)
        reference = f"{PAGES}/hosts/{ip.value}"
        about = record(reply)
        services = [] if about is None else _services(about)
        if about is None or not services:
            return nothing(ip, "Censys saw no service there", reference=reference)
        links = LinkCollector(ip)
        _link_surroundings(about, links)
        rows = tuple(_row(service, links) for service in services)
        available = max(len(rows), about.integer("service_count") or 0)
        return found(
            ip,
            f"{len(rows)} services",
            reference=reference,
            links=links,
            table=Table(COLUMNS, rows),
            returned=len(rows),
            available=available,
            observed_last=_latest_scan(services),
            truncated_by="source" if available > len(rows) else "",
        )


def _services(about: JsonObject) -> list[JsonObject]:
    # A host at which nothing answers has no list.
    return [] if about.value("services") is None and about.text("ip") else about.require_all("services")


def _facts(about: JsonObject, services: list[JsonObject]) -> dict[str, Scalar]:
    labels = [label for source in (about, *services) for label in _texts_at(source, "labels", "value")]
    ports = dict.fromkeys(port for service in services if (port := service.integer("port")) is not None)
    return {
        "ports": join_texts(map(str, ports)),
        "vulnerabilities": join_texts(flaw for service in services for flaw in _texts_at(service, "vulns", "id")),
        "tags": join_texts(labels),
        "operating_system": _product(about.child("operating_system")),
        "asn": about.integer("autonomous_system", "asn"),
        "as_organization": about.text("autonomous_system", "name"),
        "network": about.text("autonomous_system", "bgp_prefix"),
        "organization": about.text("whois", "organization", "name"),
        "country_code": about.text("location", "country_code"),
        "city": about.text("location", "city"),
    }


def _link_surroundings(about: JsonObject, links: LinkCollector) -> None:
    """Link the network of a host, and its names."""
    asn = about.integer("autonomous_system", "asn")
    if asn is not None:
        links.link_to(Relation.BELONGS_TO, f"AS{asn}", AutonomousSystem, about.pointer_to("autonomous_system", "asn"))
    forward_dns = about.child("dns", "forward_dns")
    for key in forward_dns.fields:
        name, resolved_at = forward_dns.text(key, "name") or key, forward_dns.moment(key, "resolve_time")
        links.link_to(
            Relation.RESOLVES_TO,
            name,
            Domain,
            forward_dns.pointer_to(key),
            backwards=True,
            first=resolved_at,
            last=resolved_at,
        )
    for name, pointer in about.texts_with_pointers("dns", "reverse_dns", "names"):
        links.link_to(Relation.RELATED_TO, name, Domain, pointer)


def _row(service: JsonObject, links: LinkCollector) -> tuple[Scalar, ...]:
    seen_at = _scan_time(service)
    certificate = _certificate(service, links)
    if certificate is not None:
        links.link(links.subject, Relation.PRESENTS, certificate, service.pointer, first=seen_at, last=seen_at)
    transport = service.text("transport_protocol")
    return (
        service.integer("port"),
        transport.lower() if transport else None,
        service.text("protocol") or service.text("extended_service_name"),
        join_texts(_product(software) for software in service.objects("software")),
        certificate.value if certificate else None,
        service.text("jarm", "fingerprint"),
        join_texts(_texts_at(service, "vulns", "id")),
        join_texts(_texts_at(service, "threats", "name")),
        time_text(seen_at),
    )


def _scan_time(service: JsonObject) -> datetime | None:
    return service.moment("scan_time") or service.moment("observed_at")


def _latest_scan(services: list[JsonObject]) -> datetime | None:
    return max((scan_time for service in services if (scan_time := _scan_time(service)) is not None), default=None)


def _certificate(service: JsonObject, links: LinkCollector) -> Certificate | None:
    if service.text("certificate"):
        return links.entity(service.text("certificate"), Certificate)
    return certificate_of(service.child("cert"), links) if service.child("cert").fields else None


def _texts_at(about: JsonObject, field: str, name: str) -> list[str]:
    return [text for item in about.objects(field) if (text := item.text(name))]


def _product(about: JsonObject) -> str | None:
    return " ".join(text for name in ("vendor", "product", "version") if (text := about.text(name))) or None
