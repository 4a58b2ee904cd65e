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
from clew.providers.reading import Links, joined, told, unknown
from clew.providers.whois.channel import WhoisQuestion
from clew.providers.whois.names import registered_name
from clew.providers.whois.networks import Registered, registered
from clew.providers.whois.registration import Registration, registration
from clew.providers.whois.servers import ROOT, asked_of_root, checked_server, known_server, query
from clew.providers.whois.states import State
from clew.providers.whois.text import decoded, lines_of

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
_NETWORK = ("network", "network_name", "handle", "parent_network")
_NAME = ("registrar", "expires", "name_servers", "registered_name")
# The whole reply is the evidence: it is text, and has no places.
_ALL = ""


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

    @operation(calls=2, facts=(*_NETWORK, *_FACTS))
    def ip(self, ip: IpAddress) -> Steps:
        """The network of the address, who holds it, and where to report abuse."""
        server = yield from _referred(asked_of_root(ip.value))
        if not server:
            return unknown(ip, f"{ROOT} names no registry for the address")
        first = yield from _network(server, ip)
        found, server, remark = yield from _handed_on(first, server, ip)
        _refuse(found.state, server)
        if found.state is not State.REGISTERED:
            return unknown(ip, f"{server} knows no network with the address")
        links = Links(ip)
        for number in found.origins:
            links.to(Relation.BELONGS_TO, number, AutonomousSystem, _ALL)
        network = joined(found.networks)
        reason = f"{network} {found.name or found.organization or ''}".rstrip()
        said = f"{reason}, says {server}"
        return told(ip, f"{said}{remark}", facts=_network_facts(found, server), links=links)

    @operation(calls=2, facts=(*_FACTS, *_NAME))
    def domain(self, domain: Domain, *, registrar: bool = False) -> Steps:
        """When and through whom the domain was registered, and its name servers.

        Asked about is the name that is registered: of `cdn.shop.example`, that is `shop.example`.

        Args:
            registrar: whether the registrar is asked too, which may know the registrant.
        """
        name = registered_name(domain)
        suffix = name.rpartition(".")[2]
        server = known_server(name) or (yield from _referred(suffix))
        if not server:
            return unknown(domain, f"the registry of .{suffix} has no WHOIS; ask whois.rdap")
        reply = yield WhoisQuestion(server, query(server, name))
        found = registration(reply.body, server)
        _refuse(found.state, server)
        if found.state is not State.REGISTERED:
            return _unregistered(domain, name, found.state, server)
        remark = ""
        if registrar:
            found, remark = yield from _from_registrar(found, name, server)
        return _registered(domain, name, found, server, remark)


def _referred(value: str) -> Generator[Ask, Reply, str]:
    """The server that the IANA names for a top-level domain or a network; empty for none."""
    reply = yield WhoisQuestion(ROOT, value)
    lines = lines_of(decoded(reply.body, ROOT))
    said = {label.strip().lower(): value.strip() for label, _, value in (line.partition(":") for line in lines)}
    if any("returned 0 objects" in line for line in lines):
        return ""
    if "source" not in said:  # it stands at the end: without it some of the reply is missing
        raise AskFailed(f"{ROOT}'s reply could not be understood", kind="reply")
    return checked_server(said.get("refer") or said.get("whois") or "")


def _network(server: str, ip: IpAddress) -> Generator[Ask, Reply, Registered]:
    reply = yield WhoisQuestion(server, query(server, ip.value))
    return registered(reply.body, server, ip.value)


def _handed_on(found: Registered, server: str, ip: IpAddress) -> Generator[Ask, Reply, tuple[Registered, str, str]]:
    """What the last of those knows who are handed on to, who that is, and what there is to say about the others.

    A registry that hands on knows less than the one that it names; but if that one has no answer, its own still stands.
    """
    for _ in range(_MAX_HOPS):
        other = checked_server(found.referral)
        if not other or other in (server, ROOT):
            break
        try:
            more = yield from _network(other, ip)
            _refuse(more.state, other)
        except AskError as error:
            return found, server, f"; {other}, which knows more, did not answer: {error.reason}"
        if more.state is not State.REGISTERED:
            break
        found, server = more, other
    return found, server, ""


