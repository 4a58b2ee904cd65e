"""Malware and resolutions that X-Force has seen, as links and rows."""

from __future__ import annotations

from clew.entities import Domain, File, IpAddress, Relation
from clew.entities.finding import Scalar
from clew.providers.fact_text import join_texts, time_text
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector
from clew.providers.ti.xforce_api import plain_address, plain_hash

MALWARE_COLUMNS = ("related", "relation", "threat_name", "observed_first", "observed_last")
DNS_COLUMNS = ("dns_question_name", "dns_answer_type", "dns_resolved_ip", "observed_first", "observed_last")
_RELATIONS = {"CnC": Relation.COMMUNICATES_WITH, "WEB": Relation.HOSTS, "DLD": Relation.HOSTS}


def malware_row(sample: JsonObject, links: LinkCollector) -> tuple[Scalar, ...] | None:
    """Link a file with where it was seen; its row, if it names one."""
    file = links.entity(plain_hash(sample.text("md5") or sample.text("hash")), File)
    if file is None:
        return None
    first, last = sample.moment("firstseen"), sample.moment("lastseen")
    # Others are such as mails that it was sent with.
    relation = _RELATIONS.get(sample.text("type") or sample.text("origin") or "", Relation.RELATED_TO)
    ends = (links.subject, file) if relation is Relation.HOSTS else (file, links.subject)
    links.link(ends[0], relation, ends[1], sample.pointer, first=first, last=last)
    return (str(file.key), relation.value, join_texts(sample.texts("family")), time_text(first), time_text(last))


def live_row(links: LinkCollector, kind: str, value: str, pointer: str) -> tuple[Scalar, ...] | None:
    """The row of what a name or an address leads to now, which is linked."""
    ends = _link_resolution(links, value, pointer)
    return None if ends is None else (ends[0], "PTR" if kind == "RDNS" else kind, ends[1], None, None)


def past_row(links: LinkCollector, record: JsonObject) -> tuple[Scalar, ...] | None:
    """The row of what it led to in the past, which is linked."""
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
