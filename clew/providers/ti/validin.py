"""Validin: the DNS records that names and addresses had."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from clew.entities import Domain, IpAddress, Relation
from clew.entities.finding import Scalar, Table
from clew.errors import AskFailed
from clew.providers.base import Provider, Quota, Steps, operation
from clew.providers.reading import Links, Part, host_kind, quoted, told, unknown, written
from clew.providers.web import HttpRequest, Place

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

    @operation(calls=1, wide=True, facts=COLUMNS)
    def ip(self, ip: IpAddress) -> Steps:
        """Which names had the address, and from when to when."""
        return (yield from _history(ip, "ip", f"ip{ip.version}"))

    @operation(calls=1, wide=True, facts=COLUMNS)
    def domain(self, domain: Domain) -> Steps:
        """Which addresses, aliases and servers the domain had, and when."""
        return (yield from _history(domain, "domain", "dom"))


def _history(subject: IpAddress | Domain, path: str, page: str) -> Steps:
    value = quoted(subject.value)
    reply = yield HttpRequest(
        "GET", f"{_API}/{path}/dns/history/{value}", secret=Place("header", "Authorization", "Bearer ")
    )
    document, links = Part.of(reply), Links(subject)
    reference = f"{_PAGES}?type={page}&find={value}#tab=resolutions"
    found = _records(document)
    if not found:
        return unknown(subject, "Validin has no record of it", reference=reference)
    rows = tuple(_row(kind, each, links) for kind, each in found)
    return told(
        subject,
        f"{len(rows)} DNS records",
        reference=reference,
        links=links,
        table=Table(COLUMNS, rows),
        returned=len(rows),
        truncated_by="limit" if document.flag("limited") else "",
        observed_first=min((at for _, each in found if (at := each.moment("first_seen"))), default=None),
        observed_last=max((at for _, each in found if (at := each.moment("last_seen"))), default=None),
    )


def _records(document: Part) -> list[tuple[str, Part]]:
    """The records with their types. Raises AskFailed for an error, and for what is not the whole answer."""
    if document.at("error") is not None or document.at("status") not in (None, "finished"):
        said = document.text("error") or document.text("status") or "an error"
        raise AskFailed(f"Validin did not finish: {said[:200]}", kind="reply")
    records = document.need("records")
    found = [(kind, each) for kind in records.fields for each in records.every(kind)]
    if not found and document.whole("records_returned"):
        raise AskFailed("the reply has none of the records that it counts", kind="reply")
    return found


def _row(kind: str, each: Part, links: Links) -> tuple[Scalar, ...]:
    """The row of a record, whose name is linked with its answer."""
    first, last = each.moment("first_seen"), each.moment("last_seen")
    # The key is what was asked about: the answer in the records of an address, and in those for a server or alias.
    asked, other = each.text("key") or links.subject.key.value, each.text("value")
    is_reversed = kind.endswith("_FOR") or (kind in ("A", "AAAA") and host_kind(asked) is IpAddress)
    name, answer = (other, asked) if is_reversed else (asked, other)
    kind = kind.removesuffix("_FOR")
    relation, address = _RELATIONS.get(kind), None
    if relation is not None:
        owner, target = links.made(name, Domain), _target(kind, answer, links)
        if owner is not None and target is not None:
            links.between(owner, relation, target, each.pointer, first=first, last=last)
        address = target.value if isinstance(target, IpAddress) else None
    return (name, kind, address, None if address else answer, written(first), written(last))


def _target(kind: str, answer: str | None, links: Links) -> IpAddress | Domain | None:
    if kind in ("A", "AAAA"):
        return links.made(answer, IpAddress)
    return links.made(answer and answer.rsplit(maxsplit=1)[-1], Domain)  # a mail server may stand behind its preference
