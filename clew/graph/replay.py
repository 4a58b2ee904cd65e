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
from clew.graph.answers import as_asked
from clew.graph.comparing import compare
from clew.graph.difference import Difference
from clew.graph.digest import digest, digest_lines
from clew.graph.events import BulkPivoted, Pivoted, Step, singles
from clew.graph.fold import Fold
from clew.graph.reading import Reading
from clew.graph.states import State, absent
from clew.graph.store import Store, not_in_force
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
        digest: of the rebuilt graph; `saved` is that of the graph in the file.
        steps: how many steps were replayed, `pivots` of them run again.
        first_difference: the first line in which the graphs differ; empty if they do not.
        unkept: how many answers were taken as they were recorded, because there was no room for their replies.
    """

    identical: bool
    digest: str
    saved: str
    steps: int
    pivots: int
    first_difference: str
    unkept: int = 0

    def __str__(self) -> str:
        if self.identical:
            told = f"identical: {self.steps} steps, {self.pivots} pivots replayed, digest {self.digest[:16]}"
            return (
                f"{told}; {self.unkept} answers as recorded, for their replies were not kept" if self.unkept else told
            )
        return f"different: {self.first_difference}"


def replay_case(saved: Store) -> Replay:
    """Rebuild the graph of a case in memory from its recorded exchanges, and compare.

    Raises:
        CaseError: a step or its evidence is not what was written, or a pivot is not there any more.
    """
    steps = list(saved.steps())
    again = [retold(step, partial(_run_again, saved, step)) for step in steps]
    with folded(saved, again) as rebuilt, saved.reading() as connection:
        new, old = digest(rebuilt.connection), digest(connection)
        asked = [single for step in steps for single in singles(step.event)]
        unkept = sum(any(exchange.unkept for exchange in single.exchanges) for single in asked)
        first = "" if new == old else _difference(saved, rebuilt)
        return Replay(new == old, new, old, len(steps), len(asked) - unkept, first, unkept)


def reparse_case(saved: Store) -> Difference:
    """What differs where today's clew reads the recorded evidence. What it cannot read any more is not confirmed.

    Raises:
        CaseError: a step or its evidence is not what was written.
    """
    steps = list(saved.steps())

    def read(step: Step, single: Pivoted) -> Finding:
        try:
            return _run_again(saved, step, single)
        except _Missing as error:
            return absent(single, error.what, step.at)

    again = [retold(step, partial(read, step)) for step in steps]
    with folded(saved, again) as rebuilt:
        pivots = sum(len(singles(step.event)) for step in steps)
        before, after = State.of(Reading(saved), steps), State.of(Reading(rebuilt), again)
        return compare(before, after, f"{pivots} pivots read again from what was recorded")


def retold(step: Step, finding_of: Callable[[Pivoted], Finding | None]) -> Step:
    """A step with other findings; pivots for which there is none are left out."""
    match step.event:
        case Pivoted() as event:
            finding = finding_of(event)
            # A pivot over nobody stands for one that is left out: the number of the step is taken all the same.
            left = BulkPivoted(event.invocation.pivot, {}, ())
            told = left if finding is None else dataclasses.replace(event, finding=finding)
        case BulkPivoted() as event:
            found = zip(event.answers, map(finding_of, event.single()), strict=True)
            answers = (dataclasses.replace(answer, finding=finding) for answer, finding in found if finding is not None)
            told = dataclasses.replace(event, answers=tuple(answers))
        case _:
            return step
    return dataclasses.replace(step, event=told)


@contextmanager
def folded(saved: Store, steps: Sequence[Step]) -> Generator[Store]:
    """The graph that follows from steps, in memory. The steps themselves are not kept in it, which halves the time.

    Args:
        saved: the case that they are of, which has the rows of its imports.
    """
    with Store(None) as store:
        with store.transaction() as connection:
            fold = Fold(
                connection, undone=not_in_force(steps), evidence=lambda fingerprint: saved.checked(fingerprint).body
            )
            for step in steps:
                fold.apply(step.number, step.event)
        yield store


class _Missing(CaseError):
    """A pivot, one of its arguments or one of its providers is not there any more."""


def _run_again(saved: Store, step: Step, single: Pivoted) -> Finding:
    if any(exchange.unkept for exchange in single.exchanges):
        return single.finding  # nothing is left to read it from
    replies = saved.replies(single.exchanges, step=step.number)
    # No channels: whatever was not recorded cannot be asked, and no socket can be opened.
    runner = Runner({}, Playback(single.exchanges, replies), Gate(offline=True), lambda: step.at)
    try:
        pivot = find_pivot(type(single.invocation.subject), single.invocation.pivot)
        return execute(runner, as_asked(single), pivot).finding
    except (QueryError, TypeError, ValueError) as error:
        raise _Missing(
            f"step {step.number}, {single.invocation.pivot}, cannot be run again: {error}",
            next_step="replay it with the clew that wrote it",
        ) from error


def _difference(saved: Store, rebuilt: Store) -> str:
    for old, new in zip_longest(digest_lines(saved.connection), digest_lines(rebuilt.connection)):
        if old != new:
            return f"saved {visible(old, 400)} / replayed {visible(new, 400)}"
    return ""
