"""Shodan: what answers at an address."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from clew.entities import IpAddress
from clew.entities.finding import Table
from clew.providers.base import Ask, Provider, Quota, Steps, operation
from clew.providers.findings import found, nothing
from clew.providers.link_collector import LinkCollector
from clew.providers.ti.shodan_hosts import HOST, PAGES, host_finding, host_record, link_host_names, link_owner
from clew.providers.ti.shodan_services import SERVICES, service_row
from clew.providers.web import HttpRequest, SecretLocation

_URL = "https://api.shodan.io/shodan/host"


class Shodan(Provider):
    """Services, names and certificates of addresses, as Shodan last scanned them. It scans nothing when asked."""

    name: ClassVar[str] = "shodan"
    title: ClassVar[str] = "Shodan"
    docs: ClassVar[str] = "https://developer.shodan.io/api"
    leaves: ClassVar[bool] = True
    secret: ClassVar[str] = "CLEW_SHODAN_KEY"
    #: Of every plan. Looking up a host costs no query credits.
    quotas: ClassVar[tuple[Quota, ...]] = (Quota(1, timedelta(seconds=1)),)

    @operation(calls=1, facts=HOST.names)
    def ip(self, ip: IpAddress) -> Steps:
        """Open ports, tags and operator of the address, from the last scan.

        The tags of Shodan make the verdict: `malware` and `c2` malicious, `compromised` and `doublepulsar` suspicious.
        Open ports and possible vulnerabilities are no verdict.
        """
        reply = yield _host_request(ip, minify="true")
        return host_finding(ip, host_record(reply))

    @operation(calls=1, broad=True, facts=SERVICES.names)
    def services(self, ip: IpAddress) -> Steps:
        """Services that answer at the address, with certificates and names."""
        reply = yield _host_request(ip)
        about = host_record(reply)
        reference = f"{PAGES}/{ip.value}"
        if about is None:
            return nothing(ip, "Shodan has nothing about it", reference=reference)
        links, banners = LinkCollector(ip), about.require_all("data")
        link_owner(about, links)
        link_host_names(about, links)
        rows = tuple(service_row(banner, links) for banner in banners)
        if not rows:
            return nothing(ip, "Shodan saw no service there", reference=reference)
        return found(
            ip,
            f"{len(rows)} services",
            reference=reference,
            links=links,
            table=Table(SERVICES.names, rows),
            returned=len(rows),
            observed_last=about.moment("last_update"),
        )


def _host_request(ip: IpAddress, **params: str) -> Ask:
    secret = SecretLocation("query", "key")
    return HttpRequest("GET", f"{_URL}/{ip.value}", tuple(params.items()), secret=secret, answers=frozenset({404}))
