"""Time and chance as things to hand in, and the one deadline of a call."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Clock:
    """What time it is, how to wait, and what is left to chance.

    Attributes:
        now: the time in UTC, the same for all processes.
        monotonic: seconds that only grow.
        sleep: waits so many seconds.
        random: a number from 0 up to 1.
    """

    now: Callable[[], datetime] = now
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    random: Callable[[], float] = random.random


@dataclass(frozen=True, slots=True)
class Deadline:
    """The moment at which a call is given up, with its waits, attempts and redirects.

    Attributes:
        seconds: how long the whole call may take.
        ends_at: on the monotonic clock.
    """

    seconds: float
    ends_at: float
    clock: Clock

    @classmethod
    def after(cls, seconds: float, clock: Clock) -> Deadline:
        """So many seconds from now."""
        return cls(seconds, clock.monotonic() + seconds, clock)

    @property
    def remaining(self) -> float:
        """Seconds that are left; 0 when it is over."""
        return max(0.0, self.ends_at - self.clock.monotonic())
