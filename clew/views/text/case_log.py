"""The history of a case for people: what was done in each step, when, by whom, and whether it still counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, overload

from clew.entities import Key
from clew.entities.checked_text import stamp
from clew.entities.codec import from_key
from clew.entities.display import html_table, time_text, visible
from clew.errors import EntityError
from clew.graph.case_reader import CaseReader
from clew.graph.format.undo import undone_steps
from clew.views.text.step_text import describe_event

if TYPE_CHECKING:
    import pandas as pd

#: How many steps a notebook shows; text, frame and file have all.
STEPS_SHOWN = 200
_ACTOR_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Entry:
    """One step of a case.

    Attributes:
        kind: of its event, for programs; `words` says it for people.
        undone_by: the step that took it back; 0 if it counts.
    """

    number: int
    at: datetime
    by: str
    kind: str
    words: str
    undone_by: int = 0

    @property
    def mark(self) -> str:
        """That it was taken back, if it was."""
        return f"taken back by step {self.undone_by}" if self.undone_by else ""

    @property
    def summary(self) -> str:
        """What was done, and whether it was taken back."""
        return f"{self.words} ({self.mark})" if self.undone_by else self.words

    def __str__(self) -> str:
        return f"{self.number:>5}  {time_text(self.at)}  {visible(self.by, _ACTOR_SHOWN):<12}  {self.summary}"


class Log(Sequence[Entry]):
    """Every step of a case, the first one first. Times are UTC."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._entries = tuple(entries)

    @overload
    def __getitem__(self, index: int) -> Entry: ...
    @overload
    def __getitem__(self, index: slice) -> Log: ...
    def __getitem__(self, index: int | slice) -> Entry | Log:
        return Log(self._entries[index]) if isinstance(index, slice) else self._entries[index]

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def __str__(self) -> str:
        return "\n".join(map(str, self._entries))

    __repr__ = __str__

    def records(self) -> list[dict[str, object]]:
        """One record a step, of values that JSON has."""
        return [{**asdict(entry), "at": stamp(entry.at)} for entry in self]

    def to_frame(self) -> pd.DataFrame:
        """One row a step: number, at, by, kind, words, undone_by."""
        import pandas as pd

        return pd.DataFrame(map(asdict, self), columns=list(Entry.__dataclass_fields__))

    def _repr_html_(self) -> str:
        last = self[-STEPS_SHOWN:]
        left_out = len(self) - len(last)
        rows = [(entry.number, time_text(entry.at), entry.by, entry.words, entry.mark) for entry in last]
        note = f"<p>and {left_out:,} earlier steps: print it, or use .to_frame()</p>" if left_out else ""
        return f"{note}{html_table(('step', 'when (UTC)', 'who', 'what', ''), rows)}"


def read_log(case: CaseReader) -> Log:
    """Read the history.

    Raises:
        CaseDamaged: a step is not what was written.
    """
    steps = list(case.history)
    undone_by, name = undone_steps(steps), _naming(case)
    return Log(
        Entry(
            step.number,
            step.at,
            visible(step.by, 80),
            step.event.kind,
            describe_event(step.event, name),
            undone_by.get(step.number, 0),
        )
        for step in steps
    )


def _naming(case: CaseReader) -> Callable[[Key], str]:
    """What the case calls the node of a key by now; the key itself where that means nothing to it."""

    @cache
    def name(key: Key) -> str:
        try:
            return f"{key.kind} {case.entity(from_key(key)).label}"
        except EntityError:
            return str(key)

    return name
