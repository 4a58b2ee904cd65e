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
from clew.providers.dns.dns_answers import (
    COLUMNS,
    NO_SUCH_NAME,
    TYPES,
    DnsRecord,
    add_link,
    parse_answer,
    special_address_remark,
)
from clew.providers.dns.dns_channel import DnsQuestion
from clew.providers.findings import found, nothing
from clew.providers.link_collector import LinkCollector

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
        kinds = _record_types(types)
        all_records, failures = list[DnsRecord](), list[AskError]()
        for kind in kinds:
            try:
                reply = yield DnsQuestion(domain.value, kind)
                status, answer_records = parse_answer(reply)
            except AskError as error:
                failures.append(error)
                continue
            if status == NO_SUCH_NAME and not answer_records:
                return nothing(domain, "there is no such name (NXDOMAIN)")
            # The records behind an alias come with the answers to all questions.
            all_records += [
                record
                for record in answer_records
                if record.row()[:4] not in {existing.row()[:4] for existing in all_records}
            ]
        if not all_records:
            if failures:
                raise failures[0]
            return nothing(domain, f"the name has no records of {', '.join(kinds)}")
        remarks = [f"not all were answered: {failure.reason}" for failure in failures[:1]]
        return _records_finding(domain, all_records, [special_address_remark(all_records), *remarks])

    @operation(calls=1, facts=COLUMNS)
    def ip(self, ip: IpAddress, *, confirm: bool = False) -> Steps:
        """What name the address says that it has (PTR).

        Whoever runs the network writes what they like there. A name that leads back to the address is confirmed, and
        then it resolves to it; another one is related to it.

        Args:
            confirm: whether the names are looked up too.
        """
        reply = yield DnsQuestion(ipaddress.ip_address(ip.value).reverse_pointer, "PTR")
        status, ptr_records = parse_answer(reply)
        ptr_records = [record for record in ptr_records if record.type == "PTR"]
        if not ptr_records:
            reason = "it has no name (NXDOMAIN)" if status == NO_SUCH_NAME else "it has no name"
            return nothing(ip, reason)
        links, names = LinkCollector(ip), list[Domain]()
        for record in ptr_records:
            name = links.link_to(Relation.RELATED_TO, record.target, Domain, record.pointer, backwards=True)
            names += [name] if name is not None else []
        confirmed_names = (yield from _confirm_names(names, ip, links)) if confirm else []
        targets = ", ".join(record.target for record in ptr_records)
        remark = f"; confirmed: {', '.join(confirmed_names) or 'none'}" if confirm else ""
        return found(ip, f"{targets}{remark}", links=links, table=_table(ptr_records), returned=len(ptr_records))


def _record_types(text: str) -> list[str]:
    """The kinds that are asked for. Raises AskSkipped for one that cannot be."""
    kinds = list(dict.fromkeys(part.strip().upper() for part in text.split(",") if part.strip()))
    bad_kinds = [kind for kind in kinds if kind not in TYPES]
    if bad_kinds or not kinds:
        raise AskSkipped(
            f"nobody was asked: {bad_kinds[0] if bad_kinds else 'none'} is no kind of record",
            kind="no-source",
            next_step=f"known are {', '.join(TYPES)}",
        )
    return kinds


def _confirm_names(names: Sequence[Domain], ip: IpAddress, links: LinkCollector) -> Generator[Ask, Reply, list[str]]:
    """The names that lead to the address."""
    confirmed_names = list[str]()
    for name in names[:_MAX_CONFIRMED]:
        try:
            reply = yield DnsQuestion(name.value, "AAAA" if ip.version == 6 else "A")
            address_records = parse_answer(reply).records
        except AskFailed:
            continue  # a name that cannot be looked up confirms nothing
        for record in address_records:
            if record.type in ("A", "AAAA") and links.entity(record.data, IpAddress) == ip:
                links.link(name, Relation.RESOLVES_TO, ip, record.pointer)
                confirmed_names.append(name.value)
    return confirmed_names


def _records_finding(subject: Entity, records: Sequence[DnsRecord], remarks: Sequence[str]) -> Finding:
    links = LinkCollector(subject)
    for record in records:
        add_link(record, links)
    counts = {kind: sum(record.type == kind for record in records) for kind in TYPES}
    summary = ", ".join(f"{count} {kind}" for kind, count in counts.items() if count)
    reason = "; ".join([summary, *filter(None, remarks)])
    return found(subject, reason, links=links, table=_table(records), returned=len(records))


def _table(records: Sequence[DnsRecord]) -> Table:
    return Table(COLUMNS, tuple(record.row() for record in records))
