"""What answers at an address, as Censys last scanned it."""

from __future__ import annotations

from datetime import datetime

from clew.entities import AutonomousSystem, Certificate, Domain, IpAddress, Relation, Verdict
from clew.entities.finding import Scalar, Table
from clew.providers.base import Steps, operation
from clew.providers.reading import Links, Part, joined, told, unknown, written
from clew.providers.ti.censys.base import PAGES, CensysBase, asked, certificate_of, record

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
_ABOUT = (
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

    @operation(calls=1, facts=_ABOUT)
    def ip(self, ip: IpAddress, *, organization: str = "") -> Steps:
        """Open ports, threats and operator of the address, from the last scan.

        What Censys names a threat has the fingerprint of malware: then the address is malicious. Labels, open ports and
        possible vulnerabilities are no verdict.

        Args:
            organization: the id of the organization that pays; empty for an account of one's own.
        """
        reply = yield asked("host", ip.value, organization)
        reference = f"{PAGES}/hosts/{ip.value}"
        about = record(reply)
        if about is None:
            return unknown(ip, "Censys has nothing about it", reference=reference)
        services, links = _services(about), Links(ip)
        _surroundings(about, links)
        if not (services or links.found):
            return unknown(ip, "Censys has nothing about it", reference=reference)
        threats = joined(name for each in services for name in _named(each, "threats", "name"))
        return told(
            ip,
            f"{len(services)} services{f', threats: {threats}' if threats else ''}",
            verdict=Verdict.MALICIOUS if threats else Verdict.UNKNOWN,
            reference=reference,
            facts={**_facts(about, services), "threat_name": threats},
            links=links,
            observed_last=_latest(services),
        )

    @operation(calls=1, wide=True, facts=COLUMNS)
    def services(self, ip: IpAddress, *, organization: str = "") -> Steps:
        """Services that answer at the address, with certificates and names.

        Args:
            organization: the id of the organization that pays; empty for an account of one's own.
        """
        reply = yield asked("host", ip.value, organization)
        reference = f"{PAGES}/hosts/{ip.value}"
        about = record(reply)
        found = [] if about is None else _services(about)
        if about is None or not found:
            return unknown(ip, "Censys saw no service there", reference=reference)
        links = Links(ip)
        _surroundings(about, links)
        rows = tuple(_row(each, links) for each in found)
        available = max(len(rows), about.whole("service_count") or 0)
        return told(
            ip,
            f"{len(rows)} services",
            reference=reference,
            links=links,
            table=Table(COLUMNS, rows),
            returned=len(rows),
            available=available,
            observed_last=_latest(found),
            truncated_by="source" if available > len(rows) else "",
        )


def _services(about: Part) -> list[Part]:
    # A host at which nothing answers has no list.
    return [] if about.at("services") is None and about.text("ip") else about.every("services")


def _facts(about: Part, services: list[Part]) -> dict[str, Scalar]:
    labels = [label for each in (about, *services) for label in _named(each, "labels", "value")]
    ports = dict.fromkeys(port for each in services if (port := each.whole("port")) is not None)
    return {
        "ports": joined(map(str, ports)),
        "vulnerabilities": joined(flaw for each in services for flaw in _named(each, "vulns", "id")),
        "tags": joined(labels),
        "operating_system": _product(about.part("operating_system")),
        "asn": about.whole("autonomous_system", "asn"),
        "as_organization": about.text("autonomous_system", "name"),
        "network": about.text("autonomous_system", "bgp_prefix"),
        "organization": about.text("whois", "organization", "name"),
        "country_code": about.text("location", "country_code"),
        "city": about.text("location", "city"),
    }


def _surroundings(about: Part, links: Links) -> None:
    """Link the network of a host, and its names."""
    system = about.whole("autonomous_system", "asn")
    if system is not None:
        links.to(Relation.BELONGS_TO, f"AS{system}", AutonomousSystem, about.where("autonomous_system", "asn"))
    resolved = about.part("dns", "forward_dns")
    for key in resolved.fields:
        name, seen = resolved.text(key, "name") or key, resolved.moment(key, "resolve_time")
        links.to(Relation.RESOLVES_TO, name, Domain, resolved.where(key), backwards=True, first=seen, last=seen)
    for name, place in about.places("dns", "reverse_dns", "names"):
        links.to(Relation.RELATED_TO, name, Domain, place)


def _row(each: Part, links: Links) -> tuple[Scalar, ...]:
    seen = _seen(each)
    shown = _shown(each, links)
    if shown is not None:
        links.between(links.subject, Relation.PRESENTS, shown, each.pointer, first=seen, last=seen)
    transport = each.text("transport_protocol")
    return (
        each.whole("port"),
        transport.lower() if transport else None,
        each.text("protocol") or each.text("extended_service_name"),
        joined(_product(software) for software in each.parts("software")),
        shown.value if shown else None,
        each.text("jarm", "fingerprint"),
        joined(_named(each, "vulns", "id")),
        joined(_named(each, "threats", "name")),
        written(seen),
    )


def _seen(each: Part) -> datetime | None:
    return each.moment("scan_time") or each.moment("observed_at")


def _latest(services: list[Part]) -> datetime | None:
    return max((seen for each in services if (seen := _seen(each)) is not None), default=None)


def _shown(each: Part, links: Links) -> Certificate | None:
    if each.text("certificate"):
        return links.made(each.text("certificate"), Certificate)
    return certificate_of(each.part("cert"), links) if each.part("cert").fields else None


def _named(about: Part, many: str, name: str) -> list[str]:
    return [text for each in about.parts(many) if (text := each.text(name))]


def _product(about: Part) -> str | None:
    return " ".join(text for name in ("vendor", "product", "version") if (text := about.text(name))) or None
