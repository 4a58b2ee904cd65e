"""The passive DNS of VirusTotal: which names had which address, and when that was last seen."""

from __future__ import annotations

from clew.entities import Domain, IpAddress, Relation
from clew.entities.finding import Scalar
from clew.providers.base import Steps, operation
from clew.providers.fact_text import time_text
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector
from clew.providers.ti.virustotal_api import VirusTotalBase, list_related

COLUMNS = ("dns_question_name", "dns_resolved_ip", "observed_last")


class VirusTotalResolutions(VirusTotalBase):
    """Which names had which address, as VirusTotal resolved them; the latest 40."""

    @operation(calls=1, broad=True, facts=COLUMNS)
    def ip(self, ip: IpAddress) -> Steps:
        """Which names had the address, and when that was last seen."""
        return (yield from list_related(ip, "resolutions", COLUMNS, _row))

    @operation(calls=1, broad=True, facts=COLUMNS)
    def domain(self, domain: Domain) -> Steps:
        """Which addresses the domain had, and when that was last seen."""
        return (yield from list_related(domain, "resolutions", COLUMNS, _row))


def _row(entry: JsonObject, links: LinkCollector) -> tuple[Scalar, ...] | None:
    attributes = entry.child("attributes")
    name, address = (
        links.entity(attributes.text("host_name"), Domain),
        links.entity(attributes.text("ip_address"), IpAddress),
    )
    if name is None or address is None:
        return None
    seen_at = attributes.moment("date")
    links.link(name, Relation.RESOLVES_TO, address, entry.pointer, last=seen_at)
    return name.value, address.value, time_text(seen_at)
