"""WHOIS on port 43, for registries that have no RDAP."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from datetime import timedelta
from typing import ClassVar

from clew.entities import AutonomousSystem, Domain, Entity, Finding, IpAddress, Relation
from clew.entities.finding import Scalar
from clew.errors import AskError, AskFailed, AskRefused
from clew.providers.base import Ask, Provider, Quota, Reply, Steps, operation
from clew.providers.fact_text import join_texts
from clew.providers.findings import found, nothing
from clew.providers.link_collector import LinkCollector
from clew.providers.whois.domain_registration import Registration, parse_registration
from clew.providers.whois.network_registration import NetworkRegistration, parse_network
from clew.providers.whois.registered_domain import registered_name
from clew.providers.whois.registration_status import ReplyState
from clew.providers.whois.whois_channel import WhoisQuestion
from clew.providers.whois.whois_servers import ROOT, checked_server, known_server, query, root_query
from clew.providers.whois.whois_text import decode_reply, lines_of

_MAX_HOPS = 2
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
# The whole reply is the evidence: it is text, and has no places.
_ROOT_POINTER = ""


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
        server = yield from _referred_server(root_query(ip.value))
        if not server:
            return nothing(ip, f"{ROOT} names no registry for the address")
        first = yield from _query_network(server, ip)
        record, server, remark = yield from _follow_referrals(first, server, ip)
        _raise_for_state(record.state, server)
        if record.state is not ReplyState.REGISTERED:
            return nothing(ip, f"{server} knows no network with the address")
        links = LinkCollector(ip)
        for number in record.origins:
            links.link_to(Relation.BELONGS_TO, number, AutonomousSystem, _ROOT_POINTER)
        network = join_texts(record.networks)
        reason = f"{network} {record.name or record.organization or ''}".rstrip()
        summary = f"{reason}, says {server}"
        return found(ip, f"{summary}{remark}", facts=_network_facts(record, server), links=links)

    @operation(calls=2, facts=(*_FACTS, *_DOMAIN_FACTS))
    def domain(self, domain: Domain, *, registrar: bool = False) -> Steps:
        """When and through whom the domain was registered, and its name servers.

        Asked about is the name that is registered: of `cdn.shop.example`, that is `shop.example`.

        Args:
            registrar: whether the registrar is asked too, which may know the registrant.
        """
        name = registered_name(domain)
        suffix = name.rpartition(".")[2]
        server = known_server(name) or (yield from _referred_server(suffix))
        if not server:
            return nothing(domain, f"the registry of .{suffix} has no WHOIS; ask whois.rdap")
        reply = yield WhoisQuestion(server, query(server, name))
        record = parse_registration(reply.body, server)
        _raise_for_state(record.state, server)
        if record.state is not ReplyState.REGISTERED:
            return _unregistered_finding(domain, name, record.state, server)
        remark = ""
        if registrar:
            record, remark = yield from _query_registrar(record, name, server)
        return _registration_finding(domain, name, record, server, remark)


def _referred_server(value: str) -> Generator[Ask, Reply, str]:
    """The server that the IANA names for a top-level domain or a network; empty for none."""
    reply = yield WhoisQuestion(ROOT, value)
    lines = lines_of(decode_reply(reply.body, ROOT))
    fields = {label.strip().lower(): value.strip() for label, _, value in (line.partition(":") for line in lines)}
    if any("returned 0 objects" in line for line in lines):
        return ""
    if "source" not in fields:  # it stands at the end: without it some of the reply is missing
        raise AskFailed(f"{ROOT}'s reply could not be understood", kind="reply")
    return checked_server(fields.get("refer") or fields.get("whois") or "")


def _query_network(server: str, ip: IpAddress) -> Generator[Ask, Reply, NetworkRegistration]:
    reply = yield WhoisQuestion(server, query(server, ip.value))
    return parse_network(reply.body, server, ip.value)


def _follow_referrals(
    record: NetworkRegistration, server: str, ip: IpAddress
) -> Generator[Ask, Reply, tuple[NetworkRegistration, str, str]]:
    """What the last of those knows who are handed on to, who that is, and what there is to say about the others.

    A registry that hands on knows less than the one that it names; but if that one has no answer, its own still stands.
    """
    for _ in range(_MAX_HOPS):
        other = checked_server(record.referral)
        if not other or other in (server, ROOT):
            break
        try:
            next_record = yield from _query_network(other, ip)
            _raise_for_state(next_record.state, other)
        except AskError as error:
            return record, server, f"; {other}, which knows more, did not answer: {error.reason}"
        if next_record.state is not ReplyState.REGISTERED:
            break
        record, server = next_record, other
    return record, server, ""


def _query_registrar(record: Registration, name: str, server: str) -> Generator[Ask, Reply, tuple[Registration, str]]:
    """The registration with what only the registrar says, and what there is to say about that."""
    other = checked_server(record.referral)
    if not other or other == server:
        return record, "the registry names no WHOIS of its registrar"
    try:
        reply = yield WhoisQuestion(other, query(other, name))
        registrar_record = parse_registration(reply.body, other)
        _raise_for_state(registrar_record.state, other)
    except AskError as error:
        return record, f"the registrar did not answer: {error.reason}"
    if registrar_record.state is not ReplyState.REGISTERED:
        return record, f"{other}, the registrar's, does not know it"
    fields = ("registrant", "country", "abuse_mail", "abuse_phone", "created", "changed", "expires", "registrar")
    return replace(
        record, **{field: getattr(record, field) or getattr(registrar_record, field) for field in fields}
    ), f"what it does not say is from {other}"


def _raise_for_state(state: ReplyState, server: str) -> None:
    """What is no answer is told as such, and never as a name that nobody has."""
    match state:
        case ReplyState.THROTTLED:
            raise AskRefused(
                f"{server} answers no more for now: too many questions", kind="quota", next_step="try later"
            )
        case ReplyState.UNAVAILABLE:
            raise AskFailed(f"{server} says that it cannot answer at the moment", kind="status", next_step="try later")
        case ReplyState.UNCLEAR:
            raise AskFailed(f"{server}'s reply could not be understood", kind="reply")
        case _:
            pass


def _unregistered_finding(subject: Entity, name: str, state: ReplyState, server: str) -> Finding:
    phrases = {
        ReplyState.AVAILABLE: "is not registered",
        ReplyState.RESERVED: "is nobody's: the registry keeps it",
        ReplyState.INVALID: "is no name that can be registered",
    }
    return nothing(subject, f"{name} {phrases[state]}, says {server}", facts={"whois_server": server})


def _registration_finding(domain: Domain, name: str, record: Registration, server: str, remark: str) -> Finding:
    links, registered_domain = LinkCollector(domain), Domain(name)
    for name_server in record.servers:
        server_name = links.entity(name_server.name, Domain)
        if server_name is not None:
            links.link(registered_domain, Relation.DELEGATED_TO, server_name, _ROOT_POINTER)
            for address in name_server.addresses:
                links.link(server_name, Relation.RESOLVES_TO, IpAddress(address), _ROOT_POINTER)
    if name != domain.value:
        links.link_to(Relation.SUBDOMAIN_OF, name, Domain, _ROOT_POINTER)
    facts: dict[str, Scalar] = {
        "registrant": record.registrant,
        "country_code": record.country,
        "registrar": record.registrar,
        "registered": record.created,
        "changed": record.changed,
        "expires": record.expires,
        "registration_status": join_texts(record.statuses),
        "name_servers": join_texts(name_server.name for name_server in record.servers),
        "abuse_mail": record.abuse_mail,
        "abuse_phone": record.abuse_phone,
        "withheld": f"{record.withheld} values" if record.withheld else None,
        "whois_server": server,
        "registered_name": name if name != domain.value else None,
    }
    creation_text = f" since {record.created}" if record.created else ""
    registrar_text = f" through {record.registrar}" if record.registrar else ""
    reasons = (f"{name} is registered{creation_text}{registrar_text}, says {server}", remark)
    return found(domain, "; ".join(filter(None, reasons)), facts=facts, links=links)


def _network_facts(record: NetworkRegistration, server: str) -> dict[str, Scalar]:
    return {
        "network": join_texts(record.networks),
        "network_name": record.name,
        "handle": record.handle,
        "parent_network": record.parent or join_texts(record.enclosing_networks),
        "registrant": record.organization,
        "country_code": record.country,
        "registered": record.created,
        "changed": record.changed,
        "registration_status": record.status,
        "abuse_mail": record.abuse_mail,
        "abuse_phone": record.abuse_phone,
        "whois_server": server,
    }
