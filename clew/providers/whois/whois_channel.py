"""The channel of WHOIS: one question over TCP, and all that is said until the server hangs up (RFC 3912)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from clew.entities import Outcome
from clew.errors import AskFailed, AskRefused
from clew.providers.base import Ask, Batch, Provider, Reply, narrow_ask
from clew.providers.channels import ChannelContext
from clew.providers.web.call_steps import CallSteps
from clew.providers.web.call_walk import Call, walk
from clew.providers.web.raw_response import RawResponse

if TYPE_CHECKING:
    from clew.providers.web.sockets import GuardedBackend

PORT = 43
MEDIA_TYPE = "text/plain"
MAX_REPLY = 2**20
_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class WhoisQuestion(Ask):
    """A question to a WHOIS server.

    Attributes:
        server: its name. It may come from data: only public addresses are dialled, and only the port of WHOIS.
        query: what is sent, without the end of the line.
        batch: how several of them are asked at once; None where they cannot be.
    """

    channel: ClassVar[str] = "whois"
    leaves: ClassVar[bool] = True

    server: str
    query: str
    batch: Batch | None = field(default=None, compare=False, repr=False)

    def description(self) -> dict[str, Any]:
        return {"server": self.server, "query": self.query}

    @property
    def batch_policy(self) -> Batch | None:
        return self.batch


def _network() -> GuardedBackend:
    # Loaded here: it comes with the HTTP library.
    from clew.providers.web.sockets import GuardedBackend

    return GuardedBackend()


class WhoisChannel:
    """Asks WHOIS servers.

    Args:
        steps: what stands before each exchange.
        network: opens the sockets.
        port: where servers listen.
    """

    def __init__(self, steps: CallSteps, *, network: Callable[[], GuardedBackend] = _network, port: int = PORT) -> None:
        self._steps = steps
        self._all_steps = steps.plain_steps(MEDIA_TYPE)
        self._network = network
        self._port = port

    def send(self, ask: Ask, provider: type[Provider]) -> Reply:
        """What the server says, as it says it.

        Raises:
            AskRefused: its name leads inside, or its quota is used up.
            AskFailed: no connection, no end before the deadline, or more than is read.
        """
        question = narrow_ask(ask, WhoisQuestion)
        server = question.server
        call = Call(question, provider, server, self._steps.deadline, server=server, account=server)
        reply: Reply = walk(self._all_steps, self._exchange, call)
        return reply

    def recall(self, ask: Ask, provider: type[Provider]) -> Reply | None:
        """The good reply that is kept; None if there is none."""
        return self._steps.recall(ask)

    def keep(self, ask: Ask, provider: type[Provider], reply: Reply) -> None:
        """Keep what was told in answer to an ask that went out with others."""
        self._steps.keep(ask, reply)

    def settle(self, ask: Ask, provider: type[Provider], outcome: Outcome) -> None:
        """Keep a reply for as long as it is good, now that it was understood."""
        self._steps.settle(ask, provider, outcome)

    def _exchange(self, call: Call) -> RawResponse:
        import httpcore

        from clew.providers.web.sockets import CallContext, call_scope

        question, deadline = narrow_ask(call.ask, WhoisQuestion), call.deadline
        server, line = question.server, _line(question)
        try:
            with call_scope(CallContext(deadline, follows=True)):
                stream = self._network().connect_tcp(server, self._port)
                with closing(stream):
                    stream.write(line)
                    return RawResponse(200, {}, _read_all(stream, server))
        except (httpcore.TimeoutException, TimeoutError):
            raise AskFailed(f"{server} did not answer within {deadline.seconds:g} s", kind="timeout") from None
        except (httpcore.NetworkError, OSError) as error:
            raise AskFailed(f"{server} could not be asked: {type(error).__name__}", kind="connect") from None


def make_channel(context: ChannelContext) -> WhoisChannel:
    """The channel `whois`."""
    return WhoisChannel(CallSteps.of(context))


def _line(question: WhoisQuestion) -> bytes:
    if any(ord(character) < 32 and character != "\n" for character in question.query):
        raise AskRefused(f"{question.server} was not asked: the query has control characters", kind="query", sent=False)
    return question.query.replace("\n", "\r\n").encode() + b"\r\n"


def _read_all(stream: Any, server: str) -> bytes:
    """Everything until the end of the connection."""
    chunks: list[bytes] = []
    size = 0
    while chunk := stream.read(_CHUNK):
        chunks.append(chunk)
        size += len(chunk)
        if size > MAX_REPLY:
            raise AskFailed(f"{server} sent more than {MAX_REPLY // 2**20} MiB", kind="reply")
    return b"".join(chunks)
