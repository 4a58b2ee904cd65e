"""Answers of a resolver, as the JSON that resolvers over HTTPS write: what they say, and what follows from it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from clew.entities import Domain, IpAddress
from clew.entities.finding import Scalar
from clew.errors import AskFailed, EntityError
from clew.providers.base import Reply
from clew.providers.dns_relations import DNS_RELATIONS
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector
from clew.transforms.address_kinds import GLOBAL_KIND, kind_of

#: The kinds of record that can be asked for, by their numbers (RFC 1035, RFC 3596).
TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28}
COLUMNS = ("dns_question_name", "dns_answer_type", "dns_resolved_ip", "dns_answer_data", "dns_ttl")
NO_SUCH_NAME = 3
_TYPE_NAMES = {number: name for name, number in TYPES.items()}
_QUOTED_TEXT = re.compile(r'"((?:[^"\\]|\\.)*+)"', re.DOTALL)
_ESCAPE = re.compile(r"\\(?:(\d{3})|(.))", re.DOTALL)


@dataclass(frozen=True, slots=True)
class DnsRecord:
    """One record of an answer.

    Attributes:
        owner: the name that has it, without the dot at its end.
        pointer: the JSON pointer of it.
    """

    owner: str
    type: str
    data: str
    ttl: int | None
    pointer: str

    @property
    def target(self) -> str:
        """The name that it leads to; of mail servers, behind their preference. Empty for the root, which is none."""
        return self.data.rpartition(" ")[2].rstrip(".").lower()

    def row(self) -> tuple[Scalar, ...]:
        """As a row of `COLUMNS`."""
        is_address = self.type in ("A", "AAAA")
        data = text_of(self.data) if self.type == "TXT" else self.data
        return self.owner, self.type, self.data if is_address else None, None if is_address else data, self.ttl


class DnsAnswer(NamedTuple):
    """The status of a reply (RFC 1035, RCODE), and what answers its question."""

    status: int
    records: list[DnsRecord]


def parse_answer(reply: Reply) -> DnsAnswer:
    """Read a reply; its records are those of the name, and of what that is an alias of.

    Raises:
        AskFailed: it is no answer, or the resolver failed.
    """
    document = JsonObject.of(reply)
    status = document.integer("Status")
    questions = document.require_objects("Question")
    if status not in (0, NO_SUCH_NAME) or not questions:
        raise AskFailed(f"the resolver answered with status {status}", kind="status")
    all_records = [*_read_records(document.objects("Answer"))]
    return DnsAnswer(status, [*_alias_chain(all_records, _normalized_name(questions[0].text("name")))])


def _read_records(parts: Iterable[JsonObject]) -> Iterator[DnsRecord]:
    for part in parts:
        number, data = part.integer("type"), part.text("data")
        if number in _TYPE_NAMES and data is not None:
            yield DnsRecord(
                _normalized_name(part.text("name")), _TYPE_NAMES[number], data, part.integer("TTL"), part.pointer
            )


def _alias_chain(records: list[DnsRecord], question_name: str) -> Iterator[DnsRecord]:
    names, aliases = {question_name}, {record.owner: record.target for record in records if record.type == "CNAME"}
    name = question_name
    while name in aliases and aliases[name] not in names:  # in whatever order they stand
        name = aliases[name]
        names.add(name)
    return (record for record in records if record.owner in names)


def _normalized_name(name: str | None) -> str:
    return (name or "").rstrip(".").lower()


def text_of(data: str) -> str:
    """The text of a TXT record, which is written in quoted pieces.

    >>> text_of('"v=spf1 " "-all"'), text_of("v=spf1 -all")
    ('v=spf1 -all', 'v=spf1 -all')
    """
    pieces = _QUOTED_TEXT.findall(data)
    return _ESCAPE.sub(_unescape, "".join(pieces)) if pieces else data


def _unescape(match: re.Match[str]) -> str:
    return chr(int(match[1])) if match[1] else match[2]


def add_link(record: DnsRecord, links: LinkCollector) -> None:
    """The link that a record is, if it is one."""
    owner, rule = links.entity(record.owner, Domain), DNS_RELATIONS.get(record.type)
    if owner is None or rule is None:
        return
    value = record.data if rule.kind is IpAddress else record.target
    other = links.entity(value, rule.kind) if value or rule.kind is IpAddress else None
    if other is not None:
        links.link(owner, rule.relation, other, record.pointer)


def special_address_remark(records: Iterable[DnsRecord]) -> str:
    """Which addresses are of no use outside, in words; empty for none. Such an answer is data like any other."""
    kinds: dict[str, str] = {}
    for record in records:
        if record.type in ("A", "AAAA"):
            try:
                kinds[record.data] = kind_of(IpAddress(record.data).value)
            except EntityError:
                continue
    special = [f"{address} ({kind})" for address, kind in kinds.items() if kind != GLOBAL_KIND]
    return f"leads to what is not on the internet: {', '.join(special)}" if special else ""
