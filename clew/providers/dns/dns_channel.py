"""The channel of the DNS: one question to the resolvers of this machine, or to those of the settings.

No file of hosts is read, and nothing is kept between questions: what a case says is what the resolver said.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, cast

from clew.entities import Outcome
from clew.errors import AskFailed, AskSkipped, MissingExtra
from clew.providers.base import Ask, Provider, Reply, narrow_ask
from clew.providers.channels import ChannelContext
from clew.providers.web.call_steps import CallSteps
from clew.providers.web.call_walk import Call, walk
from clew.providers.web.clock import Deadline
from clew.providers.web.raw_response import RawResponse

if TYPE_CHECKING:
    from dns.message import Message
    from dns.rdata import Rdata

PORT = 53
MEDIA_TYPE = "application/dns-json"
#: How long each resolver is waited for, in seconds, round by round; then for what is left of the deadline.
ROUNDS = (2.0, 4.0)
_MIN_SECONDS = 0.01
_SERVER_LABEL = "the DNS resolver"


@dataclass(frozen=True, slots=True)
class DnsQuestion(Ask):
    """Which records of a type has a name?"""

    channel: ClassVar[str] = "dns"
    leaves: ClassVar[bool] = True

    name: str
    type: str

    def description(self) -> dict[str, Any]:
        return {"name": self.name, "type": self.type}


@dataclass(frozen=True, slots=True)
class Resolver:
    """Where a resolver is."""

    address: str
    port: int = PORT

    @classmethod
    def of(cls, text: str) -> Resolver:
        """From `192.0.2.53`, `192.0.2.53:5353` or `[2001:db8::53]:5353`. Raises ValueError for anything else.

        >>> Resolver.of("[2001:db8::53]:5353")
        Resolver(address='2001:db8::53', port=5353)
        """
        head, _, tail = text.strip().partition("]")
        if head.startswith("["):
            host, port = head[1:], tail.removeprefix(":")
        else:
            host, _, port = text.strip().rpartition(":") if text.count(":") == 1 else (text.strip(), "", "")
        return cls(str(ipaddress.ip_address(host)), int(port) if port else PORT)


class DnsChannel:
    """Asks resolvers, one after the other until one answers.

    Args:
        steps: what stands before each exchange.
        resolvers: where they are; those of this machine, if none is given.
    """

    def __init__(self, steps: CallSteps, *, resolvers: Sequence[str] = ()) -> None:
        self._steps = steps
        self._all_steps = steps.plain_steps(MEDIA_TYPE)
        self._resolvers = resolvers

    def send(self, ask: Ask, provider: type[Provider]) -> Reply:
        """The answer, or that there is no such name, as JSON.

        Raises:
            AskSkipped: there is no resolver, or not the library to ask it with.
            AskFailed: none answers in time, or each says that it cannot.
        """
        question = narrow_ask(ask, DnsQuestion)
        call = Call(
            question, provider, _SERVER_LABEL, self._steps.deadline, server=_SERVER_LABEL, account=_SERVER_LABEL
        )
        reply: Reply = walk(self._all_steps, self._exchange, call)
        return reply

    def settle(self, ask: Ask, provider: type[Provider], outcome: Outcome) -> None:
        """Keep a reply for as long as it is good, now that it was understood."""
        self._steps.settle(ask, provider, outcome)

    def _exchange(self, call: Call) -> RawResponse:
        question = narrow_ask(call.ask, DnsQuestion)
        return RawResponse(200, {}, _ask_resolvers(question, [*self._find_resolvers()], call.deadline))

    def _find_resolvers(self) -> Iterator[Resolver]:
        try:
            import dns.resolver
        except ModuleNotFoundError:
            missing = MissingExtra("dnspython", extra="dns", purpose="asking the DNS")
            raise AskSkipped(missing.message, kind="no-source", next_step=missing.next_step, sent=False) from None
        try:
            addresses = self._resolvers or [*map(str, dns.resolver.Resolver().nameservers)]
            yield from map(Resolver.of, addresses)
        except (ValueError, dns.resolver.NoResolverConfiguration):
            raise AskSkipped(
                "nobody was asked: no DNS resolver is known here",
                kind="no-source",
                sent=False,
                next_step="set CLEW_RESOLVERS",
            ) from None


def make_channel(context: ChannelContext) -> DnsChannel:
    """The channel `dns`."""
    return DnsChannel(CallSteps.of(context), resolvers=context.resources.settings.resolvers)


def _ask_resolvers(question: DnsQuestion, resolvers: Sequence[Resolver], deadline: Deadline) -> bytes:
    """The first answer. A resolver that cannot say is no answer, and the next one is asked."""
    failure = AskFailed(f"{_SERVER_LABEL} did not answer within {deadline.seconds:g} s", kind="timeout")
    for seconds in (*ROUNDS, deadline.seconds):
        for resolver in resolvers:
            if deadline.remaining <= _MIN_SECONDS:
                raise failure
            result = _ask_resolver(question, resolver, min(seconds, deadline.remaining))
            if isinstance(result, bytes):
                return result
            failure = result if result is not None else failure
        if failure.kind == "status":
            break  # all were heard
    raise failure


def _ask_resolver(question: DnsQuestion, resolver: Resolver, seconds: float) -> bytes | AskFailed | None:
    """What one resolver says; None where it says nothing in time."""
    import dns.exception
    import dns.message
    import dns.query
    import dns.rcode

    query = dns.message.make_query(question.name, question.type)
    try:
        # By TCP where it does not fit. Replies of others, or to other questions, are not taken.
        response, _ = dns.query.udp_with_fallback(
            query, resolver.address, seconds, resolver.port, ignore_unexpected=True
        )
    except dns.exception.Timeout:
        return None
    except OSError as error:
        return AskFailed(f"{_SERVER_LABEL} could not be asked: {type(error).__name__}", kind="connect")
    except (dns.exception.DNSException, EOFError) as error:
        return AskFailed(f"{_SERVER_LABEL}'s reply is damaged: {type(error).__name__}", kind="reply")
    if response.rcode() in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        return _dns_json(response)
    return AskFailed(f"{_SERVER_LABEL} could not say: {dns.rcode.to_text(response.rcode())}", kind="status")


def _dns_json(response: Message) -> bytes:
    """A reply in the JSON of resolvers over HTTPS."""
    questions = [{"name": question.name.to_text(), "type": int(question.rdtype)} for question in response.question]
    answers = [
        {"name": rrset.name.to_text(), "type": int(rrset.rdtype), "TTL": rrset.ttl, "data": record.to_text()}
        for rrset in response.answer
        for record in cast("Iterable[Rdata]", rrset)
    ]
    return json.dumps({"Status": int(response.rcode()), "Question": questions, "Answer": answers}).encode()
