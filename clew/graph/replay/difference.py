"""What differs between two graphs, one line a change. What a source did not answer is not confirmed, and not gone."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from clew.graph.format.atomic_write import atomic_write
from clew.graph.replay import difference_render
from clew.graph.replay.changes import AnswerChange, AnyChange, Change, EdgeChange, NodeChange, Row, VerdictChange

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs between two graphs. It is true where anything does, or is not confirmed.

    Attributes:
        about: what was compared, in a line.
    """

    nodes: tuple[NodeChange, ...] = ()
    edges: tuple[EdgeChange, ...] = ()
    verdicts: tuple[VerdictChange, ...] = ()
    answers: tuple[AnswerChange, ...] = ()
    about: str = ""

    @property
    def changes(self) -> tuple[AnyChange, ...]:
        """All of it: verdicts, the answers behind them, and the graph."""
        return (*self.verdicts, *self.answers, *self.nodes, *self.edges)

    def filter(self, change: str) -> Difference:
        """The part of it that is `new`, `gone`, `changed` or `not confirmed`. Raises ValueError for another word."""
        selected_change = Change(change)
        return Difference(
            tuple(item for item in self.nodes if item.change is selected_change),
            tuple(item for item in self.edges if item.change is selected_change),
            tuple(item for item in self.verdicts if item.change is selected_change),
            tuple(item for item in self.answers if item.change is selected_change),
            self.about,
        )

    @property
    def counts(self) -> dict[str, int]:
        """How many changes there are of each sort, those that there are."""
        counter = Counter(item.change for item in self.changes)
        return {change.value: counter[change] for change in Change if counter[change]}

    def __bool__(self) -> bool:
        return bool(self.nodes or self.edges or self.verdicts or self.answers)

    def __str__(self) -> str:
        return difference_render.difference_text(self)

    def rows(self) -> Iterator[Row]:
        """Every change as rows of plain text."""
        return (row for change in self.changes for row in change.rows())

    def to_frame(self) -> pd.DataFrame:
        """One row per change: kind, change, subject, relation, target, before, after, reason."""
        import pandas as pd

        return pd.DataFrame([[_storable(cell) for cell in row] for row in self.rows()], columns=[*Row._fields])

    def to_json(self) -> str:
        """The same rows as JSON."""
        changes = [row._asdict() for row in self.rows()]
        return json.dumps({"about": self.about, "counts": self.counts, "changes": changes}, indent=1)

    def to_html(self, path: str | Path) -> Path:
        """Write one page that opens offline and in which nothing is active. Raises CaseReadOnly if it cannot be."""
        return atomic_write(difference_render.html_page(self), Path(path), "the difference")

    def save(self, path: str | Path) -> Path:
        """Write it as the ending of the file says: .html, .json, .csv or .txt; what was there is replaced.

        Raises:
            QueryError: another ending.
            CaseReadOnly: the file cannot be written.
        """
        return difference_render.save(self, Path(path))

    def _repr_html_(self) -> str:
        return difference_render.html_fragment(self)


def _storable(text: str) -> str:
    # A lone surrogate, which JSON can spell, is nothing that a column of text can hold.
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()
