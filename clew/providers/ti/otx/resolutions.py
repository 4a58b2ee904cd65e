"""The passive DNS of OTX: which names had which address, and from when to when that was seen."""

from __future__ import annotations

from clew.entities import Domain, IpAddress, Relation
from clew.entities.finding import Scalar, Table
from clew.providers.base import Steps, operation
from clew.providers.reading import Links, Part, told, unknown, written
from clew.providers.ti.otx.base import OtxBase, page_of, path_of, section

COLUMNS = (
    "dns_question_name",
    "dns_answer_type",
    "dns_resolved_ip",
    "dns_answer_data",
    "observed_first",
    "observed_last",
)
_BETWEEN_NAMES = {
    "CNAME": Relation.ALIAS_OF,
    "MX": Relation.MAIL_HANDLED_BY,
    "NS": Relation.DELEGATED_TO,
}


class OtxResolutions(OtxBase):
    """Which names had which address, alias, name server or mail server, as OTX has seen it; the latest 500."""

    @operation(calls=1, wide=True, facts=COLUMNS)
    def ip(self, ip: IpAddress) -> Steps:
        """Which names had the address, and from when to when."""
        return (yield from _resolutions(ip))

    @operation(calls=1, wide=True, facts=COLUMNS)
    def domain(self, domain: Domain) -> Steps:
        """Which addresses and aliases the domain had, from when to when."""
        return (yield from _resolutions(domain))


def _resolutions(subject: IpAddress | Domain) -> Steps:
    reference = page_of(path_of(subject))
    document = yield from section(path_of(subject), "passive_dns")
    if document is None:
        return unknown(subject, "OTX does not know it", reference=reference)
    found, links = document.need_parts("passive_dns"), Links(subject)
    if not found:
        return unknown(subject, "OTX knows no resolutions", reference=reference)
    rows = [row for each in found if (row := _row(each, links)) is not None]
    available = max(document.whole("count") or 0, len(found))
    return told(
        subject,
        f"{len(rows)} resolutions",
        reference=reference,
        links=links,
        table=Table(COLUMNS, tuple(rows)),
        returned=len(found),
        available=available,
        truncated_by="source" if available > len(found) else "",
    )


def _row(each: Part, links: Links) -> tuple[Scalar, ...] | None:
    """Link the name with its answer; the row, if both are something."""
    kind, first, last = each.text("record_type") or "A", each.moment("first"), each.moment("last")
    name, answer, address = links.made(each.text("hostname"), Domain), each.text("address"), None
    if name is None:
        return None
    if kind in ("A", "AAAA"):
        if (address := links.made(answer, IpAddress)) is None:
            return None
        links.between(name, Relation.RESOLVES_TO, address, each.pointer, first=first, last=last)
    elif kind in _BETWEEN_NAMES:
        if (other := links.made(answer, Domain)) is None:
            return None
        links.between(name, _BETWEEN_NAMES[kind], other, each.pointer, first=first, last=last)
    # Of other kinds, such as TXT and SOA, there is nothing to follow, but they are told.
    resolved = None if address is None else address.value
    return (name.value, kind, resolved, None if resolved else answer, written(first), written(last))
