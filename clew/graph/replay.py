"""Replay: every recorded pivot run again on what was recorded, with no way to ask anybody, and the graphs compared."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from itertools import zip_longest

from clew.entities.display import visible
from clew.errors import CaseError, QueryError
from clew.graph.digest import digest, digest_lines
from clew.graph.events import BulkPivoted, Event, Pivoted, Step
from clew.graph.store import Store, undone_merges
from clew.pivots.context import execute
from clew.pivots.registry import find_pivot
from clew.providers.base import Reply
from clew.providers.exchange import Answer, Playback
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
    """

    identical: bool
    digest: str
    saved: str
    steps: int
    pivots: int
    first_difference: str

    def __str__(self) -> str:
        if self.identical:
            return f"identical: {self.steps} steps, {self.pivots} pivots replayed, digest {self.digest[:16]}"
        return f"different: {self.first_difference}"


def replay_case(saved: Store) -> Replay:
    """Rebuild the graph of a case in memory from its recorded exchanges, and compare.

    Raises:
        CaseError: a step or its evidence is not what was written, or a pivot is not there any more.
    """
    steps = list(saved.steps())
    pivots = 0
    with Store(None) as rebuilt:
        for step in steps:
            event, replies, ran = _again(saved, step)
            pivots += ran
            rebuilt.append(event, at=step.at, by=step.by, tool=step.tool, replies=replies)
        if any(undone_merges(step.event for step in steps)):
            rebuilt.rebuild()
        with saved.reading() as connection:
            new, old = digest(rebuilt.connection), digest(connection)
            return Replay(new == old, new, old, len(steps), pivots, "" if new == old else _difference(saved, rebuilt))


def _again(saved: Store, step: Step) -> tuple[Event, dict[str, Reply], int]:
    """The event of a step as it comes out today, the replies behind it, and how many pivots ran for it."""
    match step.event:
        case Pivoted() as event:
            replies = saved.replies(event.exchanges, step=step.number)
            return dataclasses.replace(event, finding=_run_again(event, step, replies).finding), replies, 1
        case BulkPivoted() as event:
            exchanges = [exchange for answer in event.answers for exchange in answer.exchanges]
            replies = saved.replies(exchanges, step=step.number)
            findings = [_run_again(single, step, replies).finding for single in event.single()]
            answers = tuple(
                dataclasses.replace(answer, finding=finding)
                for answer, finding in zip(event.answers, findings, strict=True)
            )
            return dataclasses.replace(event, answers=answers), replies, len(answers)
        case event:
            return event, {}, 0


def _run_again(event: Pivoted, step: Step, replies: dict[str, Reply]) -> Answer:
    # No channels: whatever was not recorded cannot be asked, and no socket can be opened.
    runner = Runner({}, Playback(event.exchanges, replies), Gate(offline=True), lambda: step.at)
    try:
        pivot = find_pivot(type(event.invocation.subject), event.invocation.pivot)
        return execute(runner, event.invocation, pivot)
    except (QueryError, TypeError, ValueError) as error:
        # The pivot, one of its arguments or one of its providers is not there any more.
        raise CaseError(f"step {step.number}, {event.invocation.pivot}, cannot be run again: {error}",
                        next_step="replay it with the clew that wrote it") from error  # fmt: skip


def _difference(saved: Store, rebuilt: Store) -> str:
    for old, new in zip_longest(digest_lines(saved.connection), digest_lines(rebuilt.connection)):
        if old != new:
            return f"saved {visible(old, 400)} / replayed {visible(new, 400)}"
    return ""
