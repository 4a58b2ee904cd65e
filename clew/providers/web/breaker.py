"""A source that fails and fails is left alone for a while, and then tried with one call."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from clew.entities.text import stamp
from clew.errors import AskFailed
from clew.providers.web.clock import Clock

#: Calls in a row, each with its retries, that got no connection, no answer in time, or a server's error.
FAILURES = 5
COOL_DOWN_SECONDS = 30.0


class Breaker:
    """Stands before one source, for all threads of a process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._turn = threading.Lock()
        self._failed = 0
        self._since: datetime | None = None
        self._closed_until = 0.0

    def check(self, who: str) -> None:
        """Let a call pass. While it is open, one call after each cool-down is let through to try.

        Raises:
            AskFailed: since when the source fails, and when it is tried again.
        """
        with self._turn:
            if self._since is None:
                return
            wait = self._closed_until - self._clock.monotonic()
            if wait <= 0:
                # The next is let through when this one did not come back either.
                self._closed_until = self._clock.monotonic() + COOL_DOWN_SECONDS
                return
            again = self._clock.now() + timedelta(seconds=wait)
            what = f"{who} was not asked: it failed {self._failed} times in a row since {stamp(self._since)}"
            raise AskFailed(what, kind="breaker", next_step=f"it is tried again at {stamp(again)}", sent=False)

    def told(self, *, answered: bool) -> None:
        """What became of a call: whether the source answered, be it with a refusal."""
        with self._turn:
            if answered:
                self._failed, self._since = 0, None
                return
            self._failed += 1
            if self._failed >= FAILURES:
                self._since = self._since or self._clock.now()
                self._closed_until = self._clock.monotonic() + COOL_DOWN_SECONDS
