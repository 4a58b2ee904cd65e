"""Malware that X-Force has seen at an address, a domain or a URL, and the names and addresses that it saw together."""

from __future__ import annotations

from typing import ClassVar

from clew.entities import Domain, File, IpAddress, Relation, Url
from clew.entities.finding import Scalar, Table
from clew.providers.base import Steps, operation
from clew.providers.reading import Links, Part, joined, told, unknown, written
from clew.providers.ti.xforce.base import XForceBase, address, asked, name_of, page_of, plain

COLUMNS = ("related", "relation", "threat_name", "observed_first", "observed_last")
DNS_COLUMNS = ("dns_question_name", "dns_answer_type", "dns_resolved_ip", "observed_first", "observed_last")
_RELATIONS = {"CnC": Relation.COMMUNICATES_WITH, "WEB": Relation.HOSTS, "DLD": Relation.HOSTS}


class XForceRelated(XForceBase):
    """Malware that was commanded or downloaded from a place."""

    @operation(calls=1, wide=True, facts=COLUMNS)
    def ip(self, ip: IpAddress) -> Steps:
        """Malware that was commanded or downloaded from the address."""
        return (yield from _malware(ip, f"ipr/malware/{name_of(ip)}"))

    @operation(calls=1, wide=True, facts=COLUMNS)
    def domain(self, domain: Domain) -> Steps:
        """Malware that was commanded or downloaded from the domain."""
        return (yield from _malware(domain, f"url/malware/{name_of(domain)}"))

    @operation(calls=1, wide=True, facts=COLUMNS)
    def url(self, url: Url) -> Steps:
        """Malware that was commanded or downloaded from the URL."""
        return (yield from _malware(url, f"url/malware/{name_of(url)}"))


class XForceResolutions(XForceBase):
    """Which names had which address in the past, and which have it now: X-Force asks the name servers when asked."""

    #: The name servers of the suspect see the question, though not from whom it comes.
    active: ClassVar[bool] = True

    @operation(calls=1, wide=True, facts=DNS_COLUMNS)
    def ip(self, ip: IpAddress) -> Steps:
        """Which names had the address, and have it now."""
        return (yield from _resolutions(ip))

    @operation(calls=1, wide=True, facts=DNS_COLUMNS)
    def domain(self, domain: Domain) -> Steps:
        """Which addresses the domain had, and has now."""
        return (yield from _resolutions(domain))


def _malware(subject: IpAddress | Domain | Url, path: str) -> Steps:
    reference, links = page_of(subject), Links(subject)
    document = yield from asked(path)
    found = [] if document is None else document.need_parts("malware")
    if document is None or not found:
        return unknown(subject, "X-Force knows no malware there", reference=reference)
    rows = [row for each in found if (row := _row(each, links)) is not None]
    available = max(document.whole("count") or 0, len(found))
    return told(
        subject,
        f"{len(found)} kinds of malware",
        reference=reference,
        links=links,
        table=Table(COLUMNS, tuple(rows)),
        returned=len(found),
        available=available,
        truncated_by="source" if available > len(found) else "",
    )


def _row(each: Part, links: Links) -> tuple[Scalar, ...] | None:
    file = links.made(plain(each.text("md5") or each.text("hash")), File)
    if file is None:
        return None
    first, last = each.moment("firstseen"), each.moment("lastseen")
    # Others are such as mails that it was sent with.
    relation = _RELATIONS.get(each.text("type") or each.text("origin") or "", Relation.RELATED_TO)
    ends = (links.subject, file) if relation is Relation.HOSTS else (file, links.subject)
    links.between(ends[0], relation, ends[1], each.pointer, first=first, last=last)
    return (str(file.key), relation.value, joined(each.texts("family")), written(first), written(last))


def _resolutions(subject: IpAddress | Domain) -> Steps:
    reference, links = page_of(subject), Links(subject)
    document = yield from asked(f"resolve/{name_of(subject)}")
    if document is None:
        return unknown(subject, "X-Force does not know it", reference=reference)
    past = document.need("Passive").parts("records")
    now = [(kind, *place) for kind in ("A", "AAAA", "RDNS") for place in document.places(kind)]
    if not (past or now):
        return unknown(subject, "X-Force knows no resolutions", reference=reference)
    rows = [_live(links, kind, value, where) for kind, value, where in now]
    rows += [_past(links, each) for each in past]
    return told(
        subject,
        f"{len(past)} resolutions of the past, {len(now)} of now",
        reference=reference,
        links=links,
        table=Table(DNS_COLUMNS, tuple(row for row in rows if row is not None)),
        returned=len(past) + len(now),
    )


def _live(links: Links, kind: str, value: str, where: str) -> tuple[Scalar, ...] | None:
    ends = _linked(links, value, where)
    return None if ends is None else (ends[0], "PTR" if kind == "RDNS" else kind, ends[1], None, None)


def _past(links: Links, each: Part) -> tuple[Scalar, ...] | None:
    first, last = each.moment("first"), each.moment("last")
    ends = _linked(links, address(each.text("value")), each.pointer, each)
    return None if ends is None else (ends[0], each.text("recordType"), ends[1], written(first), written(last))


def _linked(links: Links, value: str | None, where: str, times: Part | None = None) -> tuple[str, str] | None:
    """Link a name with an address, of which the subject is one; the two."""
    about = times or Part({})
    other = links.made(value, Domain if isinstance(links.subject, IpAddress) else IpAddress)
    if other is None:
        return None
    name, found = (other, links.subject) if isinstance(other, Domain) else (links.subject, other)
    links.between(name, Relation.RESOLVES_TO, found, where, first=about.moment("first"), last=about.moment("last"))
    return name.key.value, found.key.value
