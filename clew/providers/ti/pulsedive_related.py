"""What Pulsedive links with an address, a domain or a URL, and the DNS records that it saw there, one after another."""

from __future__ import annotations

from clew.entities import Domain, Entity, IpAddress, Relation, Url
from clew.entities.finding import Scalar, Table
from clew.errors import AskFailed
from clew.providers.base import Steps, operation
from clew.providers.dns_relations import DNS_RELATIONS
from clew.providers.fact_text import time_text
from clew.providers.findings import found, nothing
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector
from clew.providers.ti.pulsedive_api import PulsediveBase, RecordSteps, fetch_record, page_of

COLUMNS = ("related", "relation", "risk", "observed_last")
DNS_COLUMNS = ("dns_question_name", "dns_answer_type", "dns_resolved_ip", "dns_answer_data", "observed_last")
_KINDS = {"ip": IpAddress, "ipv6": IpAddress, "domain": Domain, "url": Url}


class PulsediveRelated(PulsediveBase):
    """Indicators that Pulsedive links: by DNS, as URLs of a domain, by redirects."""

    @operation(calls=2, broad=True, facts=COLUMNS)
    def ip(self, ip: IpAddress) -> Steps:
        """Domains and URLs that Pulsedive links with the address."""
        return (yield from _linked_indicators(ip))

    @operation(calls=2, broad=True, facts=COLUMNS)
    def domain(self, domain: Domain) -> Steps:
        """Addresses, domains and URLs that Pulsedive links with the domain."""
        return (yield from _linked_indicators(domain))

    @operation(calls=2, broad=True, facts=COLUMNS)
    def url(self, url: Url) -> Steps:
        """Addresses, domains and URLs that Pulsedive links with the URL."""
        return (yield from _linked_indicators(url))


class PulsediveResolutions(PulsediveBase):
    """DNS records that Pulsedive saw when it scanned an address or a domain, those of the past too."""

    @operation(calls=2, broad=True, facts=DNS_COLUMNS)
    def ip(self, ip: IpAddress) -> Steps:
        """Names that the address gave itself, and when that was last seen."""
        return (yield from _resolutions(ip))

    @operation(calls=2, broad=True, facts=DNS_COLUMNS)
    def domain(self, domain: Domain) -> Steps:
        """Which DNS records the domain had, and when they were last seen."""
        return (yield from _resolutions(domain))


def _fetch_details(subject: IpAddress | Domain | Url, section: str) -> RecordSteps:
    """What stands under the number that Pulsedive has for an indicator."""
    about = yield from fetch_record(indicator=subject.value)
    if about is None:
        return None
    indicator_id = about.integer("iid")
    if indicator_id is None:
        raise AskFailed("the reply has no number of the indicator at /iid", kind="reply")
    return (yield from fetch_record(get=section, iid=str(indicator_id)))


def _linked_indicators(subject: IpAddress | Domain | Url) -> Steps:
    reference = page_of(subject)
    document = yield from _fetch_details(subject, "links")
    if document is None:
        return nothing(subject, "Pulsedive does not know it", reference=reference)
    links = LinkCollector(subject)
    entries = [(entry, kind) for kind in document.fields for entry in document.require_objects(kind)]
    if not entries:
        return nothing(subject, "Pulsedive links nothing with it", reference=reference)
    rows = [row for entry, kind in entries if (row := _row(entry, kind, links)) is not None]
    return found(
        subject,
        f"{len(entries)} linked: {', '.join(document.fields)}",
        reference=reference,
        links=links,
        table=Table(COLUMNS, tuple(rows)),
        returned=len(entries),
    )


def _row(entry: JsonObject, kind: str, links: LinkCollector) -> tuple[Scalar, ...] | None:
    expected_kind = _KINDS.get(entry.text("type") or "")
    other = None if expected_kind is None else links.entity(entry.text("indicator"), expected_kind)
    if other is None:
        links.invalid_count += expected_kind is None
        return None
    linked_at = entry.moment("stamp_linked")
    source, relation, target = _link_ends(links.subject, other, kind)
    links.link(source, relation, target, entry.pointer, last=linked_at)
    return (str(other.key), relation.value, entry.text("risk"), time_text(linked_at))


def _link_ends(subject: Entity, other: Entity, kind: str) -> tuple[Entity, Relation, Entity]:
    """What a link of that kind says; of those whose direction is not told, only that they belong together."""
    for source, target in ((subject, other), (other, subject)):
        if "DNS" in kind and isinstance(source, Domain) and isinstance(target, IpAddress):
            return source, Relation.RESOLVES_TO, target
        if isinstance(source, Url) and not isinstance(target, Url):
            return source, Relation.CONTAINS, target
    return subject, Relation.RELATED_TO, other


def _resolutions(subject: IpAddress | Domain) -> Steps:
    reference = page_of(subject)
    document = yield from _fetch_details(subject, "properties")
    if document is None:
        return nothing(subject, "Pulsedive does not know it", reference=reference)
    # Without any records there is no such list.
    records, links = document.require_objects("dns") if "dns" in document.fields else [], LinkCollector(subject)
    if not records:
        return nothing(subject, "Pulsedive knows no DNS records", reference=reference)
    rows = [row for record in records if (row := _record_row(record, links)) is not None]
    return found(
        subject,
        f"{len(rows)} DNS records",
        reference=reference,
        links=links,
        table=Table(DNS_COLUMNS, tuple(rows)),
        returned=len(records),
    )


def _record_row(record: JsonObject, links: LinkCollector) -> tuple[Scalar, ...] | None:
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
