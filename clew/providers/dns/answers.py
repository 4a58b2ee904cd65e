"""Answers of a resolver, as the JSON that resolvers over HTTPS write: what they say, and what follows from it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from clew.entities import Domain, IpAddress, Relation
from clew.entities.finding import Scalar
from clew.errors import AskFailed, EntityError
from clew.providers.base import Reply
from clew.providers.net.kinds import GLOBAL, kind_of
from clew.providers.reading import Links, Part

#: The kinds of record that can be asked for, by their numbers (RFC 1035, RFC 3596).
TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28}
COLUMNS = ("dns_question_name", "dns_answer_type", "dns_resolved_ip", "dns_answer_data", "dns_ttl")
NO_SUCH_NAME = 3
_NAMES = {number: name for name, number in TYPES.items()}
_LINKS = {"CNAME": Relation.ALIAS_OF, "MX": Relation.MAIL_HANDLED_BY, "NS": Relation.DELEGATED_TO}
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*+)"', re.DOTALL)
_ESCAPED = re.compile(r"\\(?:(\d{3})|(.))", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Record:
    """One record of an answer.

    Attributes:
        owner: the name that has it, without the dot at its end.
        where: the JSON pointer of it.
    """

    owner: str
    type: str
    data: str
    ttl: int | None
    where: str

    @property
    def target(self) -> str:
        """The name that it leads to; of mail servers, behind their preference. Empty for the root, which is none."""
        return self.data.rpartition(" ")[2].rstrip(".").lower()

    def row(self) -> tuple[Scalar, ...]:
        """As a row of `COLUMNS`."""
        is_address = self.type in ("A", "AAAA")
        data = text_of(self.data) if self.type == "TXT" else self.data
        return self.owner, self.type, self.data if is_address else None, None if is_address else data, self.ttl


def records(reply: Reply) -> tuple[int, list[Record]]:
    """The status of a reply, and what answers its question: records of the name, and of what it is an alias of.

    Raises:
        AskFailed: it is no answer, or the resolver failed.
    """
    document = Part.of(reply)
    status = document.whole("Status")
    questions = document.need_parts("Question")
    if status not in (0, NO_SUCH_NAME) or not questions:
        raise AskFailed(f"the resolver answered with status {status}", kind="status")
    found = [*_records(document.parts("Answer"))]
    return status, [*_chained(found, _plain(questions[0].text("name")))]


def _records(parts: Iterable[Part]) -> Iterator[Record]:
    for part in parts:
        number, data = part.whole("type"), part.text("data")
        if number in _NAMES and data is not None:
            yield Record(_plain(part.text("name")), _NAMES[number], data, part.whole("TTL"), part.pointer)


def _chained(found: list[Record], asked: str) -> Iterator[Record]:
    names, aliases = {asked}, {each.owner: each.target for each in found if each.type == "CNAME"}
    name = asked
    while name in aliases and aliases[name] not in names:  # in whatever order they stand
        name = aliases[name]
        names.add(name)
    return (each for each in found if each.owner in names)


def _plain(name: str | None) -> str:
    return (name or "").rstrip(".").lower()


def text_of(data: str) -> str:
    """The text of a TXT record, which is written in quoted pieces.

    >>> text_of('"v=spf1 " "-all"'), text_of("v=spf1 -all")
    ('v=spf1 -all', 'v=spf1 -all')
    """
    pieces = _QUOTED.findall(data)
    return _ESCAPED.sub(_unescaped, "".join(pieces)) if pieces else data


def _unescaped(found: re.Match[str]) -> str:
    return chr(int(found[1])) if found[1] else found[2]


def link(each: Record, links: Links) -> None:
    """The link that a record is, if it is one."""
    owner = links.made(each.owner, Domain)
    if owner is None:
        return
    if each.type in ("A", "AAAA"):
        address = links.made(each.data, IpAddress)
        if address is not None:
            links.between(owner, Relation.RESOLVES_TO, address, each.where)
    elif each.type in _LINKS and each.target:
        other = links.made(each.target, Domain)
        if other is not None:
            links.between(owner, _LINKS[each.type], other, each.where)


def inside(found: Iterable[Record]) -> str:
    """Which addresses are of no use outside, in words; empty for none. Such an answer is data like any other."""
    kinds: dict[str, str] = {}
    for each in found:
        if each.type in ("A", "AAAA"):
            try:
                kinds[each.data] = kind_of(IpAddress(each.data).value)
            except EntityError:
                continue
    special = [f"{address} ({kind})" for address, kind in kinds.items() if kind != GLOBAL]
    return f"leads to what is not on the internet: {', '.join(special)}" if special else ""
