"""What can be different between two graphs, one value a change; each is a row of a table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from clew.entities import Key, Outcome, Relation, Verdict
from clew.entities.finding import Scalar


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
        """The change as a row."""
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
        """The change as a row."""
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
        """The change as a row."""
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
        """The answer as a row, then one for each of its facts that differs."""
        about = self.change.value, str(self.subject.key)
        yield Row("answer", *about, self.pivot, self.provider, _text(self.before), _text(self.after), self.reason)
        for fact in self.facts:
            yield Row("fact", *about, fact.name, self.provider, _values(fact.before), _values(fact.after))

    def __str__(self) -> str:
        facts = "".join(f"; {fact}" for fact in self.facts)
        transition = _transition(_text(self.before), _text(self.after))
        return f"{self.provider} on {self.subject}, {self.pivot}{transition}{facts}{_reason_suffix(self.reason)}"


AnyChange = NodeChange | EdgeChange | VerdictChange | AnswerChange


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
