"""Who is asked by WHOIS: the server that the IANA names, and those that one is handed on to."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from typing import NamedTuple

from clew.entities import IpAddress
from clew.errors import AskError, AskFailed
from clew.providers.base import Ask, Reply
from clew.providers.whois.domain_registration import Registration, parse_registration
from clew.providers.whois.network_registration import NetworkRegistration, parse_network
from clew.providers.whois.registration_status import ReplyState
from clew.providers.whois.whois_answers import raise_for_state
from clew.providers.whois.whois_channel import WhoisQuestion
from clew.providers.whois.whois_servers import ROOT, checked_server, query
from clew.providers.whois.whois_text import decode_reply, lines_of

_MAX_HOPS = 2


def referred_server(value: str) -> Generator[Ask, Reply, str]:
    """The server that the IANA names for a top-level domain or a network; empty for none."""
    reply = yield WhoisQuestion(ROOT, value)
    lines = lines_of(decode_reply(reply.body, ROOT))
    fields = {label.strip().lower(): value.strip() for label, _, value in (line.partition(":") for line in lines)}
    if any("returned 0 objects" in line for line in lines):
        return ""
    if "source" not in fields:  # it stands at the end: without it some of the reply is missing
        raise AskFailed(f"{ROOT}'s reply could not be understood", kind="reply")
    return checked_server(fields.get("refer") or fields.get("whois") or "")


def query_network(server: str, ip: IpAddress) -> Generator[Ask, Reply, NetworkRegistration]:
    """Ask a server for the network of an address."""
    reply = yield WhoisQuestion(server, query(server, ip.value))
    return parse_network(reply.body, server, ip.value)


class ReferredNetwork(NamedTuple):
    """A network, the server that says so, and what there is to say about those that were handed on to."""

    record: NetworkRegistration
    server: str
    remark: str


def follow_referrals(record: NetworkRegistration, server: str, ip: IpAddress) -> Generator[Ask, Reply, ReferredNetwork]:
    """What the last of those knows who are handed on to.

    A registry that hands on knows less than the one that it names; but if that one has no answer, its own still stands.
    """
    for _ in range(_MAX_HOPS):
        other = checked_server(record.referral)
        if not other or other in (server, ROOT):
            break
        try:
            next_record = yield from query_network(other, ip)
            raise_for_state(next_record.state, other)
        except AskError as error:
            return ReferredNetwork(record, server, f"; {other}, which knows more, did not answer: {error.reason}")
        if next_record.state is not ReplyState.REGISTERED:
            break
        record, server = next_record, other
    return ReferredNetwork(record, server, "")


class CompletedRegistration(NamedTuple):
    """A registration with what only the registrar says, and what there is to say about that."""

    record: Registration
    remark: str


def query_registrar(record: Registration, name: str, server: str) -> Generator[Ask, Reply, CompletedRegistration]:
    """Ask the registrar, which the registration names, for what its registry does not say.

    Args:
        name: what is registered.
        server: that of the registry, which said so.
    """
    other = checked_server(record.referral)
    if not other or other == server:
        return CompletedRegistration(record, "the registry names no WHOIS of its registrar")
    try:
        reply = yield WhoisQuestion(other, query(other, name))
        registrar_record = parse_registration(reply.body, other)
        raise_for_state(registrar_record.state, other)
    except AskError as error:
        return CompletedRegistration(record, f"the registrar did not answer: {error.reason}")
    if registrar_record.state is not ReplyState.REGISTERED:
        return CompletedRegistration(record, f"{other}, the registrar's, does not know it")
    fields = ("registrant", "country", "abuse_mail", "abuse_phone", "created", "changed", "expires", "registrar")
    values = {field: getattr(record, field) or getattr(registrar_record, field) for field in fields}
    return CompletedRegistration(replace(record, **values), f"what it does not say is from {other}")
