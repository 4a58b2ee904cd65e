"""One of two graphs that are compared: what it knows, and what each source said last."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from clew.entities import Claim, Entity, Finding, Key, Outcome
from clew.entities.codec import from_key
from clew.errors import CaseError
from clew.graph.case_reader import CaseReader
from clew.graph.format.events import Event, Judged, Pivoted, Step, pivot_events
from clew.graph.format.undo import inactive_steps
from clew.graph.projection.tables import Node
from clew.graph.projection.verdict import ANALYST
from clew.pivots.lookup_verdict import combine_findings
from clew.providers.base import canonical_json


class AnswerKey(NamedTuple):
    """What one source was asked. A look-up asks each of its sources in one way: its own arguments say whom."""

    subject: Key
    pivot: str
    provider: str
    arguments: str


@dataclass(frozen=True, slots=True)
class GraphState:
    """One of two graphs: what it knows, and every answer that counts."""

    case_reader: CaseReader
    nodes: Mapping[Key, Node]
    claims: Sequence[Claim]
    answers: Sequence[tuple[AnswerKey, Finding]]

    @classmethod
    def of(cls, case_reader: CaseReader, steps: Iterable[Step] | None = None) -> GraphState:
        """The state of a graph.

        Args:
            steps: those that it was made of; the history of the case, if not given.
        """
        history = tuple(case_reader.history if steps is None else steps)
        inactive = inactive_steps(history)
        answers = [
            answer
            for step in history
            if step.number not in inactive
            for answer in _event_answers(case_reader, step.event)
        ]
        nodes = {node.key: node for node in case_reader.node_list()}
        return cls(case_reader, nodes, case_reader.claim_list(), answers)

    def key(self, entity: Entity) -> Key | None:
        """What this graph calls an entity; None where it does not know it."""
        return _node_key(self.case_reader, entity)


def _node_key(case_reader: CaseReader, entity: Entity) -> Key | None:
    try:
        return case_reader.tables.node_key(entity)
    except CaseError:
        return None


def _event_answers(case_reader: CaseReader, event: Event) -> Iterator[tuple[AnswerKey, Finding]]:
    """Every question of an event, with its answer. A person who gives a verdict answers too."""
    if isinstance(event, Judged):
        subject = from_key(event.about)
        finding = Finding(subject, "judge", ANALYST, verdict=event.verdict, reason=event.why)
        yield AnswerKey(_node_key(case_reader, subject) or event.about, finding.pivot, finding.provider, ""), finding
    for pivot_event in pivot_events(event):
        subject = pivot_event.invocation.subject
        key = _node_key(case_reader, subject) or subject.key
        parts = pivot_event.finding.parts
        arguments = "" if parts else canonical_json(dict(pivot_event.invocation.arguments))
        for part in parts or (pivot_event.finding,):
            yield AnswerKey(key, part.pivot, part.provider, arguments), part


def common_names(before: GraphState, after: GraphState) -> dict[Key, Key]:
    """One name for each node, the same in both graphs: a node that one of them has alone may be known to the other."""
    parents: dict[Key, Key] = {}

    def root(key: Key) -> Key:
        while key in parents:
            key = parents[key]
        return key

    for state, other in ((before, after), (after, before)):
        for key, node in state.nodes.items():
            counterpart = None if key in other.nodes else other.key(node.entity)
            first, second = sorted((root(key), root(counterpart or key)))
            if first != second:
                parents[second] = first
    return {key: root(key) for key in parents}


def skipped_finding(pivot_event: Pivoted, reason: str, at: datetime) -> Finding:
    """The finding of a pivot that was not run: each of its sources was skipped."""
    invocation, finding = pivot_event.invocation, pivot_event.finding
    findings = [
        Finding(invocation.subject, part.pivot, part.provider, Outcome.SKIPPED, reason=reason, asked_at=at)
        for part in finding.parts or (finding,)
    ]
    return combine_findings(invocation.subject, invocation.pivot, tuple(findings)) if finding.parts else findings[0]
