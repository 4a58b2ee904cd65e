"""Malware that X-Force has seen at an address, a domain or a URL, and the names and addresses that it saw together."""

from __future__ import annotations

from typing import ClassVar

from clew.entities import Domain, File, IpAddress, Relation, Url
from clew.entities.finding import Scalar, Table
from clew.providers.base import Steps, operation
from clew.providers.fact_text import join_texts, time_text
from clew.providers.findings import found, nothing
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector
from clew.providers.ti.xforce_api import XForceBase, fetch_report, name_of, page_of, plain_address, plain_hash

COLUMNS = ("related", "relation", "threat_name", "observed_first", "observed_last")
DNS_COLUMNS = ("dns_question_name", "dns_answer_type", "dns_resolved_ip", "observed_first", "observed_last")
_RELATIONS = {"CnC": Relation.COMMUNICATES_WITH, "WEB": Relation.HOSTS, "DLD": Relation.HOSTS}


class XForceRelated(XForceBase):
    """Malware that was commanded or downloaded from a place."""

    @operation(calls=1, broad=True, facts=COLUMNS)
    def ip(self, ip: IpAddress) -> Steps:
        """Malware that was commanded or downloaded from the address."""
        return (yield from _malware(ip, f"ipr/malware/{name_of(ip)}"))

    @operation(calls=1, broad=True, facts=COLUMNS)
    def domain(self, domain: Domain) -> Steps:
        """Malware that was commanded or downloaded from the domain."""
        return (yield from _malware(domain, f"url/malware/{name_of(domain)}"))

    @operation(calls=1, broad=True, facts=COLUMNS)
    def url(self, url: Url) -> Steps:
        """Malware that was commanded or downloaded from the URL."""
        return (yield from _malware(url, f"url/malware/{name_of(url)}"))


class XForceResolutions(XForceBase):
    """Which names had which address in the past, and which have it now: X-Force asks the name servers when asked."""

    #: The name servers of the suspect see the question, though not from whom it comes.
    active: ClassVar[bool] = True

    @operation(calls=1, broad=True, facts=DNS_COLUMNS)
    def ip(self, ip: IpAddress) -> Steps:
        """Which names had the address, and have it now."""
        return (yield from _resolutions(ip))

    @operation(calls=1, broad=True, facts=DNS_COLUMNS)
    def domain(self, domain: Domain) -> Steps:
        """Which addresses the domain had, and has now."""
        return (yield from _resolutions(domain))


def _malware(subject: IpAddress | Domain | Url, path: str) -> Steps:
    reference, links = page_of(subject), LinkCollector(subject)
    document = yield from fetch_report(path)
    samples = [] if document is None else document.require_objects("malware")
    if document is None or not samples:
        return nothing(subject, "X-Force knows no malware there", reference=reference)
    rows = [row for sample in samples if (row := _row(sample, links)) is not None]
    available = max(document.integer("count") or 0, len(samples))
    return found(
        subject,
        f"{len(samples)} kinds of malware",
        reference=reference,
        links=links,
        table=Table(COLUMNS, tuple(rows)),
        returned=len(samples),
        available=available,
        truncated_by="source" if available > len(samples) else "",
    )


def _row(sample: JsonObject, links: LinkCollector) -> tuple[Scalar, ...] | None:
    file = links.entity(plain_hash(sample.text("md5") or sample.text("hash")), File)
    if file is None:
        return None
    first, last = sample.moment("firstseen"), sample.moment("lastseen")
    # Others are such as mails that it was sent with.
    relation = _RELATIONS.get(sample.text("type") or sample.text("origin") or "", Relation.RELATED_TO)
    ends = (links.subject, file) if relation is Relation.HOSTS else (file, links.subject)
    links.link(ends[0], relation, ends[1], sample.pointer, first=first, last=last)
    return (str(file.key), relation.value, join_texts(sample.texts("family")), time_text(first), time_text(last))


def _resolutions(subject: IpAddress | Domain) -> Steps:
    reference, links = page_of(subject), LinkCollector(subject)
    document = yield from fetch_report(f"resolve/{name_of(subject)}")
    if document is None:
        return nothing(subject, "X-Force does not know it", reference=reference)
    past_records = document.require("Passive").objects("records")
    live_records = [(kind, *pair) for kind in ("A", "AAAA", "RDNS") for pair in document.texts_with_pointers(kind)]
    if not (past_records or live_records):
        return nothing(subject, "X-Force knows no resolutions", reference=reference)
    rows = [_live_row(links, kind, value, pointer) for kind, value, pointer in live_records]
    rows += [_past_row(links, record) for record in past_records]
    return found(
        subject,
        f"{len(past_records)} resolutions of the past, {len(live_records)} of now",
        reference=reference,
        links=links,
        table=Table(DNS_COLUMNS, tuple(row for row in rows if row is not None)),
        returned=len(past_records) + len(live_records),
    )


def _live_row(links: LinkCollector, kind: str, value: str, pointer: str) -> tuple[Scalar, ...] | None:
    ends = _link_resolution(links, value, pointer)
    return None if ends is None else (ends[0], "PTR" if kind == "RDNS" else kind, ends[1], None, None)


def _past_row(links: LinkCollector, record: JsonObject) -> tuple[Scalar, ...] | None:
    first, last = record.moment("first"), record.moment("last")
    ends = _link_resolution(links, plain_address(record.text("value")), record.pointer, record)
    return None if ends is None else (ends[0], record.text("recordType"), ends[1], time_text(first), time_text(last))


def _link_resolution(
    links: LinkCollector, value: str | None, pointer: str, times: JsonObject | None = None
) -> tuple[str, str] | None:
    """Link a name with an address, of which the subject is one; the two."""
    about = times or JsonObject({})
    other = links.entity(value, Domain if isinstance(links.subject, IpAddress) else IpAddress)
    if other is None:
        return None
    name, ip = (other, links.subject) if isinstance(other, Domain) else (links.subject, other)
    links.link(name, Relation.RESOLVES_TO, ip, pointer, first=about.moment("first"), last=about.moment("last"))
    return name.key.value, ip.key.value
