"""The layers of web services for channels that speak something else than HTTP, and have no keys.

cache -> single flight -> breaker -> attempts (quota -> place -> exchange) -> cache
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from functools import partial

from clew.entities import Outcome
from clew.errors import AskFailed
from clew.providers.base import Ask, Provider, Reply
from clew.providers.web.cache import Cache
from clew.providers.web.clock import Deadline
from clew.providers.web.lines import Line, Lines
from clew.providers.web.quota import Quotas
from clew.providers.web.retry import attempts

#: How long a call may take in all, its waits and attempts included.
SECONDS = 30.0
#: One exchange with a server, to its reply. Raises AskError.
Exchanged = Callable[[Deadline], bytes]


class Layers:
    """What stands between an ask and the exchange that answers it.

    Args:
        lines: what this process shares with other batches.
        cache: replies that are still good; None keeps none.
        quotas: counts calls; None counts none.
        seconds: how long a call may take in all.
        fresh: ask again even where a good reply is kept.
    """

    def __init__(
        self, lines: Lines, *, cache: Cache | None = None, quotas: Quotas | None = None, seconds: float = SECONDS,
        fresh: bool = False,
    ) -> None:  # fmt: skip
        self._lines = lines
        self._cache = cache
        self._quotas = quotas
        self._seconds = seconds
        self._fresh = fresh

    def send(self, ask: Ask, provider: type[Provider], exchange: Exchanged, *, server: str, media_type: str) -> Reply:
        """One reply: a good one that is kept, that of the same ask on its way, or one that is sent for.

        Args:
            exchange: with the server; it is tried again where no connection was made.
            server: whose breaker, places and quota these are: a provider may have many.

        Raises:
            AskError: that of the last attempt.
        """
        known = self.recall(ask)
        if known is not None:
            return known
        deadline = Deadline.after(self._seconds, self._lines.clock)
        lead = partial(self._lead, ask, provider, exchange, server, media_type, deadline)
        return self._lines.flights.join(f"{provider.name} {ask.fingerprint}", lead, deadline, who=server)

    def settle(self, ask: Ask, provider: type[Provider], outcome: Outcome) -> None:
        """Keep a reply for as long as it is good, now that it was understood."""
        if self._cache is not None:
            self._cache.settle(ask, "", provider, outcome)

    def keep(self, ask: Ask, reply: Reply) -> None:
        """Keep a reply, for a moment: until it is settled what it means."""
        if self._cache is not None:
            self._cache.keep(ask, "", reply)

    def recall(self, ask: Ask) -> Reply | None:
        """The good reply that is kept; None if there is none."""
        return None if self._cache is None or self._fresh else self._cache.find(ask, "")

    def _lead(
        self, ask: Ask, provider: type[Provider], exchange: Exchanged, server: str, media_type: str, deadline: Deadline
    ) -> Reply:
        # Again: between the first look and the lead, another flight may have landed.
        known = self.recall(ask)
        if known is not None:
            return known
        body = self._tried(provider, exchange, server, deadline)
        reply = Reply(body, media_type, self._lines.clock.now())
        self.keep(ask, reply)
        return reply

    def _tried(self, provider: type[Provider], exchange: Exchanged, server: str, deadline: Deadline) -> bytes:
        # Loaded here: it comes with the HTTP library, which sessions that ask nobody do not need.
        from clew.providers.web.transport import Received

        line = self._lines.line(provider, server)
        line.breaker.check(server)

        def once() -> Received:
            return Received(200, {}, self._once(provider, exchange, server, deadline, line))

        try:
            got = attempts(once, line.allowance, deadline, repeatable=True)
        except AskFailed as error:
            if error.sent:
                line.breaker.told(answered=error.kind not in ("connect", "timeout"))
            raise
        line.breaker.told(answered=True)
        return got.body

    def _once(
        self, provider: type[Provider], exchange: Exchanged, server: str, deadline: Deadline, line: Line
    ) -> bytes:
        turn = self._quotas.turn(provider, server, deadline) if self._quotas is not None else nullcontext()
        with turn, line.place(deadline, who=server):
            return exchange(deadline)
