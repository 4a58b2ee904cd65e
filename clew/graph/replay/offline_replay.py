"""Replay: every recorded pivot run again on what was recorded, with no way to ask anybody, and the graphs compared."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import zip_longest

from clew.entities import Finding
from clew.entities.display import visible
from clew.errors import CaseError, QueryError
from clew.graph.case_reader import CaseReader
from clew.graph.expansion.reusable_answers import normalized_invocation
from clew.graph.format.events import BulkPivoted, Pivoted, Step, pivot_events
from clew.graph.format.undo import inactive_steps
from clew.graph.projection.digest import digest, digest_lines
from clew.graph.projection.fold import Fold
from clew.graph.replay.comparison import compare
from clew.graph.replay.difference import Difference
from clew.graph.replay.graph_state import GraphState, skipped_finding
from clew.graph.store import Store
from clew.pivots.execution import execute
from clew.pivots.registry import find_pivot
from clew.providers.exchange import Playback
from clew.providers.gate import Gate
from clew.providers.runner import Runner


@dataclass(frozen=True, slots=True)
class Replay:
    """What a replay found.

    Attributes:
        identical: whether the rebuilt graph is the saved one.
        digest: of the rebuilt graph; `saved_digest` is that of the graph in the file.
        steps: how many steps were replayed, `pivots` of them run again.
        first_difference: the first line in which the graphs differ; empty if they do not.
        unkept: how many answers were taken as they were recorded, because there was no room for their replies.
    """

    identical: bool
    digest: str
    saved_digest: str
    steps: int
    pivots: int
    first_difference: str
    unkept: int = 0

    def __str__(self) -> str:
        if self.identical:
            summary = f"identical: {self.steps} steps, {self.pivots} pivots replayed, digest {self.digest[:16]}"
            return (
                f"{summary}; {self.unkept} answers as recorded, for their replies were not kept"
                if self.unkept
                else summary
            )
        return f"different: {self.first_difference}"


def replay_case(store: Store) -> Replay:
    """Rebuild the graph of a case in memory from its recorded exchanges, and compare.

    Raises:
        CaseError: a step or its evidence is not what was written, or a pivot is not there any more.
    """
    steps = list(store.steps())
    new_steps = [with_findings(step, partial(_reparse_pivot, store, step)) for step in steps]
    with projected_graph(store, new_steps) as rebuilt, store.reading() as connection:
        new, old = digest(rebuilt.connection), digest(connection)
        recorded_pivots = [pivot_event for step in steps for pivot_event in pivot_events(step.event)]
        unkept = sum(any(exchange.unkept for exchange in pivot_event.exchanges) for pivot_event in recorded_pivots)
        first = "" if new == old else _difference(store, rebuilt)
        return Replay(new == old, new, old, len(steps), len(recorded_pivots) - unkept, first, unkept)


def reparse_case(store: Store) -> Difference:
    """What differs where today's clew reads the recorded evidence. What it cannot read any more is not confirmed.

    Raises:
        CaseError: a step or its evidence is not what was written.
    """
    steps = list(store.steps())

    def read(step: Step, pivot_event: Pivoted) -> Finding:
        try:
            return _reparse_pivot(store, step, pivot_event)
        except _PivotMissing as error:
            return skipped_finding(pivot_event, error.message, step.at)

    new_steps = [with_findings(step, partial(read, step)) for step in steps]
    with projected_graph(store, new_steps) as rebuilt:
        pivots = sum(len(pivot_events(step.event)) for step in steps)
        before, after = GraphState.of(CaseReader(store), steps), GraphState.of(CaseReader(rebuilt), new_steps)
        return compare(before, after, f"{pivots} pivots read again from what was recorded")


def with_findings(step: Step, finding_of: Callable[[Pivoted], Finding | None]) -> Step:
    """A step with other findings; pivots for which there is none are left out."""
    match step.event:
        case Pivoted() as event:
            finding = finding_of(event)
            # A pivot over nobody stands for one that is left out: the number of the step is taken all the same.
            empty_event = BulkPivoted(event.invocation.pivot, {}, ())
            new_event = empty_event if finding is None else dataclasses.replace(event, finding=finding)
        case BulkPivoted() as event:
            pairs = zip(event.answers, map(finding_of, event.pivot_events()), strict=True)
            answers = (dataclasses.replace(answer, finding=finding) for answer, finding in pairs if finding is not None)
            new_event = dataclasses.replace(event, answers=tuple(answers))
        case _:
            return step
    return dataclasses.replace(step, event=new_event)


@contextmanager
def projected_graph(original: Store, steps: Sequence[Step]) -> Generator[Store]:
    """The graph that follows from steps, in memory. The steps themselves are not kept in it, which halves the time.

    Args:
        original: the case that they are of, which has the rows of its imports.
    """
    with Store(None) as store:
        with store.transaction() as connection:
            fold = Fold(
                connection,
                undone=inactive_steps(steps),
                evidence=lambda fingerprint: original.verified_reply(fingerprint).body,
            )
            for step in steps:
                fold.apply(step.number, step.event)
        yield store


class _PivotMissing(CaseError):
    """A pivot, one of its arguments or one of its providers is not there any more."""


def _reparse_pivot(store: Store, step: Step, pivot_event: Pivoted) -> Finding:
    if any(exchange.unkept for exchange in pivot_event.exchanges):
        return pivot_event.finding  # nothing is left to read it from
    replies = store.replies(pivot_event.exchanges, step=step.number)
    # No channels: whatever was not recorded cannot be asked, and no socket can be opened.
    runner = Runner({}, Playback(pivot_event.exchanges, replies), Gate(offline=True), lambda: step.at)
    try:
        pivot = find_pivot(type(pivot_event.invocation.subject), pivot_event.invocation.pivot)
        return execute(runner, normalized_invocation(pivot_event), pivot).finding
    except (QueryError, TypeError, ValueError) as error:
        raise _PivotMissing(
            f"step {step.number}, {pivot_event.invocation.pivot}, cannot be run again: {error}",
            next_step="replay it with the clew that wrote it",
        ) from error


def _difference(original: Store, rebuilt: Store) -> str:
    for old, new in zip_longest(digest_lines(original.connection), digest_lines(rebuilt.connection)):
        if old != new:
            return f"saved {visible(old, 400)} / replayed {visible(new, 400)}"
    return ""
