"""The passive DNS of VirusTotal: which names had which address, and when that was last seen."""

from __future__ import annotations

from clew.entities import Domain, IpAddress, Relation
from clew.entities.finding import Scalar
from clew.providers.base import Steps, operation
from clew.providers.reading import Links, Part, quoted, written
from clew.providers.ti.virustotal.base import VirusTotalBase, listed

COLUMNS = ("dns_question_name", "dns_resolved_ip", "observed_last")


class VirusTotalResolutions(VirusTotalBase):
    """Which names had which address, as VirusTotal resolved them; the latest 40."""

    @operation(calls=1, wide=True, facts=COLUMNS)
    def ip(self, ip: IpAddress) -> Steps:
        """Which names had the address, and when that was last seen."""
        path = f"ip_addresses/{ip.value}/resolutions"
        return (yield from listed(ip, path, f"ip-address/{ip.value}", COLUMNS, _row))

    @operation(calls=1, wide=True, facts=COLUMNS)
    def domain(self, domain: Domain) -> Steps:
        """Which addresses the domain had, and when that was last seen."""
        name = quoted(domain.value)
        return (yield from listed(domain, f"domains/{name}/resolutions", f"domain/{name}", COLUMNS, _row))


def _row(each: Part, links: Links) -> tuple[Scalar, ...] | None:
    said = each.part("attributes")
    name, address = links.made(said.text("host_name"), Domain), links.made(said.text("ip_address"), IpAddress)
    if name is None or address is None:
        return None
    seen = said.moment("date")
    links.between(name, Relation.RESOLVES_TO, address, each.pointer, last=seen)
    return name.value, address.value, written(seen)
