"""What all asks of a process share: connections, calls on their way, and for each source how it has been."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from clew.errors import AskFailed
from clew.providers.base import Provider
from clew.providers.web.breaker import Breaker
from clew.providers.web.clock import Clock, Deadline
from clew.providers.web.flight import Flights
from clew.providers.web.retry import Allowance

if TYPE_CHECKING:
    import httpx

    from clew.providers.web.transport import Transport


class Line:
    """The way to one source.

    Attributes:
        breaker: leaves it alone when it fails and fails.
        allowance: how often it may be asked again.
    """

    def __init__(self, provider: type[Provider], clock: Clock) -> None:
        self.breaker = Breaker(clock)
        self.allowance = Allowance()
        self._places = threading.BoundedSemaphore(provider.concurrency)

    @contextmanager
    def place(self, deadline: Deadline, *, who: str) -> Generator[None]:
        """One of its places, for the block. Raises AskFailed if none is free before the deadline."""
        if not self._places.acquire(timeout=deadline.left):
            raise AskFailed(f"{who} was not asked: too many asks wait for it", kind="timeout", sent=False)
        try:
            yield
        finally:
            self._places.release()


class Lines:
    """The ways to all sources, for all threads of a process. A process that was forked off has its own.

    Args:
        instead: a network in the place of the real one.
    """

    def __init__(self, instead: Callable[[], httpx.BaseTransport] | None = None, *, clock: Clock | None = None) -> None:
        self.is_real = instead is None
        self.clock = clock or Clock()
        self._instead = instead
        # By process: locks that another thread held at the moment of the fork stay locked in the child.
        self._flights: dict[int, Flights] = {}
        self._lines: dict[tuple[int, str, str], Line] = {}

    @cached_property
    def transport(self) -> Transport:
        """Connections."""
        # Loaded here: most sessions never use the network.
        from clew.providers.web.transport import Transport

        return Transport(self._instead)

    @property
    def flights(self) -> Flights:
        """The calls that are on their way."""
        return self._flights.setdefault(os.getpid(), Flights())

    def line(self, provider: type[Provider], server: str = "") -> Line:
        """The way to a source; to one of its servers, where it has many that have nothing to do with each other."""
        key = (os.getpid(), provider.name, server)
        return self._lines.get(key) or self._lines.setdefault(key, Line(provider, self.clock))
