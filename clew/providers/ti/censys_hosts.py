"""What answers at an address, as Censys last scanned it."""

from __future__ import annotations

from clew.entities import IpAddress, Verdict
from clew.entities.finding import Table
from clew.providers.base import Steps, operation
from clew.providers.findings import counted_extent, found, nothing
from clew.providers.link_collector import LinkCollector
from clew.providers.ti.censys_api import PAGES, CensysBase, asset_request, record
from clew.providers.ti.censys_host_records import (
    HOST,
    SERVICES,
    host_facts,
    latest_scan,
    link_surroundings,
    service_row,
    services_of,
    threats_of,
)


class Censys(CensysBase):
    """Services, names, certificates and malware behind addresses, as Censys last scanned them."""

    @operation(calls=1, facts=("ports", "vulnerabilities", "threat_name", "tags", *HOST.names))
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
        services, links = services_of(about), LinkCollector(ip)
        link_surroundings(about, links)
        if not (services or links.collected_links):
            return nothing(ip, "Censys has nothing about it", reference=reference)
        threats = threats_of(services)
        return found(
            ip,
            f"{len(services)} services{f', threats: {threats}' if threats else ''}",
            verdict=Verdict.MALICIOUS if threats else Verdict.UNKNOWN,
            reference=reference,
            facts=host_facts(about, services),
            links=links,
            observed_last=latest_scan(services),
        )

    @operation(calls=1, broad=True, facts=SERVICES.names)
    def services(self, ip: IpAddress, *, organization: str = "") -> Steps:
        """Services that answer at the address, with certificates and names.

        Args:
            organization: the id of the organization that pays; empty for an account of one's own.
        """
        reply = yield asset_request("host", ip.value, organization)
        reference = f"{PAGES}/hosts/{ip.value}"
        about = record(reply)
        services = [] if about is None else services_of(about)
        if about is None or not services:
            return nothing(ip, "Censys saw no service there", reference=reference)
        links = LinkCollector(ip)
        link_surroundings(about, links)
        rows = tuple(service_row(service, links) for service in services)
        return found(
            ip,
            f"{len(rows)} services",
            reference=reference,
            links=links,
            table=Table(SERVICES.names, rows),
            observed_last=latest_scan(services),
            **counted_extent(len(rows), about.integer("service_count")),
        )
