"""A live replay: what a case asked is asked again, within a budget and behind the gate. The case is only read."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from clew.entities import Entity, Finding, Outcome
from clew.entities.display import visible
from clew.entities.times import moment
from clew.errors import AskSkipped, ConnectError, MissingExtra, QueryError
from clew.graph.answers import as_asked
from clew.graph.comparing import compare
from clew.graph.difference import Difference
from clew.graph.events import Connected, Pivoted, Step
from clew.graph.fold import Fold
from clew.graph.gating import gate_in_force
from clew.graph.latest import Call, Latest
from clew.graph.merging import due_merges
from clew.graph.plan import Budget
from clew.graph.reading import Reading
from clew.graph.replay import folded, retold
from clew.graph.states import State, absent
from clew.graph.store import Store
from clew.pivots.context import Workspace, now
from clew.pivots.invocation import Leg
from clew.pivots.registry import find_pivot
from clew.providers.base import Ask, Channel, Provider, Reply
from clew.providers.exchange import Answer
from clew.providers.runner import Runner

if TYPE_CHECKING:
    from clew.providers.logs.store import LogStore

#: How long ago something was asked: `7d`, `12h`, a timedelta.
Age = str | timedelta


def ask_again(
    saved: Store, around: Workspace, *, budget: Budget, older_than: Age | None, clock: Callable[[], datetime] = now
) -> Difference:
    """Ask every question of a case once more, and compare its latest answers with those of today.

    Args:
        budget: what may be asked; what is beyond it is not asked, and so not confirmed.
        older_than: only what was asked longer ago than that; the rest is taken as it was recorded.

    Raises:
        QueryError: an age that is none.
        CaseError: a step is not what was written.
    """
    at = clock()
    steps = list(saved.steps())
    latest = Latest.of(steps)
    due = {call: single for call, (_, single) in latest.calls.items()}
    if older_than is not None:
        due = latest.asked_before(cutoff(older_than, at))
    with _logs(steps, around) as logs:
        gate = gate_in_force(saved, around.gate, around.settings.analyst)
        runner = around.runner(clock=clock, extra_logs=logs, fresh=True, gate=gate)
        asker = _Asker(runner, _Ration(budget.calls))
        today = {call: asker.ask(single) for call, single in due.items()}
    then = [retold(step, latest.told(step)) for step in steps]
    again = [retold(step, latest.told(step, today)) for step in steps]
    with folded(saved, then) as before, folded(saved, again) as after:
        _merge(after, len(steps), today.values())
        about = _about(today, len(latest.calls), asker.ration)
        return compare(State.of(Reading(before), then), State.of(Reading(after), again), about)


def cutoff(age: Age, at: datetime) -> datetime:
    """The moment that is so long ago. Raises QueryError for what is no age."""
    if isinstance(age, timedelta):
        return at - abs(age)
    try:
        return moment(f"-{age.strip().removeprefix('-')}", at)
    except QueryError:
        raise QueryError(f"{visible(age, 40)!r} is no age", next_step="write 7d, 12h, 2w or 1mon") from None


@dataclass(slots=True)
class _Ration:
    """How many asks are left of a budget, and how many there was none for."""

    calls: int
    spent: int = 0
    denied: int = 0

    def take(self) -> None:
        """One ask. Raises AskSkipped where none is left."""
        if self.spent >= self.calls:
            self.denied += 1
            raise AskSkipped(f"not asked: the budget of {_many(self.calls, 'call')} is spent", kind="budget")
        self.spent += 1

    def give_back(self) -> None:
        self.spent -= 1


@dataclass(frozen=True, slots=True)
class _Rationed:
    """A channel that sends only what the ration allows."""

    channel: Channel
    ration: _Ration

    def send(self, ask: Ask, provider: type[Provider]) -> Reply:
        self.ration.take()
        try:
            return self.channel.send(ask, provider)
        except AskSkipped:
            self.ration.give_back()  # no key, no database: nothing was asked
            raise


@dataclass(frozen=True, slots=True)
class _Asker:
    """Asks one question after the other."""

    runner: Runner
    ration: _Ration

    def ask(self, single: Pivoted) -> Finding:
        """What comes of a question today. A pivot that is not there any more is skipped with the reason."""
        asked = as_asked(single)
        subject, name, arguments = asked.subject, asked.pivot, asked.arguments
        try:
            pivot = find_pivot(type(subject), name)
            answers = tuple(self._run(leg, subject) for leg in pivot.legs(subject, arguments))
        except (QueryError, TypeError, ValueError) as error:
            return absent(single, f"{name} cannot be asked again: {error}", self.runner.clock())
        return pivot.combine(subject, answers, arguments).finding

    def _run(self, leg: Leg, subject: Entity) -> Answer:
        # The ways that a plug-in brings itself are rationed too.
        ways = {**leg.provider.channels(), **self.runner.channels}
        channels = {name: _Rationed(channel, self.ration) for name, channel in ways.items()}
        runner = dataclasses.replace(self.runner, channels=channels)
        return runner.run(leg.pivot, leg.provider, subject, leg.steps)


@contextmanager
def _logs(steps: Iterable[Step], around: Workspace) -> Generator[tuple[LogStore, ...]]:
    """The logs that the case was connected to, as they are today. Those that are not there any more are missing."""
    with ExitStack() as open_logs:
        yield tuple(
            open_logs.enter_context(closing(store))
            for path in dict.fromkeys(step.event.path for step in steps if isinstance(step.event, Connected))
            for store in _opened(Path(path), around)
        )


def _opened(path: Path, around: Workspace) -> tuple[LogStore, ...]:
    from clew.providers.logs.store import LogStore

    try:
        return (LogStore.open(path, around.settings.cache),)
    except (ConnectError, MissingExtra):
        return ()  # a query will say that no logs are connected


def _merge(after: Store, steps: int, findings: Iterable[Finding]) -> None:
    """Make one what today's answers say is one. The merges of the case itself are among its steps."""
    said = [part for finding in findings for part in finding.parts or (finding,)]
    mentions = [end for part in said for link in part.links for end in (link.source, link.target)]
    mentions += [entity for part in said for entity in part.same]
    with after.transaction() as connection:
        for number, merge in enumerate(due_merges(connection, mentions, ()), start=steps + 1):
            Fold(connection).apply(number, merge)


def _about(today: Mapping[Call, Finding], calls: int, ration: _Ration) -> str:
    outcomes = Counter(finding.outcome for finding in today.values())
    told = ", ".join(f"{outcomes[outcome]} {outcome}" for outcome in Outcome if outcomes[outcome])
    lines = [f"{len(today)} of {_many(calls, 'pivot')} asked again with {_many(ration.spent, 'call')}"]
    lines += [told] if told else []
    if ration.denied:
        lines.append(f"beyond the budget of {_many(ration.calls, 'call')}: {ration.denied}")
    if len(today) < calls:
        lines.append(f"taken as recorded: {calls - len(today)}")
    return "; ".join(lines)


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
