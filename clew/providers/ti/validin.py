"""Validin: the DNS records that names and addresses had."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from clew.entities import Domain, IpAddress, Relation
from clew.entities.finding import Scalar, Table
from clew.errors import AskFailed
from clew.providers.base import Provider, Quota, Steps, operation
from clew.providers.fact_text import time_text
from clew.providers.findings import found, nothing
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector, host_kind
from clew.providers.url_quoting import percent_encode
from clew.providers.web import HttpRequest, SecretLocation

COLUMNS = (
    "dns_question_name",
    "dns_answer_type",
    "dns_resolved_ip",
    "dns_answer_data",
    "observed_first",
    "observed_last",
)
_API, _PAGES = "https://app.validin.com/api/axon", "https://app.validin.com/detail"
# Of TXT, SOA and others there is nothing to follow, but they are told.
_RELATIONS = {
    "A": Relation.RESOLVES_TO,
    "AAAA": Relation.RESOLVES_TO,
    "CNAME": Relation.ALIAS_OF,
    "MX": Relation.MAIL_HANDLED_BY,
    "NS": Relation.DELEGATED_TO,
}


class Validin(Provider):
    """DNS records of the past, as Validin saw them; with an account that costs nothing, 250 in one reply."""

    name: ClassVar[str] = "validin"
    title: ClassVar[str] = "Validin"
    docs: ClassVar[str] = "https://docs.validin.com/docs/overview-3"
    leaves: ClassVar[bool] = True
    secret: ClassVar[str] = "CLEW_VALIDIN_KEY"
    #: Of an account that costs nothing, by https://app.validin.com/pricing: 10 a day, 50 a month.
    quotas: ClassVar[tuple[Quota, ...]] = (Quota(10, timedelta(days=1)), Quota(50, timedelta(days=30)))

    @operation(calls=1, broad=True, facts=COLUMNS)
    def ip(self, ip: IpAddress) -> Steps:
        """Which names had the address, and from when to when."""
        return (yield from _history(ip, "ip", f"ip{ip.version}"))

    @operation(calls=1, broad=True, facts=COLUMNS)
    def domain(self, domain: Domain) -> Steps:
        """Which addresses, aliases and servers the domain had, and when."""
        return (yield from _history(domain, "domain", "dom"))


def _history(subject: IpAddress | Domain, path: str, page_type: str) -> Steps:
    value = percent_encode(subject.value)
    reply = yield HttpRequest(
        "GET", f"{_API}/{path}/dns/history/{value}", secret=SecretLocation("header", "Authorization", "Bearer ")
    )
    document, links = JsonObject.of(reply), LinkCollector(subject)
    reference = f"{_PAGES}?type={page_type}&find={value}#tab=resolutions"
    records = _records(document)
    if not records:
        return nothing(subject, "Validin has no record of it", reference=reference)
    rows = tuple(_row(kind, record, links) for kind, record in records)
    return found(
        subject,
        f"{len(rows)} DNS records",
        reference=reference,
        links=links,
        table=Table(COLUMNS, rows),
        returned=len(rows),
        truncated_by="limit" if document.flag("limited") else "",
        observed_first=min((time for _, record in records if (time := record.moment("first_seen"))), default=None),
        observed_last=max((time for _, record in records if (time := record.moment("last_seen"))), default=None),
    )


def _records(document: JsonObject) -> list[tuple[str, JsonObject]]:
    """The records with their types. Raises AskFailed for an error, and for what is not the whole answer."""
    if document.value("error") is not None or document.value("status") not in (None, "finished"):
        reason = document.text("error") or document.text("status") or "an error"
        raise AskFailed(f"Validin did not finish: {reason[:200]}", kind="reply")
    records = document.require("records")
    pairs = [(kind, record) for kind in records.fields for record in records.require_all(kind)]
    if not pairs and document.integer("records_returned"):
        raise AskFailed("the reply has none of the records that it counts", kind="reply")
    return pairs


def _row(kind: str, record: JsonObject, links: LinkCollector) -> tuple[Scalar, ...]:
    """The row of a record, whose name is linked with its answer."""
    first, last = record.moment("first_seen"), record.moment("last_seen")
    # The key is what was asked about: the answer in the records of an address, and in those for a server or alias.
    key, other = record.text("key") or links.subject.key.value, record.text("value")
    is_reversed = kind.endswith("_FOR") or (kind in ("A", "AAAA") and host_kind(key) is IpAddress)
    name, answer = (other, key) if is_reversed else (key, other)
    kind = kind.removesuffix("_FOR")
    relation, address = _RELATIONS.get(kind), None
    if relation is not None:
        owner, target = links.entity(name, Domain), _target(kind, answer, links)
        if owner is not None and target is not None:
            links.link(owner, relation, target, record.pointer, first=first, last=last)
        address = target.value if isinstance(target, IpAddress) else None
    return (name, kind, address, None if address else answer, time_text(first), time_text(last))


def _target(kind: str, answer: str | None, links: LinkCollector) -> IpAddress | Domain | None:
    if kind in ("A", "AAAA"):
        return links.entity(answer, IpAddress)
    return links.entity(
        answer and answer.rsplit(maxsplit=1)[-1], Domain
    )  # a mail server may stand behind its preference
