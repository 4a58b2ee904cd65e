"""CIRCL passive DNS: which names had which address, alias, name server or mail server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import ClassVar

from clew.entities import Domain, Entity, IpAddress
from clew.entities.finding import Scalar, Table
from clew.errors import AskFailed
from clew.providers.base import Provider, Quota, Reply, Steps, operation
from clew.providers.dns_relations import DNS_RELATIONS, PAST_RECORD_COLUMNS
from clew.providers.fact_text import time_text
from clew.providers.findings import found, nothing
from clew.providers.json_reply import JsonObject, earliest, latest
from clew.providers.link_collector import LinkCollector, host_kind
from clew.providers.url_quoting import percent_encode
from clew.providers.web import HttpRequest, SecretLocation

COLUMNS = (*PAST_RECORD_COLUMNS[:4], "dns_count", *PAST_RECORD_COLUMNS[4:])


class CirclPassiveDns(Provider):
    """DNS records of the past, from sensors of CIRCL and its partners; for trusted partners."""

    name: ClassVar[str] = "circl-pdns"
    title: ClassVar[str] = "CIRCL passive DNS"
    docs: ClassVar[str] = "https://www.circl.lu/services/passive-dns/"
    leaves: ClassVar[bool] = True
    #: A user and a password, as `user:password`.
    secret: ClassVar[str] = "CLEW_CIRCL_KEY"
    #: CIRCL names no figure: this is courtesy.
    quotas: ClassVar[tuple[Quota, ...]] = (Quota(5, timedelta(seconds=1)),)
    concurrency: ClassVar[int] = 3

    @operation(calls=1, broad=True, facts=COLUMNS)
    def ip(self, ip: IpAddress) -> Steps:
        """Which names had the address, and from when to when."""
        return (yield from _records(ip, ip.value))

    @operation(calls=1, broad=True, facts=COLUMNS)
    def domain(self, domain: Domain) -> Steps:
        """Which addresses, aliases and servers the domain had, and when."""
        return (yield from _records(domain, domain.value))


def _records(subject: Entity, value: str) -> Steps:
    url = f"https://www.circl.lu/pdns/query/{percent_encode(value)}"
    reply = yield HttpRequest("GET", url, secret=SecretLocation("basic"), answers=frozenset({404}))
    records: Sequence[JsonObject] = () if reply.status == 404 else _lines(reply)
    if not records:
        return nothing(subject, "CIRCL passive DNS has no record of it")
    links = LinkCollector(subject)
    is_reversed = any(map(_says_answer_first, records))
    rows = [row for record in records for row in _rows(record, links, is_reversed=is_reversed)]
    if not rows:
        raise AskFailed("the reply has no record in it", kind="reply")
    return found(
        subject,
        f"records: {len(rows)}",
        links=links,
        table=Table(COLUMNS, tuple(rows)),
        returned=len(records),
        observed_first=earliest(records, "time_first"),
        observed_last=latest(records, "time_last"),
    )


def _lines(reply: Reply) -> Sequence[JsonObject]:
    """The objects of the reply, one a line. Raises AskFailed for a line that is none: it is cut off, or an error."""
    lines = enumerate(reply.body.splitlines())
    return [
        JsonObject(replace(reply, body=line).object(), f"/lines/{number}") for number, line in lines if line.strip()
    ]


def _says_answer_first(record: JsonObject) -> bool:
    """Whether name and answer changed places, as in the examples of version 2: only an answer can be an address."""
    return record.text("rrtype") in ("A", "AAAA") and _is_address(record.text("rrname"))


def _is_address(text: str | None) -> bool:
    return text is not None and host_kind(text) is IpAddress


def _rows(record: JsonObject, links: LinkCollector, *, is_reversed: bool) -> list[tuple[Scalar, ...]]:
    """A row for each answer of a record, which is linked with the name; none, and counted, for what is no record."""
    kind = (record.text("rrtype") or "").upper()
    name_field, answer_field = ("rdata", "rrname") if is_reversed else ("rrname", "rdata")
    name, texts = record.text(name_field), record.texts(answer_field)
    if not kind or name is None or not texts:
        links.invalid_count += 1
        return []
    first, last, count = record.moment("time_first"), record.moment("time_last"), record.integer("count")
    rule = DNS_RELATIONS.get(kind)
    owner = links.entity(name, Domain) if rule is not None else None
    rows: list[tuple[Scalar, ...]] = []
    for text in texts:
        # A mail server stands behind its preference.
        answer = links.entity(text.rsplit(maxsplit=1)[-1], rule.kind) if rule is not None else None
        if owner is not None and answer is not None and rule is not None:
            links.link(owner, rule.relation, answer, record.pointer, first=first, last=last)
        address = answer.value if isinstance(answer, IpAddress) else None
        rows.append((name, kind, address, None if address else text, count, time_text(first), time_text(last)))
    return rows
