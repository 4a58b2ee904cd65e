"""The channel of the DNS: resolvers on loopback that answer, fail, lie and keep silent."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("dns")

import dns.message
import dns.rcode
import dns.rrset

from clew.entities import Outcome
from clew.errors import AskFailed, AskSkipped
from clew.providers.dns.dns_channel import DnsChannel, DnsQuestion, Resolver
from clew.providers.dns.resolver import DnsResolver
from clew.providers.web.call_steps import CallSteps
from clew.providers.web.clock import Clock
from clew.providers.web.connections import Connections
from clew.providers.web.reply_cache import ReplyCache
from tests.providers.dns.servers import failing, only_by_tcp, resolving, silent, zone

QUESTION = DnsQuestion("update-check.example", "A")


def channel(*resolvers: str, seconds: float = 5.0, cache: ReplyCache | None = None) -> DnsChannel:
    """A channel to these resolvers, on which nobody waits between attempts."""
    steps = CallSteps(Connections(clock=Clock(sleep=lambda _: None)), seconds=seconds, cache=cache)
    return DnsChannel(steps, resolvers=resolvers)


def test_an_answer_is_the_json_of_resolvers():
    """A reply is written as resolvers over HTTPS write it: status, question, and records with their data as text."""
    with resolving(zone("update-check.example A 203.0.113.5")) as resolver:
        reply = channel(resolver.address).send(QUESTION, DnsResolver)
    assert json.loads(reply.body) == {
        "Status": 0,
        "Question": [{"name": "update-check.example.", "type": 1}],
        "Answer": [{"name": "update-check.example.", "type": 1, "TTL": 300, "data": "203.0.113.5"}],
    }
    assert resolver.seen == [("update-check.example.", "A", False)]


def test_no_such_name_is_an_answer():
    """NXDOMAIN is a reply and no failure."""
    with resolving(zone()) as resolver:
        assert json.loads(channel(resolver.address).send(QUESTION, DnsResolver).body)["Status"] == 3


def test_what_does_not_fit_comes_by_tcp():
    """An answer that was cut is asked for again by TCP."""
    records = [f"update-check.example A 203.0.113.{number}" for number in range(1, 200)]
    with resolving(only_by_tcp(zone(*records))) as resolver:
        reply = channel(resolver.address).send(QUESTION, DnsResolver)
    assert len(json.loads(reply.body)["Answer"]) == 199
    assert [by_tcp for _, _, by_tcp in resolver.seen] == [False, True]


@pytest.mark.parametrize("rcode", [dns.rcode.SERVFAIL, dns.rcode.REFUSED, dns.rcode.NOTIMP, dns.rcode.FORMERR])
def test_a_resolver_that_cannot_say_has_failed(rcode):
    """SERVFAIL, REFUSED and their like are failures that say which, and never that there is no such name."""
    with resolving(failing(rcode)) as resolver, pytest.raises(AskFailed, match=dns.rcode.to_text(rcode)) as caught:
        channel(resolver.address).send(QUESTION, DnsResolver)
    assert caught.value.kind == "status"


def test_the_next_resolver_is_asked():
    """A resolver that cannot say, or says nothing, is passed over for the next."""
    with (
        resolving(failing(dns.rcode.SERVFAIL)) as broken,
        resolving(zone("update-check.example A 203.0.113.5")) as good,
    ):
        assert b"203.0.113.5" in channel(broken.address, good.address).send(QUESTION, DnsResolver).body
    assert (len(broken.seen), len(good.seen)) == (1, 1)


def test_silence_ends_with_the_deadline():
    """A resolver that says nothing is a time-out, at the deadline of the whole call."""
    with resolving(silent) as resolver, pytest.raises(AskFailed, match=r"within 0\.2 s") as caught:
        channel(resolver.address, seconds=0.2).send(QUESTION, DnsResolver)
    assert caught.value.kind == "timeout"


def other_id(query: dns.message.Message, _by_tcp: bool) -> bytes:
    reply = dns.message.make_response(query)
    reply.id = (query.id + 1) % 65536
    reply.answer.append(dns.rrset.from_text("update-check.example.", 300, "IN", "A", "203.0.113.66"))
    return reply.to_wire()


def other_name(query: dns.message.Message, _by_tcp: bool) -> bytes:
    reply = dns.message.make_response(dns.message.make_query("other.example", "A", id=query.id))
    reply.answer.append(dns.rrset.from_text("other.example.", 300, "IN", "A", "203.0.113.66"))
    return reply.to_wire()


def short(_query: dns.message.Message, _by_tcp: bool) -> bytes:
    return b"\x00"


def noise(_query: dns.message.Message, _by_tcp: bool) -> bytes:
    return b"\xff" * 40


@pytest.mark.parametrize("lie", [other_id, other_name, short, noise])
def test_a_reply_to_something_else_is_none(lie):
    """A reply with another number or to another question, or one that is none, is not taken."""
    with resolving(lie) as resolver, pytest.raises(AskFailed):
        channel(resolver.address, seconds=0.3).send(QUESTION, DnsResolver)


def test_failures_are_not_kept(tmp_path):
    """A failure is asked again; an answer that was understood is not."""
    behaviours = iter([failing(dns.rcode.SERVFAIL), zone("update-check.example A 203.0.113.5")])

    def behave(query: dns.message.Message, by_tcp: bool) -> bytes | None:
        return next(behaviours)(query, by_tcp)

    with resolving(behave) as resolver:
        ways = channel(resolver.address, cache=ReplyCache(tmp_path, 2**20, Clock()))
        with pytest.raises(AskFailed):
            ways.send(QUESTION, DnsResolver)
        assert ways.send(QUESTION, DnsResolver).sent
        ways.settle(QUESTION, DnsResolver, Outcome.FOUND)
        assert not ways.send(QUESTION, DnsResolver).sent
    assert len(resolver.seen) == 2


@pytest.mark.parametrize("text", ["resolver.example", "192.0.2.53:x", " ", "2001:db8::53]:53", "300.1.1.1", "[x]:53"])
def test_what_is_no_resolver_is_told(text):
    """A setting that is no address is no resolver: nobody is asked, and the setting is named."""
    with pytest.raises(AskSkipped) as caught:
        channel(text).send(QUESTION, DnsResolver)
    assert "CLEW_RESOLVERS" in caught.value.next_step


@pytest.mark.parametrize(
    ("text", "address", "port"),
    [
        ("192.0.2.53", "192.0.2.53", 53),
        ("192.0.2.53:5353", "192.0.2.53", 5353),
        ("2001:db8::53", "2001:db8::53", 53),
        ("[2001:db8::53]", "2001:db8::53", 53),
        ("[2001:db8::53]:5353", "2001:db8::53", 5353),
    ],
)
def test_a_resolver_is_an_address_and_perhaps_a_port(text, address, port):
    """An address alone means the usual port; brackets part an IPv6 address from its port."""
    assert Resolver.of(text) == Resolver(address, port)
