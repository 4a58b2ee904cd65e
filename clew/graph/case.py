"""The case: everything that was asked, answered, noted and merged, in one file."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from contextvars import Token
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, overload

from clew.entities import Entity, Finding
from clew.entities.times import TimeWindow
from clew.errors import CaseError, CaseNotFound, ConnectError, MissingExtra, QueryError
from clew.graph.case_exports import CaseExports
from clew.graph.expansion.expander import Expander, Expansion, arguments_for
from clew.graph.expansion.plan import Budget, Candidate, Plan
from clew.graph.format.events import Branched, Connected, Opened, Planned, PlannedCall
from clew.graph.recording.case_recordings import CaseRecordings, ReplyFile
from clew.graph.replay.difference import Difference
from clew.graph.replay.live_replay import Age, replay_live
from clew.graph.replay.offline_replay import Replay, reparse_case, replay_case
from clew.graph.store import Store
from clew.pivots.execution import aexecute, execute, execute_all
from clew.pivots.invocation import Invocation, Pivot, resolve_arguments
from clew.pivots.registry import find_pivot
from clew.pivots.session import Session, session_variable
from clew.pivots.session import workspace as current_workspace
from clew.pivots.workspace import Workspace
from clew.providers.base import Provider
from clew.providers.exchange import Answer
from clew.providers.runner import Runner
from clew.providers.web.clock import now

if TYPE_CHECKING:
    from clew.logs.engines.duckdb_engine import LogStore


#: How many answers of a bulk pivot are one step.
ANSWERS_PER_STEP = 500


class Case(CaseExports):
    """An investigation. Open it with `open`; inside its `with` block every pivot is recorded in it."""

    def __init__(
        self,
        store: Store,
        *,
        workspace: Workspace | None = None,
        replies: ReplyFile | None = None,
        clock: Callable[[], datetime] = now,
    ) -> None:
        super().__init__(store, workspace=workspace, clock=clock)
        self._replies = replies
        self._logs: tuple[LogStore, ...] = ()
        self._tokens: list[Token[Session | None]] = []

    @classmethod
    def open(
        cls, path: str | Path, *, title: str = "", workspace: Workspace | None = None, replies: str | Path | None = None
    ) -> Self:
        """Open the case file, made if there is none. Logs that it was connected to on this machine are connected again.

        Args:
            title: of a new case.
            workspace: settings and connections around the case; those of the process, if not given.
            replies: a JSON file of recorded replies of web services, used instead of asking them.

        Raises:
            CaseError: the file cannot be read or written, in one of its kinds.
        """
        file = Path(path)
        # First: replies that cannot be read must not leave an empty case behind.
        reply_file = ReplyFile.load(Path(replies)) if replies else None
        case = cls(Store(file), workspace=workspace, replies=reply_file)
        try:
            if case._store.head()[0] == 0:
                case._begin(title or file.stem)
            else:
                case._reconnect()
        except BaseException:
            case.close()
            raise
        return case

    @overload
    @classmethod
    def replay(cls, path: str | Path) -> Replay: ...
    @overload
    @classmethod
    def replay(cls, path: str | Path, *, reparse: Literal[True]) -> Difference: ...
    @overload
    @classmethod
    def replay(
        cls,
        path: str | Path,
        *,
        live: Literal[True],
        budget: Budget | None = None,
        older_than: Age | None = None,
        workspace: Workspace | None = None,
    ) -> Difference: ...
    @classmethod
    def replay(
        cls,
        path: str | Path,
        *,
        live: bool = False,
        reparse: bool = False,
        budget: Budget | None = None,
        older_than: Age | None = None,
        workspace: Workspace | None = None,
    ) -> Replay | Difference:
        """Run every recorded pivot again on what was recorded, with nothing else, and compare the graphs.

        The file is only read, in each of the three forms.

        Args:
            reparse: say all that differs where today's clew reads the recorded evidence, not only whether it does.
            live: ask everybody again, once for each question, and say what differs from the latest answers.
            budget: how many calls that may take; `Budget()`, if not given. What is beyond it is not confirmed.
            older_than: ask only what was asked longer ago than that: `7d`, `12h`, a timedelta.
            workspace: settings and connections of today; those of the process, if not given.

        Raises:
            QueryError: arguments that do not go together, or an age that is none.
            CaseError: there is no such case, or it is damaged.
        """
        only_live = (budget, older_than, workspace) != (None, None, None)
        if (live and reparse) or (only_live and not live):
            raise QueryError(
                "a replay with live=True asks again, and only that takes a budget, an age and a workspace",
                next_step="give live=True or reparse=True, or neither",
            )
        if not Path(path).exists():
            raise CaseNotFound("there is no such case", location=str(path))
        with Store.open_readonly(Path(path)) as store:
            if live:
                live_workspace = workspace or current_workspace()
                return replay_live(store, live_workspace, budget=budget or Budget(), older_than=older_than)
            return reparse_case(store) if reparse else replay_case(store)

    def branch(self, name: str, path: str | Path | None = None) -> Self:
        """A case of its own that goes on from here; this one stays as it is. `compare` tells the two apart.

        Args:
            path: of the new file; beside this one and called after it and the name, if not given.

        Raises:
            CaseError: there is such a file already, or this case is only in memory and no path is given.
        """
        if path is None and self.path is None:
            raise CaseError("a case in memory has no place for a branch", next_step="give path=")
        own_path = self.path or Path()
        step, digest = self._store.head()
        target = Path(path) if path else own_path.with_name(f"{own_path.stem}-{_file_name(name)}{own_path.suffix}")
        self.export_copy(target)
        other = type(self)(Store(target), workspace=self._workspace, replies=self._replies, clock=self._clock)
        other._record(Branched(name, self.title, step, digest))  # noqa: SLF001 - the same class
        other._reconnect()  # noqa: SLF001 - the same class
        return other

    # -- as a context --------------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        self._tokens.append(session_variable.set(self))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        session_variable.reset(self._tokens.pop())
        if not self._tokens:
            self.close()

    def close(self) -> None:
        """Let the file go. Closing twice is fine; anything else afterwards raises CaseClosed."""
        for store in self._logs:
            store.close()
        self._logs = ()
        self._store.close()

    # -- what an analyst does ------------------------------------------------------------------------------------

    def connect(self, path: str | Path) -> LogStore:
        """Make logs queryable for this case, and remember which they were.

        Raises:
            ConnectError: nothing there, nothing readable, or damaged.
        """
        store = self._open_logs(Path(path))
        self._logs = (*(existing for existing in self._logs if existing.digest != store.digest), store)
        resolved_path = str(Path(path).resolve())
        self._record(Connected(store.name, resolved_path, store.digest, store.files, store.rows, store.damaged_rows))
        return store

    # -- pivots --------------------------------------------------------------------------------------------------

    def perform(self, invocation: Invocation, pivot: Pivot) -> Finding:
        """Run a pivot and record it, whatever comes of it."""
        at = self._clock()
        resolved_invocation = self._resolve_invocation(invocation, pivot, at)
        return self._recorder.record_pivot(
            resolved_invocation, execute(self._runner(pivot, at), resolved_invocation, pivot), at
        )

    async def aperform(self, invocation: Invocation, pivot: Pivot) -> Finding:
        """The asynchronous twin."""
        at = self._clock()
        resolved_invocation = self._resolve_invocation(invocation, pivot, at)
        return self._recorder.record_pivot(
            resolved_invocation, await aexecute(self._runner(pivot, at), resolved_invocation, pivot), at
        )

    def perform_all(
        self, pivot: Pivot, subjects: Sequence[Entity], arguments: Mapping[str, Any], tell: Callable[[int], None]
    ) -> list[Finding]:
        """Run a pivot for each subject, and record the answers as one step; interrupted, those that arrived.

        Many subjects become several steps of `ANSWERS_PER_STEP` answers, so that little is lost with the machine.
        """
        resolved_arguments = resolve_arguments(
            pivot, arguments, self._query_window, self._clock(), self.workspace.lookup_policy
        )
        findings: list[Finding] = []
        for first in range(0, len(subjects), ANSWERS_PER_STEP):
            findings += self._perform_batch(pivot, subjects[first : first + ANSWERS_PER_STEP], resolved_arguments, tell)
        return findings

    def _perform_batch(
        self, pivot: Pivot, subjects: Sequence[Entity], arguments: Mapping[str, Any], tell: Callable[[int], None]
    ) -> list[Finding]:
        at = self._clock()
        runner = self._runner(pivot, at)
        answers: dict[int, Answer] = {}

        def keep_answer(index: int, answer: Answer) -> None:
            answers[index] = answer
            tell(1)

        try:
            execute_all(runner, pivot, subjects, arguments, keep_answer)
        finally:
            # In the order of the subjects, whichever answer came first.
            ordered_answers = [answer for _, answer in sorted(answers.items())]
            self._recorder.record_bulk(pivot.name, arguments, ordered_answers, at)
        return [answer.finding for answer in ordered_answers]

    def columns(self, pivot: Pivot, subjects: Sequence[Entity], arguments: Mapping[str, Any]) -> None:
        """Every answer is kept, and so has to be a finding."""

    def pivot(self, entity: Entity, name: str, arguments: Mapping[str, object] | None = None) -> Finding:
        """Run a pivot by its full name, for callers that have it as text.

        Raises:
            QueryError: the entity has no such pivot, or the pivot no such argument.
        """
        pivot = find_pivot(type(entity), name)
        try:
            bound_arguments = pivot.signature.bind(**(arguments or {}))
        except TypeError as error:
            raise QueryError(f"{name}: {error}", next_step=f"it takes {pivot.signature}") from None
        bound_arguments.apply_defaults()
        return self.perform(Invocation(name, entity, dict(bound_arguments.arguments)), pivot)

    def plan(self, entity: Entity, *, budget: Budget | None = None, pivots: tuple[str, ...] | None = None) -> Plan:
        """What `expand` would ask first. Nothing is sent and nothing is recorded."""
        limits = budget or Budget()
        candidate = Candidate(self.entity(entity), self.verdict(entity))
        return self._expander(limits, pivots).plan(1, [candidate], limits.calls, limits.calls)

    def expand(
        self, entity: Entity, *, depth: int = 2, budget: Budget | None = None, pivots: tuple[str, ...] | None = None
    ) -> Expansion:
        """Ask about an entity, then about what that named, for `depth` waves within the budget.

        Every wave is planned and recorded before it runs; pivots that were run before are not run again, so an
        expansion that was interrupted goes on where it stopped.

        Args:
            pivots: full names of the pivots to use; without it, all that are not wide.
        """
        if depth < 1:
            raise ValueError("an expansion has a depth of at least 1")
        return self._expander(budget or Budget(), pivots).expand(self.entity(entity), depth)

    # -- within --------------------------------------------------------------------------------------------------

    def _begin(self, title: str) -> None:
        with self._store.transaction():
            if self._store.head()[0] == 0:  # another process may have begun it meanwhile
                self._record(Opened(title))

    @property
    def _query_window(self) -> TimeWindow:
        return self.window or self.workspace.window

    def _resolve_invocation(self, invocation: Invocation, pivot: Pivot, at: datetime) -> Invocation:
        arguments = resolve_arguments(pivot, invocation.arguments, self._query_window, at, self.workspace.lookup_policy)
        return dataclasses.replace(invocation, arguments=arguments)

    def _runner(self, pivot: Pivot, at: datetime) -> Runner:
        # One time for the whole step, so that replaying it gives the same times.
        providers: dict[str, type[Provider]] = {provider.name: provider for provider in pivot.providers}
        recordings = CaseRecordings(self._store, providers, self._replies)
        return self.workspace.runner(recordings=recordings, clock=lambda: at, extra_logs=self._logs, gate=self.gate)

    def _expander(self, budget: Budget, pivot_names: tuple[str, ...] | None) -> Expander:
        window, at, lookup_policy = self._query_window, self._clock(), self.workspace.lookup_policy
        answer_positions: dict[tuple[str, str], tuple[int, int]] = {}

        def is_answered(entity: Entity, pivot: Pivot) -> bool:
            arguments = resolve_arguments(pivot, arguments_for(pivot, budget), window, at, lookup_policy)
            position = self.latest_answer(entity.key, pivot, arguments)
            if position is not None:
                answer_positions[str(entity.key), pivot.name] = position
            return position is not None

        def run_call(entity: Entity, call: PlannedCall) -> Finding:
            if call.known:
                # By what it was called when it was planned: it may have been merged since.
                return self.recorded_finding(*answer_positions[str(call.subject), call.pivot])
            pivot = find_pivot(type(entity), call.pivot)
            arguments = resolve_arguments(pivot, arguments_for(pivot, budget), window, at, lookup_policy)
            return self.perform(Invocation(call.pivot, entity, arguments), pivot)

        def record_plan(plan: Plan) -> None:
            left_out = tuple((entity.key, reason) for entity, reason in plan.left_out)
            self._record(Planned(plan.wave, plan.calls, left_out, plan.budget))

        return Expander(
            self.gate, budget, self.entity, self.verdict, run_call, record_plan, is_answered, lookup_policy, pivot_names
        )

    def _open_logs(self, path: Path) -> LogStore:
        from clew.logs.engines.duckdb_engine import LogStore

        return LogStore.open(path, self.workspace.settings.cache)

    def _reconnect(self) -> None:
        """Connect the logs of the case again, if they were read here before; otherwise they have to be connected.

        The paths that a case names are not opened: it may come from anybody, and they may lead anywhere.
        """
        from clew.logs.engines.duckdb_engine import LogStore

        events = {step.event.digest: step.event for step in self.history() if isinstance(step.event, Connected)}
        for event in events.values():
            # A query will say that no logs are connected.
            with suppress(ConnectError, MissingExtra):
                store = LogStore.from_cache(event.name, event.digest, self.workspace.settings.cache)
                self._logs = (*self._logs, store) if store is not None else self._logs


def _file_name(name: str) -> str:
    """A name as part of a file name: what is no letter, digit, dot or dash becomes a dash."""
    return re.sub(r"[^\w.-]+", "-", name).strip(".-") or "branch"