def _from_registrar(found: Registration, name: str, server: str) -> Generator[Ask, Reply, tuple[Registration, str]]:
    """The registration with what only the registrar says, and what there is to say about that."""
    other = checked_server(found.referral)
    if not other or other == server:
        return found, "the registry names no WHOIS of its registrar"
    try:
        reply = yield WhoisQuestion(other, query(other, name))
        more = registration(reply.body, other)
        _refuse(more.state, other)
    except AskError as error:
        return found, f"the registrar did not answer: {error.reason}"
    if more.state is not State.REGISTERED:
        return found, f"{other}, the registrar's, does not know it"
    fields = ("registrant", "country", "abuse_mail", "abuse_phone", "created", "changed", "expires", "registrar")
    return replace(
        found, **{field: getattr(found, field) or getattr(more, field) for field in fields}
    ), f"what it does not say is from {other}"


def _refuse(state: State, server: str) -> None:
    """What is no answer is told as such, and never as a name that nobody has."""
    match state:
        case State.THROTTLED:
            raise AskRefused(
                f"{server} answers no more for now: too many questions", kind="quota", next_step="try later"
            )
        case State.UNAVAILABLE:
            raise AskFailed(f"{server} says that it cannot answer at the moment", kind="status", next_step="try later")
        case State.UNCLEAR:
            raise AskFailed(f"{server}'s reply could not be understood", kind="reply")
        case _:
            pass


def _unregistered(subject: Entity, name: str, state: State, server: str) -> Finding:
    said = {
        State.AVAILABLE: "is not registered",
        State.RESERVED: "is nobody's: the registry keeps it",
        State.INVALID: "is no name that can be registered",
    }
    return unknown(subject, f"{name} {said[state]}, says {server}", facts={"whois_server": server})


def _registered(domain: Domain, name: str, found: Registration, server: str, remark: str) -> Finding:
    links, own = Links(domain), Domain(name)
    for each in found.servers:
        server_name = links.made(each.name, Domain)
        if server_name is not None:
            links.between(own, Relation.DELEGATED_TO, server_name, _ALL)
            for address in each.addresses:
                links.between(server_name, Relation.RESOLVES_TO, IpAddress(address), _ALL)
    if name != domain.value:
        links.to(Relation.SUBDOMAIN_OF, name, Domain, _ALL)
    facts: dict[str, Scalar] = {
        "registrant": found.registrant,
        "country_code": found.country,
        "registrar": found.registrar,
        "registered": found.created,
        "changed": found.changed,
        "expires": found.expires,
        "registration_status": joined(found.statuses),
        "name_servers": joined(each.name for each in found.servers),
        "abuse_mail": found.abuse_mail,
        "abuse_phone": found.abuse_phone,
        "withheld": f"{found.withheld} values" if found.withheld else None,
        "whois_server": server,
        "registered_name": name if name != domain.value else None,
    }
    since = f" since {found.created}" if found.created else ""
    through = f" through {found.registrar}" if found.registrar else ""
    reasons = (f"{name} is registered{since}{through}, says {server}", remark)
    return told(domain, "; ".join(filter(None, reasons)), facts=facts, links=links)


def _network_facts(found: Registered, server: str) -> dict[str, Scalar]:
    return {
        "network": joined(found.networks),
        "network_name": found.name,
        "handle": found.handle,
        "parent_network": found.parent or joined(found.around),
        "registrant": found.organization,
        "country_code": found.country,
        "registered": found.created,
        "changed": found.changed,
        "registration_status": found.status,
        "abuse_mail": found.abuse_mail,
        "abuse_phone": found.abuse_phone,
        "whois_server": server,
    }
