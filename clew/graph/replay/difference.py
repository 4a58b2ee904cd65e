"""What differs between two graphs, one line a change. What a source did not answer is not confirmed, and not gone."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from clew.entities import Key, Outcome, Relation, Verdict
from clew.entities.finding import Scalar

if TYPE_CHECKING:
    import pandas as pd


class Change(StrEnum):
    """What became of something. Only `gone` says that somebody was asked and does not say it any more."""

    NEW = "new"
    GONE = "gone"
    CHANGED = "changed"
    UNCONFIRMED = "not confirmed"


class Row(NamedTuple):
    """One change as one row: of a fact, `relation` is its name, and `target` who says it."""

    kind: str
    change: str
    subject: str
    relation: str = ""
    target: str = ""
    before: str = ""
    after: str = ""
    reason: str = ""


class NodeName(NamedTuple):
    """A node, and what people call it."""

    key: Key
    label: str

    def __str__(self) -> str:
        return f"{self.key.kind} {self.label}{f' on {self.key.scope}' if self.key.scope else ''}"


@dataclass(frozen=True, slots=True)
class Support:
    """What an edge rests on: who says it, in how many places of the evidence, and when it happened."""

    sources: tuple[str, ...]
    count: int
    first: datetime | None
    last: datetime | None

    def __str__(self) -> str:
        times = "" if self.count == 1 else f", {self.count} times"
        moments = dict.fromkeys(f"{moment:%Y-%m-%dT%H:%M:%SZ}" for moment in (self.first, self.last) if moment)
        period = f", {' to '.join(moments)}" if moments else ""
        return f"by {'+'.join(self.sources)}{times}{period}"


@dataclass(frozen=True, slots=True)
class AnswerSummary:
    """What one source said: whether it found anything, what it thinks, and how many rows or records came back."""

    outcome: Outcome
    verdict: Verdict
    returned_count: int

    def __str__(self) -> str:
        verdict = "" if self.verdict is Verdict.UNKNOWN else f", {self.verdict}"
        return f"{self.outcome}{verdict}{f', {self.returned_count} returned' if self.returned_count else ''}"


@dataclass(frozen=True, slots=True)
class NodeChange:
    """A node that is in one graph alone, or is called or described in another way."""

    change: Change
    node: NodeName
    before: str = ""
    after: str = ""
    reason: str = ""

    def rows(self) -> Iterator[Row]:
        yield Row(
            "node", self.change.value, str(self.node.key), before=self.before, after=self.after, reason=self.reason
        )

    def __str__(self) -> str:
        return f"{self.node}{_transition(self.before, self.after)}{_reason_suffix(self.reason)}"


@dataclass(frozen=True, slots=True)
class EdgeChange:
    """An edge that is in one graph alone, or rests on something else."""

    change: Change
    source: NodeName
    relation: Relation
    target: NodeName
    before: Support | None = None
    after: Support | None = None
    reason: str = ""

    def rows(self) -> Iterator[Row]:
        ends = str(self.source.key), self.relation.value, str(self.target.key)
        yield Row("edge", self.change.value, *ends, _text(self.before), _text(self.after), self.reason)

    def __str__(self) -> str:
        transition = _transition(_text(self.before), _text(self.after))
        return f"{self.source} {self.relation} {self.target}{transition}{_reason_suffix(self.reason)}"


@dataclass(frozen=True, slots=True)
class VerdictChange:
    """A verdict that is another, or that nobody who gave it has confirmed."""

    change: Change
    node: NodeName
    before: Verdict
    after: Verdict
    reason: str

    def rows(self) -> Iterator[Row]:
        yield Row(
            "verdict",
            self.change.value,
            str(self.node.key),
            before=self.before.value,
            after=self.after.value,
            reason=self.reason,
        )

    def __str__(self) -> str:
        return f"verdict of {self.node}{_transition(self.before, self.after)}{_reason_suffix(self.reason)}"


@dataclass(frozen=True, slots=True)
class FactChange:
    """A fact with other values; a source may give several, or none."""

    name: str
    before: tuple[Scalar, ...]
    after: tuple[Scalar, ...]

    def __str__(self) -> str:
        return f"{self.name}: {_values(self.before) or 'none'} → {_values(self.after) or 'none'}"


@dataclass(frozen=True, slots=True)
class AnswerChange:
    """What one source says about one entity, where that differs. One of both sides is None where it was not asked.

    Attributes:
        arguments: of the call, as JSON; empty for a source that was asked by a look-up.
        reason: what the source says today, or why it did not answer.
    """

    change: Change
    subject: NodeName
    pivot: str
    provider: str
    arguments: str
    before: AnswerSummary | None
    after: AnswerSummary | None
    facts: tuple[FactChange, ...] = ()
    reason: str = ""

    def rows(self) -> Iterator[Row]:
        about = self.change.value, str(self.subject.key)
        yield Row("answer", *about, self.pivot, self.provider, _text(self.before), _text(self.after), self.reason)
        for fact in self.facts:
            yield Row("fact", *about, fact.name, self.provider, _values(fact.before), _values(fact.after))

    def __str__(self) -> str:
        facts = "".join(f"; {fact}" for fact in self.facts)
        transition = _transition(_text(self.before), _text(self.after))
        return f"{self.provider} on {self.subject}, {self.pivot}{transition}{facts}{_reason_suffix(self.reason)}"


AnyChange = NodeChange | EdgeChange | VerdictChange | AnswerChange


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

    def where(self, change: str) -> Difference:
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
        from clew.graph.replay.difference_render import difference_text

        return difference_text(self)

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
        from clew.graph.format.atomic_write import atomic_write
        from clew.graph.replay.difference_render import html_page

        return atomic_write(html_page(self), Path(path), "the difference")

    def save(self, path: str | Path) -> Path:
        """Write it as the ending of the file says: .html, .json, .csv or .txt; what was there is replaced.

        Raises:
            QueryError: another ending.
            CaseReadOnly: the file cannot be written.
        """
        from clew.graph.replay.difference_render import save

        return save(self, Path(path))

    def _repr_html_(self) -> str:
        from clew.graph.replay.difference_render import html_fragment

        return html_fragment(self)


def _transition(before: str, after: str) -> str:
    if before and after:
        return f": {before} → {after}"
    return f": {before or after}" if before or after else ""


def _reason_suffix(reason: str) -> str:
    return f" ({reason})" if reason else ""


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _values(values: tuple[Scalar, ...]) -> str:
    return ", ".join(map(str, values))


def _storable(text: str) -> str:
    # A lone surrogate, which JSON can spell, is nothing that a column of text can hold.
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()
