"""A live replay: what a case asked is asked again, within a budget and behind the gate. The case is only read."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from clew.entities import Entity, Finding, Outcome
from clew.entities.display import plural, visible
from clew.entities.times import parse_time
from clew.errors import AskSkipped, ConnectError, MissingExtra, QueryError
from clew.graph.case_reader import CaseReader
from clew.graph.expansion.plan import Budget
from clew.graph.expansion.reusable_answers import normalized_invocation
from clew.graph.format.connection_event import Connected
from clew.graph.format.events import Pivoted, Step
from clew.graph.projection.fold import Fold
from clew.graph.projection.merges import due_merges
from clew.graph.recording.case_gate import effective_gate
from clew.graph.replay.comparison import compare
from clew.graph.replay.difference import Difference
from clew.graph.replay.graph_state import GraphState, skipped_finding
from clew.graph.replay.latest_answers import CallKey, LatestAnswers
from clew.graph.replay.offline_replay import projected_graph, with_findings
from clew.graph.store import Store
from clew.pivots.invocation import SubQuery
from clew.pivots.registry import find_pivot
from clew.pivots.workspace import Workspace
from clew.providers.base import Ask, Channel, Provider, Reply
from clew.providers.exchange import Answer
from clew.providers.runner import Runner
from clew.providers.web.clock import now

if TYPE_CHECKING:
    from clew.logs.engines.protocol import LogSource, SourceDescription

#: How long ago something was asked: `7d`, `12h`, a timedelta.
Age = str | timedelta


def replay_live(
    store: Store, workspace: Workspace, *, budget: Budget, older_than: Age | None, clock: Callable[[], datetime] = now
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
    steps = list(store.steps())
    latest = LatestAnswers.of(steps)
    due_calls = {call: pivot_event for call, (_, pivot_event) in latest.calls.items()}
    if older_than is not None:
        due_calls = latest.stale_calls(cutoff(older_than, at))
    with _connected_logs(steps, workspace) as logs:
        gate = effective_gate(store, workspace.gate, workspace.settings.analyst)
        runner = workspace.runner(clock=clock, extra_logs=logs, fresh=True, gate=gate)
        asker = _Asker(runner, _CallBudget(budget.calls))
        new_findings = {call: asker.ask(pivot_event) for call, pivot_event in due_calls.items()}
    recorded_steps = [with_findings(step, latest.finding_selector(step)) for step in steps]
    updated_steps = [with_findings(step, latest.finding_selector(step, new_findings)) for step in steps]
    with projected_graph(store, recorded_steps) as before, projected_graph(store, updated_steps) as after:
        _apply_merges(after, len(steps), new_findings.values())
        about = _summary(new_findings, len(latest.calls), asker.call_budget)
        return compare(
            GraphState.of(CaseReader(before), recorded_steps), GraphState.of(CaseReader(after), updated_steps), about
        )


def cutoff(age: Age, at: datetime) -> datetime:
    """The moment that is so long ago. Raises QueryError for what is no age."""
    if isinstance(age, timedelta):
        return at - abs(age)
    try:
        return parse_time(f"-{age.strip().removeprefix('-')}", at)
    except QueryError:
        raise QueryError(f"{visible(age, 40)!r} is no age", next_step="write 7d, 12h, 2w or 1mon") from None


@dataclass(slots=True)
class _CallBudget:
    """How many asks are left of a budget, and how many there was none for."""

    calls: int
    spent_calls: int = 0
    denied_calls: int = 0

    def spend_call(self) -> None:
        """One ask. Raises AskSkipped where none is left."""
        if self.spent_calls >= self.calls:
            self.denied_calls += 1
            raise AskSkipped(f"not asked: the budget of {plural(self.calls, 'call')} is spent", kind="budget")
        self.spent_calls += 1

    def refund_call(self) -> None:
        self.spent_calls -= 1


@dataclass(frozen=True, slots=True)
class _BudgetedChannel:
    """A channel that sends only what the ration allows."""

    channel: Channel
    call_budget: _CallBudget

    def send(self, ask: Ask, provider: type[Provider]) -> Reply:
        self.call_budget.spend_call()
        try:
            return self.channel.send(ask, provider)
        except AskSkipped:
            self.call_budget.refund_call()  # no key, no database: nothing was asked
            raise


@dataclass(frozen=True, slots=True)
class _Asker:
    """Asks one question after the other."""

    runner: Runner
    call_budget: _CallBudget

    def ask(self, pivot_event: Pivoted) -> Finding:
        """What comes of a question today. A pivot that is not there any more is skipped with the reason."""
        invocation = normalized_invocation(pivot_event)
        subject, name, arguments = invocation.subject, invocation.pivot, invocation.arguments
        try:
            pivot = find_pivot(type(subject), name)
            answers = tuple(self._run(sub_query, subject) for sub_query in pivot.sub_queries(subject, arguments))
        except (QueryError, TypeError, ValueError) as error:
            return skipped_finding(pivot_event, f"{name} cannot be asked again: {error}", self.runner.clock())
        return pivot.combine(subject, answers, arguments).finding

    def _run(self, sub_query: SubQuery, subject: Entity) -> Answer:
        # The ways that a plug-in brings itself are rationed too.
        all_channels = {**sub_query.provider.channels(), **self.runner.channels}
        channels = {name: _BudgetedChannel(channel, self.call_budget) for name, channel in all_channels.items()}
        runner = dataclasses.replace(self.runner, channels=channels)
        return runner.run(sub_query.pivot, sub_query.provider, subject, sub_query.steps)


@contextmanager
def _connected_logs(steps: Iterable[Step], workspace: Workspace) -> Generator[tuple[LogSource, ...]]:
    """The logs that the case was connected to, as they are today. Those that are not there any more are missing."""
    events = [step.event for step in steps if isinstance(step.event, Connected)]
    # As they are today: of what was connected at one place several times, the latest is tried.
    descriptions = {(event.source.engine, event.source.location): event.source for event in events}
    with ExitStack() as stack:
        yield tuple(
            stack.enter_context(closing(source))
            for description in descriptions.values()
            for source in _open_logs(description, workspace)
        )


def _open_logs(description: SourceDescription, workspace: Workspace) -> tuple[LogSource, ...]:
    from clew.logs.engines.registry import open_description

    try:
        return (open_description(description, workspace.settings.cache),)
    except (ConnectError, MissingExtra):
        return ()  # a query will say that no logs are connected


def _apply_merges(after: Store, steps: int, findings: Iterable[Finding]) -> None:
    """Make one what today's answers say is one. The merges of the case itself are among its steps."""
    parts = [part for finding in findings for part in finding.parts or (finding,)]
    mentions = [end for part in parts for link in part.links for end in (link.source, link.target)]
    mentions += [entity for part in parts for entity in part.same]
    with after.transaction() as connection:
        for number, merge in enumerate(due_merges(connection, mentions, ()), start=steps + 1):
            Fold(connection).apply(number, merge)


def _summary(findings: Mapping[CallKey, Finding], calls: int, call_budget: _CallBudget) -> str:
    outcomes = Counter(finding.outcome for finding in findings.values())
    outcome_text = ", ".join(f"{outcomes[outcome]} {outcome}" for outcome in Outcome if outcomes[outcome])
    lines = [f"{len(findings)} of {plural(calls, 'pivot')} asked again with {plural(call_budget.spent_calls, 'call')}"]
    lines += [outcome_text] if outcome_text else []
    if call_budget.denied_calls:
        lines.append(f"beyond the budget of {plural(call_budget.calls, 'call')}: {call_budget.denied_calls}")
    if len(findings) < calls:
        lines.append(f"taken as recorded: {calls - len(findings)}")
    return "; ".join(lines)
