"""What stands between an ask and the exchange that answers it, whatever language the source speaks.

cache -> single flight -> breaker -> attempts (quota -> place -> exchange) -> cache
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING

from clew.entities import Outcome
from clew.errors import AskFailed
from clew.providers.base import Ask, Provider, Reply
from clew.providers.channels import ChannelContext
from clew.providers.web.clock import Deadline
from clew.providers.web.connections import Connections, Endpoint
from clew.providers.web.quota import Quotas
from clew.providers.web.reply_cache import ReplyCache
from clew.providers.web.retry import call_with_retries, retry_after

if TYPE_CHECKING:
    from clew.providers.web.http_transport import RawResponse

#: How long a call may take in all, its waits and attempts included.
CALL_SECONDS = 30.0
#: From the deadline of a call to its reply, and the key that it was given to.
Fetch = Callable[[Deadline], tuple[Reply, str]]


class Middleware:
    """The layers of one batch of asks, for as many threads as there are.

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

    @property
    def deadline(self) -> Deadline:
        """That of a call that begins now."""
        return Deadline.after(self._seconds, self.connections.clock)

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

    # -- the way out ---------------------------------------------------------------------------------------------

    def fetch_once(self, ask: Ask, provider: type[Provider], fetch: Fetch, *, source: str, key: str = "") -> Reply:
        """One reply: a good one that is kept, that of the same ask on its way, or what `fetch` gives.

        Args:
            source: the source, for people.
            key: whose replies these are.

        Raises:
            AskError: that of `fetch`, or that the other ask took too long.
        """
        cached_reply = self.recall(ask, key)
        if cached_reply is not None:
            return cached_reply
        deadline = self.deadline

        def fetch_and_keep() -> Reply:
            # Again: between the first look and the lead, another flight may have landed.
            cached_reply = self.recall(ask, key)
            if cached_reply is not None:
                return cached_reply
            reply, reply_key = fetch(deadline)
            self.keep(ask, reply, reply_key)
            return reply

        return self.connections.flights.join(
            f"{provider.name} {key} {ask.fingerprint}", fetch_and_keep, deadline, source=source
        )

    def exchange_with_retries(
        self,
        provider: type[Provider],
        exchange: Callable[[], RawResponse],
        deadline: Deadline,
        *,
        source: str,
        key: str,
        server: str = "",
        repeatable: bool = True,
    ) -> RawResponse:
        """What came back, at the first attempt that is not in passing trouble.

        Args:
            key: whose quota is used.
            server: whose breaker and places are used: a provider may have many that have nothing to do with each other.
            repeatable: whether it may be sent twice.

        Raises:
            AskError: that of the last attempt.
        """
        endpoint = self.connections.endpoint(provider, server)
        endpoint.breaker.check(source)
        call = partial(self._exchange_once, provider, exchange, deadline, endpoint, source, key)
        try:
            response = call_with_retries(call, endpoint.retry_budget, deadline, repeatable=repeatable)
        except AskFailed as error:
            if error.sent:
                endpoint.breaker.record_outcome(is_answered=error.kind not in ("connect", "timeout"))
            raise
        endpoint.breaker.record_outcome(is_answered=response.status < 500)
        return response

    def _exchange_once(
        self,
        provider: type[Provider],
        exchange: Callable[[], RawResponse],
        deadline: Deadline,
        endpoint: Endpoint,
        source: str,
        key: str,
    ) -> RawResponse:
        quotas = self._quotas
        turn = quotas.turn(provider, key, deadline) if quotas is not None else nullcontext()
        with turn, endpoint.slot(deadline, source=source):
            response = exchange()
        seconds = retry_after(response.headers, self.connections.clock.now()) if response.status == 429 else None
        if quotas is not None and seconds is not None:
            quotas.hold(provider, key, seconds, deadline)
        return response

    # -- sources without keys, headers and statuses --------------------------------------------------------------

    def send(
        self, ask: Ask, provider: type[Provider], exchange: Callable[[Deadline], bytes], *, server: str, media_type: str
    ) -> Reply:
        """One reply of a server that has a quota, a breaker and places of its own.

        Raises:
            AskError: that of the last attempt.
        """
        # Loaded here: it comes with the HTTP library, which sessions that ask nobody do not need.
        from clew.providers.web.http_transport import RawResponse

        def fetch(deadline: Deadline) -> tuple[Reply, str]:
            response = self.exchange_with_retries(
                provider,
                lambda: RawResponse(200, {}, exchange(deadline)),
                deadline,
                source=server,
                key=server,
                server=server,
            )
            return Reply(response.body, media_type, self.connections.clock.now(), attempts=response.attempts), ""

        return self.fetch_once(ask, provider, fetch, source=server)


def middleware(context: ChannelContext) -> Middleware:
    """The layers of a batch of asks, for a channel that speaks no HTTP."""
    resources = context.resources
    return Middleware(
        resources.connections,
        cache=resources.reply_cache,
        quotas=resources.quotas,
        seconds=resources.settings.deadline,
        fresh=context.fresh,
    )
