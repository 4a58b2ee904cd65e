"""Validin: the DNS records that names and addresses had."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from clew.entities import Domain, IpAddress
from clew.entities.finding import Scalar, Table
from clew.errors import AskFailed
from clew.providers.base import Provider, Quota, Steps, operation
from clew.providers.dns_relations import DNS_RELATIONS, PAST_RECORD_COLUMNS
from clew.providers.fact_text import time_text
from clew.providers.findings import found, nothing
from clew.providers.json_reply import JsonObject, earliest, latest
from clew.providers.link_collector import LinkCollector, host_kind
from clew.providers.url_quoting import percent_encode
from clew.providers.web import HttpRequest, SecretLocation

_API, _PAGES = "https://app.validin.com/api/axon", "https://app.validin.com/detail"


class Validin(Provider):
    """DNS records of the past, as Validin saw them; with an account that costs nothing, 250 in one reply."""

    name: ClassVar[str] = "validin"
    title: ClassVar[str] = "Validin"
    docs: ClassVar[str] = "https://docs.validin.com/docs/overview-3"
    leaves: ClassVar[bool] = True
    secret: ClassVar[str] = "CLEW_VALIDIN_KEY"
    #: Of an account that costs nothing, by https://app.validin.com/pricing: 10 a day, 50 a month.
    quotas: ClassVar[tuple[Quota, ...]] = (Quota(10, timedelta(days=1)), Quota(50, timedelta(days=30)))

    @operation(calls=1, broad=True, facts=PAST_RECORD_COLUMNS)
    def ip(self, ip: IpAddress) -> Steps:
        """Which names had the address, and from when to when."""
        return (yield from _history(ip, "ip", f"ip{ip.version}"))

    @operation(calls=1, broad=True, facts=PAST_RECORD_COLUMNS)
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
        table=Table(PAST_RECORD_COLUMNS, rows),
        returned=len(rows),
        truncated_by="limit" if document.flag("limited") else "",
        observed_first=earliest((record for _, record in records), "first_seen"),
        observed_last=latest((record for _, record in records), "last_seen"),
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
    rule, address = DNS_RELATIONS.get(kind), None
    if rule is not None:
        # A mail server may stand behind its preference.
        value = answer and answer.rsplit(maxsplit=1)[-1] if rule.kind is Domain else answer
        owner, target = links.entity(name, Domain), links.entity(value, rule.kind)
        if owner is not None and target is not None:
            links.link(owner, rule.relation, target, record.pointer, first=first, last=last)
        address = target.value if isinstance(target, IpAddress) else None
    return (name, kind, address, None if address else answer, time_text(first), time_text(last))
