"""The DNS of today: what a name leads to, and what name an address has."""

from __future__ import annotations

import ipaddress
from collections.abc import Generator, Sequence
from datetime import timedelta
from typing import ClassVar

from clew.entities import Domain, Entity, Finding, IpAddress, Relation
from clew.entities.finding import Table
from clew.errors import AskError, AskFailed, AskSkipped
from clew.providers.base import Ask, Provider, Reply, Steps, operation
from clew.providers.dns.answers import COLUMNS, NO_SUCH_NAME, TYPES, Record, inside, link, records
from clew.providers.dns.channel import DnsQuestion
from clew.providers.reading import Links, told, unknown

#: How many names of one address are looked up again.
_MAX_CONFIRMED = 5


class DnsResolver(Provider):
    """The resolver of this machine, or those of `CLEW_RESOLVERS`. The name servers of the suspect may notice."""

    name: ClassVar[str] = "dns"
    title: ClassVar[str] = "DNS"
    docs: ClassVar[str] = "https://www.rfc-editor.org/rfc/rfc1034"
    leaves: ClassVar[bool] = True
    active: ClassVar[bool] = True
    #: Names of campaigns move within minutes.
    lifetime: ClassVar[timedelta] = timedelta(minutes=15)
    lifetime_nothing: ClassVar[timedelta] = timedelta(minutes=5)

    @operation(calls=3, facts=COLUMNS)
    def domain(self, domain: Domain, *, types: str = "A, AAAA, CNAME") -> Steps:
        """What the name leads to today: addresses, aliases, servers, texts.

        Args:
            types: the kinds of record to ask for, parted by commas: A, AAAA, CNAME, MX, NS, TXT, SOA.
        """
        asked = _types(types)
        found, troubles = list[Record](), list[AskError]()
        for kind in asked:
            try:
                reply = yield DnsQuestion(domain.value, kind)
                status, got = records(reply)
            except AskError as error:
                troubles.append(error)
                continue
            if status == NO_SUCH_NAME and not got:
                return unknown(domain, "there is no such name (NXDOMAIN)")
            # The records behind an alias come with the answers to all questions.
            found += [each for each in got if each.row()[:4] not in {known.row()[:4] for known in found}]
        if not found:
            if troubles:
                raise troubles[0]
            return unknown(domain, f"the name has no records of {', '.join(asked)}")
        remarks = [f"not all were answered: {each.reason}" for each in troubles[:1]]
        return _answer(domain, found, [inside(found), *remarks])

    @operation(calls=1, facts=COLUMNS)
    def ip(self, ip: IpAddress, *, confirm: bool = False) -> Steps:
        """What name the address says that it has (PTR).

        Whoever runs the network writes what they like there. A name that leads back to the address is confirmed, and
        then it resolves to it; another one is related to it.

        Args:
            confirm: whether the names are looked up too.
        """
        reply = yield DnsQuestion(ipaddress.ip_address(ip.value).reverse_pointer, "PTR")
        status, found = records(reply)
        found = [each for each in found if each.type == "PTR"]
        if not found:
            why = "it has no name (NXDOMAIN)" if status == NO_SUCH_NAME else "it has no name"
            return unknown(ip, why)
        links, names = Links(ip), list[Domain]()
        for each in found:
            name = links.to(Relation.RELATED_TO, each.target, Domain, each.where, backwards=True)
            names += [name] if name is not None else []
        confirmed = (yield from _confirmed(names, ip, links)) if confirm else []
        said = ", ".join(each.target for each in found)
        back = f"; confirmed: {', '.join(confirmed) or 'none'}" if confirm else ""
        return told(ip, f"{said}{back}", links=links, table=_table(found), returned=len(found))


def _types(text: str) -> list[str]:
    """The kinds that are asked for. Raises AskSkipped for one that cannot be."""
    asked = list(dict.fromkeys(part.strip().upper() for part in text.split(",") if part.strip()))
    wrong = [kind for kind in asked if kind not in TYPES]
    if wrong or not asked:
        raise AskSkipped(
            f"nobody was asked: {wrong[0] if wrong else 'none'} is no kind of record",
            kind="no-source",
            next_step=f"known are {', '.join(TYPES)}",
        )
    return asked


def _confirmed(names: Sequence[Domain], ip: IpAddress, links: Links) -> Generator[Ask, Reply, list[str]]:
    """The names that lead to the address."""
    back = list[str]()
    for name in names[:_MAX_CONFIRMED]:
        try:
            reply = yield DnsQuestion(name.value, "AAAA" if ip.version == 6 else "A")
            _, found = records(reply)
        except AskFailed:
            continue  # a name that cannot be looked up confirms nothing
        for each in found:
            if each.type in ("A", "AAAA") and links.made(each.data, IpAddress) == ip:
                links.between(name, Relation.RESOLVES_TO, ip, each.where)
                back.append(name.value)
    return back


def _answer(subject: Entity, found: Sequence[Record], remarks: Sequence[str]) -> Finding:
    links = Links(subject)
    for each in found:
        link(each, links)
    counts = {kind: sum(each.type == kind for each in found) for kind in TYPES}
    said = ", ".join(f"{count} {kind}" for kind, count in counts.items() if count)
    reason = "; ".join([said, *filter(None, remarks)])
    return told(subject, reason, links=links, table=_table(found), returned=len(found))


def _table(found: Sequence[Record]) -> Table:
    return Table(COLUMNS, tuple(each.row() for each in found))
