"""Replay: every recorded pivot run again on what was recorded, with no way to ask anybody, and the graphs compared."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest

from clew.entities.display import visible
from clew.graph.digest import digest, digest_lines
from clew.graph.events import Pivoted, Step
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
        CaseDamaged: a step or its evidence is not what was written.
    """
    steps = list(saved.steps())
    pivots = 0
    with Store(None) as rebuilt:
        for step in steps:
            if isinstance(step.event, Pivoted):
                pivots += 1
                _replay_pivot(saved, rebuilt, step, step.event)
            else:
                rebuilt.append(step.event, at=step.at, by=step.by, tool=step.tool)
        if any(undone_merges(step.event for step in steps)):
            rebuilt.rebuild()
        with saved.reading() as connection:
            new, old = digest(rebuilt.connection), digest(connection)
            return Replay(new == old, new, old, len(steps), pivots, "" if new == old else _difference(saved, rebuilt))


def _replay_pivot(saved: Store, rebuilt: Store, step: Step, event: Pivoted) -> None:
    replies = saved.replies(event.exchanges, step=step.number)
    answer = _run_again(event, step, replies)
    again = Pivoted(event.invocation, answer.finding, event.exchanges)
    rebuilt.append(again, at=step.at, by=step.by, replies=replies, tool=step.tool)


def _run_again(event: Pivoted, step: Step, replies: dict[str, Reply]) -> Answer:
    # No channels: whatever was not recorded cannot be asked, and no socket can be opened.
    runner = Runner({}, Playback(event.exchanges, replies), Gate(offline=True), lambda: step.at)
    pivot = find_pivot(type(event.invocation.subject), event.invocation.pivot)
    return execute(runner, event.invocation, pivot)


def _difference(saved: Store, rebuilt: Store) -> str:
    for old, new in zip_longest(digest_lines(saved.connection), digest_lines(rebuilt.connection)):
        if old != new:
            return f"saved {visible(old, 400)} / replayed {visible(new, 400)}"
    return ""
