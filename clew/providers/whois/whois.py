"""WHOIS on port 43, for registries that have no RDAP."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from clew.entities import AutonomousSystem, Domain, IpAddress, Relation
from clew.providers.base import Provider, Quota, Steps, operation
from clew.providers.fact_text import join_texts
from clew.providers.findings import found, nothing
from clew.providers.link_collector import LinkCollector
from clew.providers.whois.domain_registration import parse_registration
from clew.providers.whois.registered_domain import registered_name
from clew.providers.whois.registration_status import ReplyState
from clew.providers.whois.whois_answers import (
    ROOT_POINTER,
    network_facts,
    raise_for_state,
    registration_finding,
    unregistered_finding,
)
from clew.providers.whois.whois_channel import WhoisQuestion
from clew.providers.whois.whois_referrals import follow_referrals, query_network, query_registrar, referred_server
from clew.providers.whois.whois_servers import ROOT, known_server, query, root_query

_FACTS = (
    "registrant",
    "country_code",
    "registered",
    "changed",
    "registration_status",
    "abuse_mail",
    "abuse_phone",
    "withheld",
    "whois_server",
)
_NETWORK_FACTS = ("network", "network_name", "handle", "parent_network")
_DOMAIN_FACTS = ("registrar", "expires", "name_servers", "registered_name")


class Whois(Provider):
    """Registration data of all registries, as text that each writes in its own way."""

    name: ClassVar[str] = "whois"
    title: ClassVar[str] = "WHOIS"
    docs: ClassVar[str] = "https://www.rfc-editor.org/rfc/rfc3912"
    leaves: ClassVar[bool] = True
    #: A courtesy, and counted for each server: who asks more is shut out by many of them, and few say from when on.
    quotas: ClassVar[tuple[Quota, ...]] = (Quota(1, timedelta(seconds=1)), Quota(60, timedelta(minutes=10)))
    #: At each server.
    concurrency: ClassVar[int] = 1

    @operation(calls=2, facts=(*_NETWORK_FACTS, *_FACTS))
    def ip(self, ip: IpAddress) -> Steps:
        """The network of the address, who holds it, and where to report abuse."""
        server = yield from referred_server(root_query(ip.value))
        if not server:
            return nothing(ip, f"{ROOT} names no registry for the address")
        first = yield from query_network(server, ip)
        record, server, remark = yield from follow_referrals(first, server, ip)
        raise_for_state(record.state, server)
        if record.state is not ReplyState.REGISTERED:
            return nothing(ip, f"{server} knows no network with the address")
        links = LinkCollector(ip)
        for number in record.origins:
            links.link_to(Relation.BELONGS_TO, number, AutonomousSystem, ROOT_POINTER)
        network = join_texts(record.networks)
        reason = f"{network} {record.name or record.organization or ''}".rstrip()
        summary = f"{reason}, says {server}"
        return found(ip, f"{summary}{remark}", facts=network_facts(record, server), links=links)

    @operation(calls=2, facts=(*_FACTS, *_DOMAIN_FACTS))
    def domain(self, domain: Domain, *, registrar: bool = False) -> Steps:
        """When and through whom the domain was registered, and its name servers.

        Asked about is the name that is registered: of `cdn.shop.example`, that is `shop.example`.

        Args:
            registrar: whether the registrar is asked too, which may know the registrant.
        """
        name = registered_name(domain)
        suffix = name.rpartition(".")[2]
        server = known_server(name) or (yield from referred_server(suffix))
        if not server:
            return nothing(domain, f"the registry of .{suffix} has no WHOIS; ask whois.rdap")
        reply = yield WhoisQuestion(server, query(server, name))
        record = parse_registration(reply.body, server)
        raise_for_state(record.state, server)
        if record.state is not ReplyState.REGISTERED:
            return unregistered_finding(domain, name, record.state, server)
        remark = ""
        if registrar:
            record, remark = yield from query_registrar(record, name, server)
        return registration_finding(domain, name, record, server, remark)
