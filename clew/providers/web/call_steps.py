"""The steps of a call, whatever language the source speaks, from what is kept down to the exchange.

recall -> share -> keep -> (what the channel makes of a response) -> guard -> retry -> count -> queue -> exchange
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import nullcontext

from clew.entities import Outcome
from clew.errors import AskFailed
from clew.providers.base import Ask, Provider, Reply
from clew.providers.channels import ChannelContext
from clew.providers.web.call_walk import Call, Step
from clew.providers.web.clock import Deadline
from clew.providers.web.connections import Connections, Endpoint
from clew.providers.web.quota import Quotas
from clew.providers.web.raw_response import RawResponse
from clew.providers.web.reply_cache import ReplyCache
from clew.providers.web.retry import retry_after, retry_steps

#: How long a call may take in all, its waits and attempts included.
CALL_SECONDS = 30.0
#: A step between replies, and one between responses.
ReplyStep = Generator[None, Reply, Reply]
ResponseStep = Generator[None, RawResponse, RawResponse]


class CallSteps:
    """The steps of one batch of asks, for as many threads as there are.

    Args:
        connections: what this process shares with other batches.
        cache: replies that are still good; None keeps none.
        quotas: counts calls; None counts none.
        seconds: how long a call may take in all.
        fresh: ask again even where a good reply is kept.
    """

    def __init__(
        self,
        connections: Connections,
        *,
        cache: ReplyCache | None = None,
        quotas: Quotas | None = None,
        seconds: float = CALL_SECONDS,
        fresh: bool = False,
    ) -> None:
        self.connections = connections
        self._cache = cache
        self._quotas = quotas
        self._seconds = seconds
        self._fresh = fresh
        #: Above what a channel makes of a response, and below it.
        self.reply_steps: tuple[Step, ...] = (self.recall_reply, self.share_reply, self.keep_reply)
        self.response_steps: tuple[Step, ...] = (self.guard, self.retry, self.count, self.queue)

    @classmethod
    def of(cls, context: ChannelContext) -> CallSteps:
        """Those of a batch of asks; calls of a made-up network are not counted."""
        resources = context.resources
        return cls(
            resources.connections,
            cache=resources.reply_cache,
            quotas=resources.quotas if resources.connections.is_real else None,
            seconds=resources.settings.deadline,
            fresh=context.fresh,
        )

    @property
    def deadline(self) -> Deadline:
        """That of a call that begins now."""
        return Deadline.after(self._seconds, self.connections.clock)

    def plain_steps(self, media_type: str) -> tuple[Step, ...]:
        """All steps to a source without keys, headers and statuses: its response is its reply."""

        def read_reply(_: Call) -> Generator[None, RawResponse, Reply]:
            response = yield
            return Reply(response.body, media_type, self.connections.clock.now(), attempts=response.attempts)

        return (*self.reply_steps, read_reply, *self.response_steps)

    # -- what is kept --------------------------------------------------------------------------------------------

    def recall(self, ask: Ask, key: str = "") -> Reply | None:
        """The good reply that is kept; None if there is none."""
        return None if self._cache is None or self._fresh else self._cache.find(ask, key)

    def keep(self, ask: Ask, reply: Reply, key: str = "") -> None:
        """Keep what was told."""
        if self._cache is not None:
            self._cache.keep(ask, key, reply)

    def settle(self, ask: Ask, provider: type[Provider], outcome: Outcome, key: str = "") -> None:
        """Keep a reply for as long as it is good, now that it was understood."""
        if self._cache is not None:
            self._cache.settle(ask, key, provider, outcome)

    # -- steps that give replies ---------------------------------------------------------------------------------

    def recall_reply(self, call: Call) -> ReplyStep:
        """A good reply that is kept is the answer."""
        cached_reply = self.recall(call.ask, call.key)
        return cached_reply if cached_reply is not None else (yield)

    def share_reply(self, call: Call) -> ReplyStep:
        """Whoever asks what is being asked at this moment waits for that answer, or for its error."""
        key = f"{call.provider.name} {call.key} {call.ask.fingerprint}"
        return self.connections.flights.join(key, call.deadline, source=call.source)

    def keep_reply(self, call: Call) -> ReplyStep:
        """Keeps the reply. Looks first: since `recall_reply` the call of another thread may have come back."""
        cached_reply = self.recall(call.ask, call.key)
        if cached_reply is not None:
            return cached_reply
        reply = yield
        self.keep(call.ask, reply, call.key)
        return reply

    # -- steps that give responses -------------------------------------------------------------------------------

    def guard(self, call: Call) -> ResponseStep:
        """A source that fails and fails is left alone for a while."""
        breaker = self._endpoint(call).breaker
        breaker.check(call.source)
        try:
            response = yield
        except AskFailed as error:
            if error.sent:
                breaker.record_outcome(is_answered=error.kind not in ("connect", "timeout"))
            raise
        breaker.record_outcome(is_answered=response.status < 500)
        return response

    def retry(self, call: Call) -> ResponseStep:
        """What is in passing trouble is tried again."""
        return retry_steps(self._endpoint(call).retry_budget, call.deadline, repeatable=call.repeatable)

    def count(self, call: Call) -> ResponseStep:
        """Waits until the quota has room, and believes the source that says that it has none."""
        quotas, account = self._quotas, call.key or call.account
        with quotas.turn(call.provider, account, call.deadline) if quotas is not None else nullcontext():
            response = yield
        seconds = retry_after(response.headers, self.connections.clock.now()) if response.status == 429 else None
        if quotas is not None and seconds is not None:
            quotas.hold(call.provider, account, seconds, call.deadline)
        return response

    def queue(self, call: Call) -> ResponseStep:
        """Waits for one of the places of the source."""
        with self._endpoint(call).slot(call.deadline, source=call.source):
            return (yield)

    def _endpoint(self, call: Call) -> Endpoint:
        return self.connections.endpoint(call.provider, call.server)
