"""Single flight: those who ask the same at the same time share one call and what becomes of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from clew.errors import AskError, AskFailed
from clew.providers.base import Reply
from clew.providers.web.clock import Deadline


@dataclass(slots=True)
class _Flight:
    landed: threading.Event = field(default_factory=threading.Event)
    got: Reply | AskError | None = None
    #: How many others wait for it.
    waiting: int = 0


class Flights:
    """The calls that are on their way, by what they ask."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._flights: dict[str, _Flight] = {}

    @property
    def waiting(self) -> int:
        """How many wait for the call of another thread."""
        with self._turn:
            return sum(flight.waiting for flight in self._flights.values())

    def join(self, key: str, call: Callable[[], Reply], deadline: Deadline, *, who: str) -> Reply:
        """What `call` gives, or what the same call of another thread gives that began before.

        Raises:
            AskError: that of the call, for everybody who waited for it.
        """
        while True:
            with self._turn:
                is_first = key not in self._flights
                flight = self._flights.setdefault(key, _Flight())
                flight.waiting += not is_first
            if is_first:
                return self._lead(key, flight, call)
            if not flight.landed.wait(deadline.left):
                raise AskFailed(f"{who} did not answer within {deadline.seconds:g} s", kind="timeout", sent=False)
            if isinstance(flight.got, AskError):
                raise _same(flight.got)
            if flight.got is not None:
                return replace(flight.got, sent=False)
            # Whoever led was interrupted: the next one leads.

    def _lead(self, key: str, flight: _Flight, call: Callable[[], Reply]) -> Reply:
        try:
            flight.got = reply = call()
        except AskError as error:
            flight.got = _same(error)
            raise
        else:
            return reply
        finally:
            with self._turn:
                del self._flights[key]
            flight.landed.set()


def _same(error: AskError) -> AskError:
    """The error for another thread, which did not send anything: each has a traceback of its own."""
    return type(error)(error.what, kind=error.kind, where=error.where, next_step=error.next_step, sent=False)
