"""A source that fails and fails is left alone for a while, and then tried with one call."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from clew.entities.checked_text import stamp
from clew.errors import AskFailed
from clew.providers.web.clock import Clock

#: Calls in a row, each with its retries, that got no connection, no answer in time, or a server's error.
FAILURES = 5
COOL_DOWN_SECONDS = 30.0


class CircuitBreaker:
    """Stands before one source, for all threads of a process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failure_count = 0
        self._failing_since: datetime | None = None
        self._open_until = 0.0

    def check(self, source: str) -> None:
        """Let a call pass. While it is open, one call after each cool-down is let through to try.

        Raises:
            AskFailed: since when the source fails, and when it is tried again.
        """
        with self._lock:
            if self._failing_since is None:
                return
            wait = self._open_until - self._clock.monotonic()
            if wait <= 0:
                # The next is let through when this one did not come back either.
                self._open_until = self._clock.monotonic() + COOL_DOWN_SECONDS
                return
            retry_time = self._clock.now() + timedelta(seconds=wait)
            failing_since = stamp(self._failing_since)
            message = f"{source} was not asked: it failed {self._failure_count} times in a row since {failing_since}"
            raise AskFailed(message, kind="breaker", next_step=f"it is tried again at {stamp(retry_time)}", sent=False)

    def record_outcome(self, *, is_answered: bool) -> None:
        """What became of a call: whether the source answered, be it with a refusal."""
        with self._lock:
            if is_answered:
                self._failure_count, self._failing_since = 0, None
                return
            self._failure_count += 1
            if self._failure_count >= FAILURES:
                self._failing_since = self._failing_since or self._clock.now()
                self._open_until = self._clock.monotonic() + COOL_DOWN_SECONDS
