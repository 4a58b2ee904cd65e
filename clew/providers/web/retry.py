"""Trying again: what is worth it, after how long, and how often it may happen in all."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from clew.errors import AskFailed
from clew.providers.web.clock import Clock, Deadline

if TYPE_CHECKING:
    from clew.providers.web.transport import Received

ATTEMPTS = 3
#: The longest wait before the second attempt, and before any attempt, in seconds.
BASE_SECONDS, CAP_SECONDS = 0.5, 20.0
#: Retries for each call on average, and how many of them can be saved up.
SHARE, SAVED = 0.2, 10.0
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
_MOST_SECONDS = 10 * 366 * 24 * 3600


class Allowance:
    """How many retries a source is worth: a fifth of its calls. When all of it is down, nobody makes it worse."""

    def __init__(self) -> None:
        self._left = SAVED
        self._turn = threading.Lock()

    def earn(self) -> None:
        """A call was made."""
        with self._turn:
            self._left = min(SAVED, self._left + SHARE)

    def spend(self) -> bool:
        """Whether there is a retry left; it is then used."""
        with self._turn:
            has_one = self._left >= 1
            self._left -= has_one
            return has_one


def attempts(once: Callable[[], Received], allowance: Allowance, deadline: Deadline, *, repeatable: bool) -> Received:
    """The result of the first attempt that is not in passing trouble, or of the last.

    Args:
        repeatable: whether the request may be sent twice.

    Raises:
        AskError: that of the last attempt.
    """
    allowance.earn()
    clock = deadline.clock
    got, made = _attempt(once), 1
    for number in range(1, ATTEMPTS):
        wait = pause(number, got, clock)
        if not (repeatable and _passing(got) and wait < deadline.left and allowance.spend()):
            break
        clock.sleep(wait)
        got, made = _attempt(once), number + 1
    if isinstance(got, AskFailed):
        got.attempts = made
        raise got
    return replace(got, attempts=made) if made > 1 else got


def _attempt(once: Callable[[], Received]) -> Received | AskFailed:
    try:
        return once()
    except AskFailed as error:
        return error


def _passing(got: Received | AskFailed) -> bool:
    """Whether a moment later the same may go well."""
    return got.kind == "connect" if isinstance(got, AskFailed) else got.status in _PASSING


def pause(number: int, got: Received | AskFailed, clock: Clock) -> float:
    """Seconds to wait after the attempt of that number: what the source asks for, and by chance more.

    Chance spreads those who failed together over the whole of a span, which doubles with each attempt.
    """
    span: float = min(CAP_SECONDS, BASE_SECONDS * 2 ** (number - 1))
    told = None if isinstance(got, AskFailed) else retry_after(got.headers, clock.now())
    return (told or 0.0) + clock.random() * span


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """The seconds that a Retry-After asks for, as a number or as a date; None for what is past, or is neither."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(min(int(text[:12]), _MOST_SECONDS))
    try:
        moment = parsedate_to_datetime(text)
        seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now.timestamp()
    except (OverflowError, TypeError, ValueError):
        return None
    return min(seconds, float(_MOST_SECONDS)) if seconds > 0 else None
