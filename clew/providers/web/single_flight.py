"""Single flight: those who ask the same at the same time share one call and what becomes of it."""

from __future__ import annotations

import threading
from collections.abc import Generator
from dataclasses import dataclass, field, replace

from clew.errors import AskError, AskFailed
from clew.providers.base import Reply
from clew.providers.web.clock import Deadline


@dataclass(slots=True)
class _Flight:
    done_event: threading.Event = field(default_factory=threading.Event)
    result: Reply | AskError | None = None
    #: How many others wait for it.
    waiter_count: int = 0


class SingleFlight:
    """The calls that are on their way, by what they ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._flights: dict[str, _Flight] = {}

    @property
    def waiter_count(self) -> int:
        """How many wait for the call of another thread."""
        with self._lock:
            return sum(flight.waiter_count for flight in self._flights.values())

    def join(self, key: str, deadline: Deadline, *, source: str) -> Generator[None, Reply, Reply]:
        """A step of a call: what the steps below give, or what the same call of another thread gives that began before.

        Raises:
            AskError: that of the call, for everybody who waited for it.
        """
        while True:
            with self._lock:
                is_first = key not in self._flights
                flight = self._flights.setdefault(key, _Flight())
                flight.waiter_count += not is_first
            if is_first:
                return (yield from self._lead(key, flight))
            if not flight.done_event.wait(deadline.remaining):
                raise AskFailed(f"{source} did not answer within {deadline.seconds:g} s", kind="timeout", sent=False)
            if isinstance(flight.result, AskError):
                raise _copy_error(flight.result)
            if flight.result is not None:
                return replace(flight.result, sent=False)
            # Whoever led was interrupted: the next one leads.

    def _lead(self, key: str, flight: _Flight) -> Generator[None, Reply, Reply]:
        try:
            flight.result = reply = yield
        except AskError as error:
            flight.result = _copy_error(error)
            raise
        else:
            return reply
        finally:
            with self._lock:
                del self._flights[key]
            flight.done_event.set()


def _copy_error(error: AskError) -> AskError:
    """The error for another thread, which did not send anything: each has a traceback of its own."""
    return type(error)(error.message, kind=error.kind, location=error.location, next_step=error.next_step, sent=False)
