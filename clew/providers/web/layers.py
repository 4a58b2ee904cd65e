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
from clew.providers.web.cache import Cache
from clew.providers.web.clock import Deadline
from clew.providers.web.lines import Line, Lines
from clew.providers.web.quota import Quotas
from clew.providers.web.retry import attempts, retry_after

if TYPE_CHECKING:
    from clew.providers.web.transport import Received

#: How long a call may take in all, its waits and attempts included.
SECONDS = 30.0
#: From the deadline of a call to its reply, and the key that it was given to.
Lead = Callable[[Deadline], tuple[Reply, str]]


class Layers:
    """The layers of one batch of asks, for as many threads as there are.

    Args:
        lines: what this process shares with other batches.
        cache: replies that are still good; None keeps none.
        quotas: counts calls; None counts none.
        seconds: how long a call may take in all.
        fresh: ask again even where a good reply is kept.
    """

    def __init__(
        self,
        lines: Lines,
        *,
        cache: Cache | None = None,
        quotas: Quotas | None = None,
        seconds: float = SECONDS,
        fresh: bool = False,
    ) -> None:
        self.lines = lines
        self._cache = cache
        self._quotas = quotas
        self._seconds = seconds
        self._fresh = fresh

    @property
    def deadline(self) -> Deadline:
        """That of a call that begins now."""
        return Deadline.after(self._seconds, self.lines.clock)

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

    def once(self, ask: Ask, provider: type[Provider], lead: Lead, *, who: str, key: str = "") -> Reply:
        """One reply: a good one that is kept, that of the same ask on its way, or what `lead` gives.

        Args:
            who: the source, for people.
            key: whose replies these are.

        Raises:
            AskError: that of `lead`, or that the other ask took too long.
        """
        known = self.recall(ask, key)
        if known is not None:
            return known
        deadline = self.deadline

        def first() -> Reply:
            # Again: between the first look and the lead, another flight may have landed.
            known = self.recall(ask, key)
            if known is not None:
                return known
            reply, told_to = lead(deadline)
            self.keep(ask, reply, told_to)
            return reply

        return self.lines.flights.join(f"{provider.name} {key} {ask.fingerprint}", first, deadline, who=who)

    def tried(
        self,
        provider: type[Provider],
        exchange: Callable[[], Received],
        deadline: Deadline,
        *,
        who: str,
        key: str,
        server: str = "",
        repeatable: bool = True,
    ) -> Received:
        """What came back, at the first attempt that is not in passing trouble.

        Args:
            key: whose quota is used.
            server: whose breaker and places are used: a provider may have many that have nothing to do with each other.
            repeatable: whether it may be sent twice.

        Raises:
            AskError: that of the last attempt.
        """
        line = self.lines.line(provider, server)
        line.breaker.check(who)
        once = partial(self._once, provider, exchange, deadline, line, who, key)
        try:
            got = attempts(once, line.allowance, deadline, repeatable=repeatable)
        except AskFailed as error:
            if error.sent:
                line.breaker.told(answered=error.kind not in ("connect", "timeout"))
            raise
        line.breaker.told(answered=got.status < 500)
        return got

    def _once(
        self,
        provider: type[Provider],
        exchange: Callable[[], Received],
        deadline: Deadline,
        line: Line,
        who: str,
        key: str,
    ) -> Received:
        quotas = self._quotas
        turn = quotas.turn(provider, key, deadline) if quotas is not None else nullcontext()
        with turn, line.place(deadline, who=who):
            got = exchange()
        seconds = retry_after(got.headers, self.lines.clock.now()) if got.status == 429 else None
        if quotas is not None and seconds is not None:
            quotas.hold(provider, key, seconds, deadline)
        return got

    # -- sources without keys, headers and statuses --------------------------------------------------------------

    def send(
        self, ask: Ask, provider: type[Provider], exchange: Callable[[Deadline], bytes], *, server: str, media_type: str
    ) -> Reply:
        """One reply of a server that has a quota, a breaker and places of its own.

        Raises:
            AskError: that of the last attempt.
        """
        # Loaded here: it comes with the HTTP library, which sessions that ask nobody do not need.
        from clew.providers.web.transport import Received

        def lead(deadline: Deadline) -> tuple[Reply, str]:
            got = self.tried(
                provider, lambda: Received(200, {}, exchange(deadline)), deadline, who=server, key=server, server=server
            )
            return Reply(got.body, media_type, self.lines.clock.now(), attempts=got.attempts), ""

        return self.once(ask, provider, lead, who=server)
