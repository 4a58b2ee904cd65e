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
from clew.providers.web.breaker import CircuitBreaker
from clew.providers.web.clock import Clock, Deadline
from clew.providers.web.retry import RetryBudget
from clew.providers.web.single_flight import SingleFlight

if TYPE_CHECKING:
    import httpx

    from clew.providers.web.http_transport import HttpTransport


class Endpoint:
    """The way to one source.

    Attributes:
        breaker: leaves it alone when it fails and fails.
        retry_budget: how often it may be asked again.
    """

    def __init__(self, provider: type[Provider], clock: Clock) -> None:
        self.breaker = CircuitBreaker(clock)
        self.retry_budget = RetryBudget()
        self._slots = threading.BoundedSemaphore(provider.concurrency)

    @contextmanager
    def slot(self, deadline: Deadline, *, source: str) -> Generator[None]:
        """One of its places, for the block. Raises AskFailed if none is free before the deadline."""
        if not self._slots.acquire(timeout=deadline.remaining):
            raise AskFailed(f"{source} was not asked: too many asks wait for it", kind="timeout", sent=False)
        try:
            yield
        finally:
            self._slots.release()


class Connections:
    """The ways to all sources, for all threads of a process. A process that was forked off has its own.

    Args:
        substitute: a network in the place of the real one.
    """

    def __init__(
        self, substitute: Callable[[], httpx.BaseTransport] | None = None, *, clock: Clock | None = None
    ) -> None:
        self.is_real = substitute is None
        self.clock = clock or Clock()
        self._substitute = substitute
        # By process: locks that another thread held at the moment of the fork stay locked in the child.
        self._flights: dict[int, SingleFlight] = {}
        self._endpoints: dict[tuple[int, str, str], Endpoint] = {}

    @cached_property
    def transport(self) -> HttpTransport:
        """Connections."""
        # Loaded here: most sessions never use the network.
        from clew.providers.web.http_transport import HttpTransport

        return HttpTransport(self._substitute)

    @property
    def flights(self) -> SingleFlight:
        """The calls that are on their way."""
        return self._flights.setdefault(os.getpid(), SingleFlight())

    def endpoint(self, provider: type[Provider], server: str = "") -> Endpoint:
        """The way to a source; to one of its servers, where it has many that have nothing to do with each other."""
        key = (os.getpid(), provider.name, server)
        return self._endpoints.get(key) or self._endpoints.setdefault(key, Endpoint(provider, self.clock))
