"""Trying again: what is worth it, after how long, and how often it may happen in all."""

from __future__ import annotations

import threading
from collections.abc import Generator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from clew.errors import AskFailed
from clew.providers.web.clock import Clock, Deadline
from clew.providers.web.raw_response import RawResponse

ATTEMPTS = 3
#: The longest wait before the second attempt, and before any attempt, in seconds.
BASE_SECONDS, CAP_SECONDS = 0.5, 20.0
#: Retries for each call on average, and how many of them can be saved up.
RETRY_SHARE, MAX_SAVED = 0.2, 10.0
_TRANSIENT_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})
_MAX_SECONDS = 10 * 366 * 24 * 3600


class RetryBudget:
    """How many retries a source is worth: a fifth of its calls. When all of it is down, nobody makes it worse."""

    def __init__(self) -> None:
        self._balance = MAX_SAVED
        self._lock = threading.Lock()

    def earn(self) -> None:
        """A call was made."""
        with self._lock:
            self._balance = min(MAX_SAVED, self._balance + RETRY_SHARE)

    def spend(self) -> bool:
        """Whether there is a retry left; it is then used."""
        with self._lock:
            has_one = self._balance >= 1
            self._balance -= has_one
            return has_one


def retry_steps(
    budget: RetryBudget, deadline: Deadline, *, repeatable: bool
) -> Generator[None, RawResponse, RawResponse]:
    """A step of a call: the first attempt that is not in passing trouble, or the last.

    Args:
        repeatable: whether the request may be sent twice.

    Raises:
        AskError: that of the last attempt.
    """
    budget.earn()
    attempt_count = 0
    while True:
        result: RawResponse | AskFailed
        try:
            result = yield
        except AskFailed as error:
            result = error
        attempt_count += 1
        if not (repeatable and attempt_count < ATTEMPTS and _is_transient(result)):
            break
        wait = backoff_seconds(attempt_count, result, deadline.clock)
        if wait >= deadline.remaining or not budget.spend():
            break
        deadline.clock.sleep(wait)
    if isinstance(result, AskFailed):
        result.attempts = attempt_count
        raise result
    return replace(result, attempts=attempt_count) if attempt_count > 1 else result


def _is_transient(result: RawResponse | AskFailed) -> bool:
    """Whether a moment later the same may go well."""
    return result.kind == "connect" if isinstance(result, AskFailed) else result.status in _TRANSIENT_STATUSES


def backoff_seconds(number: int, result: RawResponse | AskFailed, clock: Clock) -> float:
    """Seconds to wait after the attempt of that number: what the source asks for, and by chance more.

    Chance spreads those who failed together over the whole of a span, which doubles with each attempt.
    """
    span: float = min(CAP_SECONDS, BASE_SECONDS * 2 ** (number - 1))
    retry_seconds = None if isinstance(result, AskFailed) else retry_after(result.headers, clock.now())
    return (retry_seconds or 0.0) + clock.random() * span


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """The seconds that a Retry-After asks for, as a number or as a date; None for what is past, or is neither."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(min(int(text[:12]), _MAX_SECONDS))
    try:
        moment = parsedate_to_datetime(text)
        seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now.timestamp()
    except (OverflowError, TypeError, ValueError):
        return None
    return min(seconds, float(_MAX_SECONDS)) if seconds > 0 else None
