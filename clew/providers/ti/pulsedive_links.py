"""The indicators that Pulsedive links with one, and its DNS records, as links and rows."""

from __future__ import annotations

from clew.entities import Domain, Entity, IpAddress, Relation, Url
from clew.entities.finding import Scalar
from clew.providers.dns_relations import DNS_RELATIONS
from clew.providers.fact_text import time_text
from clew.providers.field_table import COMPUTED_FIELD, Field, FieldTable
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector

DNS_COLUMNS = ("dns_question_name", "dns_answer_type", "dns_resolved_ip", "dns_answer_data", "observed_last")
LINKED_FIELDS = FieldTable(
    related=COMPUTED_FIELD, relation=COMPUTED_FIELD, risk=Field.text("risk"), observed_last=Field.time("stamp_linked")
)
_KINDS = {"ip": IpAddress, "ipv6": IpAddress, "domain": Domain, "url": Url}


def linked_row(entry: JsonObject, kind: str, links: LinkCollector) -> tuple[Scalar, ...] | None:
    """Link what is linked there under that kind; its row, if it names something."""
    expected_kind = _KINDS.get(entry.text("type") or "")
    other = None if expected_kind is None else links.entity(entry.text("indicator"), expected_kind)
    if other is None:
        links.invalid_count += expected_kind is None
        return None
    linked_at = entry.moment("stamp_linked")
    source, relation, target = _link_ends(links.subject, other, kind)
    links.link(source, relation, target, entry.pointer, last=linked_at)
    return LINKED_FIELDS.row(entry, related=str(other.key), relation=relation.value)


def _link_ends(subject: Entity, other: Entity, kind: str) -> tuple[Entity, Relation, Entity]:
    """What a link of that kind says; of those whose direction is not told, only that they belong together."""
    for source, target in ((subject, other), (other, subject)):
        if "DNS" in kind and isinstance(source, Domain) and isinstance(target, IpAddress):
            return source, Relation.RESOLVES_TO, target
        if isinstance(source, Url) and not isinstance(target, Url):
            return source, Relation.CONTAINS, target
    return subject, Relation.RELATED_TO, other


def record_row(record: JsonObject, links: LinkCollector) -> tuple[Scalar, ...] | None:
    """Link what a record says; its row, if that is something."""
    kind, value = (record.text("name") or "").upper(), record.text("value")
    seen_at, subject = record.moment("stamp_seen"), links.subject
    if isinstance(subject, IpAddress):
        name = links.link_to(Relation.RESOLVES_TO, value, Domain, record.pointer, backwards=True, last=seen_at)
        return None if name is None else (name.value, kind, subject.value, None, time_text(seen_at))
    owner = str(subject.key.value)
    if kind in ("A", "AAAA"):
        address = links.link_to(Relation.RESOLVES_TO, value, IpAddress, record.pointer, last=seen_at)
        return None if address is None else (owner, kind, address.value, None, time_text(seen_at))
    # The address of a mail server may stand where its name belongs; then there is nothing to follow.
    if kind in DNS_RELATIONS:
        links.link_to(DNS_RELATIONS[kind].relation, value, Domain, record.pointer, last=seen_at)
    return (owner, kind, None, value, time_text(seen_at))
