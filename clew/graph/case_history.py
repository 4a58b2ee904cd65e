"""The steps of a case, and the case as it was after one of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from clew.entities.checked_text import stamp
from clew.entities.times import ANY_TIME, TimeLike, TimeWindow, parse_time
from clew.errors import CaseError
from clew.graph.format.events import Opened, Step, Windowed
from clew.graph.store import Store


class CaseHistory:
    """The steps of a case: `len` is how many there are; each, in order, is checked against the hash chain.

    Raises:
        CaseDamaged: when the steps are gone through, at the first that was changed.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def __iter__(self) -> Iterator[Step]:
        return self._store.steps()

    def __len__(self) -> int:
        return self._store.head().step

    @property
    def title(self) -> str:
        """As given when the case began; empty for a case that did not."""
        return next((step.event.title for step in self if isinstance(step.event, Opened)), "")

    @property
    def window(self) -> TimeWindow:
        """The time that queries are asked about which say none themselves; any time, if the case says none."""
        with self._store.reading() as connection:
            (step,) = next(connection.execute("SELECT max(step) FROM remarks WHERE kind = 'window'"))
        if step is None:
            return ANY_TIME
        event = self._store.step(step).event
        if not isinstance(event, Windowed):
            raise CaseError(f"step {step} is no window")
        return event.window

    def store_at(self, moment: int | TimeLike) -> Store:
        """The file as it was after a step, or at a time, in memory.

        Args:
            moment: the number of a step, or a time: absolute, ISO 8601 with its zone, or relative (`-2d`).

        Raises:
            CaseError: there was no case yet.
            QueryError: a time that is none.
        """
        number = moment if isinstance(moment, int) else self._step_at(parse_time(moment, datetime.now(UTC)))
        if not 1 <= number <= len(self):
            raise CaseError(f"there is no step {number}", next_step=f"give 1 to {len(self)}, or a time")
        return self._store.as_of(number)

    def _step_at(self, time: datetime) -> int:
        with self._store.reading() as connection:
            (number,) = next(connection.execute("SELECT max(number) FROM steps WHERE at <= ?", (stamp(time),)))
        if number is None:
            raise CaseError(f"there was no case yet at {stamp(time)}", next_step="see case.history")
        return int(number)
