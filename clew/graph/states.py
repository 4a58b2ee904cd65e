"""One of two graphs that are compared: what it knows, and what each source said last."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from clew.entities import Claim, Entity, Finding, Key, Outcome
from clew.entities.codec import from_key
from clew.entities.finding import ANSWERED
from clew.errors import CaseError
from clew.graph.events import Event, Judged, Pivoted, Step, singles
from clew.graph.fold import ANALYST
from clew.graph.frames import Node
from clew.graph.reading import Reading
from clew.graph.store import not_in_force
from clew.pivots.combine import combine_findings
from clew.providers.base import canonical_json


class Question(NamedTuple):
    """What one source was asked. A look-up asks each of its sources in one way: its own arguments say whom."""

    subject: Key
    pivot: str
    provider: str
    arguments: str


@dataclass(frozen=True, slots=True)
class State:
    """One of two graphs: what it knows, and every answer that counts."""

    reading: Reading
    nodes: Mapping[Key, Node]
    claims: Sequence[Claim]
    given: Sequence[tuple[Question, Finding]]

    @classmethod
    def of(cls, reading: Reading, steps: Iterable[Step] | None = None) -> State:
        """The state of a graph.

        Args:
            steps: those that it was made of; the history of the case, if not given.
        """
        told = tuple(reading.history() if steps is None else steps)
        undone = not_in_force(told)
        given = [each for step in told if step.number not in undone for each in _asked(reading, step.event)]
        nodes = {node.key: node for node in reading.known()}
        return cls(reading, nodes, reading.said(), given)

    def key(self, entity: Entity) -> Key | None:
        """What this graph calls an entity; None where it does not know it."""
        return _known_as(self.reading, entity)


def _known_as(reading: Reading, entity: Entity) -> Key | None:
    try:
        return reading.node_key(entity)
    except CaseError:
        return None


def latest(given: Iterable[tuple[Question, Finding]]) -> dict[Question, Finding]:
    """The latest answer to each question. One that is none does not hide the one before it."""
    found: dict[Question, Finding] = {}
    for question, part in given:
        if part.outcome in ANSWERED or question not in found or found[question].outcome not in ANSWERED:
            found[question] = part
    return found


def _asked(reading: Reading, event: Event) -> Iterator[tuple[Question, Finding]]:
    """Every question of an event, with its answer. A person who gives a verdict answers too."""
    if isinstance(event, Judged):
        subject = from_key(event.about)
        said = Finding(subject, "judge", ANALYST, verdict=event.verdict, reason=event.why)
        yield Question(_known_as(reading, subject) or event.about, said.pivot, said.provider, ""), said
    for single in singles(event):
        subject = single.invocation.subject
        key = _known_as(reading, subject) or subject.key
        parts = single.finding.parts
        arguments = "" if parts else canonical_json(dict(single.invocation.arguments))
        for part in parts or (single.finding,):
            yield Question(key, part.pivot, part.provider, arguments), part


def common_names(before: State, after: State) -> dict[Key, Key]:
    """One name for each node, the same in both graphs: a node that one of them has alone may be known to the other."""
    joined: dict[Key, Key] = {}

    def root(key: Key) -> Key:
        while key in joined:
            key = joined[key]
        return key

    for one, other in ((before, after), (after, before)):
        for key, node in one.nodes.items():
            known = None if key in other.nodes else other.key(node.entity)
            first, second = sorted((root(key), root(known or key)))
            if first != second:
                joined[second] = first
    return {key: root(key) for key in joined}


def absent(single: Pivoted, reason: str, at: datetime) -> Finding:
    """The finding of a pivot that was not run: each of its sources was skipped."""
    invocation, finding = single.invocation, single.finding
    skipped = [
        Finding(invocation.subject, part.pivot, part.provider, Outcome.SKIPPED, reason=reason, asked_at=at)
        for part in finding.parts or (finding,)
    ]
    return combine_findings(invocation.subject, invocation.pivot, tuple(skipped)) if finding.parts else skipped[0]
