"""The passive DNS of VirusTotal: which names had which address, and when that was last seen."""

from __future__ import annotations

from clew.entities import Domain, Entity, IpAddress, Relation
from clew.entities.finding import Scalar, Table
from clew.providers.base import Steps, operation
from clew.providers.reading import Links, Part, quoted, told, unknown, written
from clew.providers.ti.virustotal.base import PAGES, VirusTotalBase, request

COLUMNS = ("dns_question_name", "dns_resolved_ip", "observed_last")
_PAGE = 40


class VirusTotalResolutions(VirusTotalBase):
    """Which names had which address, as VirusTotal resolved them; the latest 40."""

    @operation(calls=1, wide=True, facts=COLUMNS)
    def ip(self, ip: IpAddress) -> Steps:
        """Which names had the address, and when that was last seen."""
        return (yield from _resolutions(ip, f"ip_addresses/{ip.value}", f"ip-address/{ip.value}"))

    @operation(calls=1, wide=True, facts=COLUMNS)
    def domain(self, domain: Domain) -> Steps:
        """Which addresses the domain had, and when that was last seen."""
        name = quoted(domain.value)
        return (yield from _resolutions(domain, f"domains/{name}", f"domain/{name}"))


def _resolutions(subject: Entity, path: str, page: str) -> Steps:
    reference = f"{PAGES}/{page}/relations"
    reply = yield request(f"{path}/resolutions", limit=str(_PAGE))
    if reply.status == 404:
        return unknown(subject, "VirusTotal does not know it", reference=reference)
    document, links = Part.of(reply), Links(subject)
    found, rows = document.need_parts("data"), list[tuple[Scalar, ...]]()
    for each in found:
        said = each.part("attributes")
        name, address = links.made(said.text("host_name"), Domain), links.made(said.text("ip_address"), IpAddress)
        if name is not None and address is not None:
            seen = said.moment("date")
            links.between(name, Relation.RESOLVES_TO, address, each.pointer, last=seen)
            rows.append((name.value, address.value, written(seen)))
    if not found:
        return unknown(subject, "VirusTotal knows no resolutions", reference=reference)
    more = document.text("meta", "cursor") is not None
    return told(
        subject,
        f"{len(rows)} resolutions",
        reference=reference,
        links=links,
        table=Table(COLUMNS, tuple(rows)),
        returned=len(found),
        available=document.whole("meta", "count") if more else len(found),
        truncated_by="limit" if more else "",
    )
