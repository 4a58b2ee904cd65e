"""The case: everything that was asked, answered, noted and merged, in one file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextvars import Token
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from clew.entities import Entity, Finding
from clew.errors import CaseError, CaseNotFound, ConnectError, MissingExtra, QueryError
from clew.graph.events import (
    Added,
    Connected,
    Event,
    Merged,
    Noted,
    Opened,
    Planned,
    PlannedCall,
    Tagged,
    Unmerged,
)  # fmt: skip
from clew.graph.expand import Expander, Expansion, arguments_for
from clew.graph.plan import Budget, Lead, Plan
from clew.graph.reading import Reading
from clew.graph.recorder import Recorder
from clew.graph.recordings import CaseRecordings, ReplyFile
from clew.graph.replay import Replay, replay_case
from clew.graph.store import Store
from clew.pivots.context import Session, Workspace, aexecute, execute, now, session_variable, workspace
from clew.pivots.invocation import Invocation, Pivot
from clew.pivots.registry import find_pivot
from clew.providers.base import Provider
from clew.providers.exchange import Answer
from clew.providers.runner import Runner

if TYPE_CHECKING:
    from clew.providers.logs.store import LogStore


#: How many answers of a bulk pivot are one step.
BULK = 500


class Case(Reading):
    """An investigation. Open it with `open`; inside its `with` block every pivot is recorded in it."""

    def __init__(
        self,
        store: Store,
        *,
        around: Workspace | None = None,
        replies: ReplyFile | None = None,
        clock: Callable[[], datetime] = now,
    ) -> None:
        super().__init__(store)
        self._around = around
        self._replies = replies
        self._clock = clock
        self._logs: tuple[LogStore, ...] = ()
        self._tokens: list[Token[Session | None]] = []

    @classmethod
    def open(
        cls, path: str | Path, *, title: str = "", workspace: Workspace | None = None, replies: str | Path | None = None
    ) -> Self:
        """Open the case file, made if there is none. Logs that it was connected to are connected again.

        Args:
            title: of a new case.
            workspace: settings and connections around the case; those of the process, if not given.
            replies: a JSON file of recorded replies of web services, used instead of asking them.

        Raises:
            CaseError: the file cannot be read or written, in one of its kinds.
        """
        file = Path(path)
        # First: replies that cannot be read must not leave an empty case behind.
        known = ReplyFile.load(Path(replies)) if replies else None
        case = cls(Store(file), around=workspace, replies=known)
        try:
            if case._store.head()[0] == 0:
                case._begin(title or file.stem)
            else:
                case._reconnect()
        except BaseException:
            case.close()
            raise
        return case

    @classmethod
    def replay(cls, path: str | Path) -> Replay:
        """Run every recorded pivot again on what was recorded, with nothing else, and compare the graphs.

        Raises:
            CaseError: there is no such case, or it is damaged.
        """
        if not Path(path).exists():
            raise CaseNotFound("there is no such case", where=str(path))
        with Store(Path(path)) as store:
            return replay_case(store)

    # -- as a context --------------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        self._tokens.append(session_variable().set(self))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        session_variable().reset(self._tokens.pop())
        if not self._tokens:
            self.close()

    def close(self) -> None:
        """Let the file go. Closing twice is fine; anything else afterwards raises CaseClosed."""
        for store in self._logs:
            store.close()
        self._logs = ()
        self._store.close()

    @property
    def workspace(self) -> Workspace:
        """Settings and connections around the case."""
        return self._around or workspace()

    # -- what an analyst does ------------------------------------------------------------------------------------

    def add(self, *entities: Entity) -> None:
        """Put entities on the table, one step each."""
        for entity in entities:
            self._record(Added(entity), placed=(entity,))

    def connect(self, path: str | Path) -> LogStore:
        """Make logs queryable for this case, and remember which they were.

        Raises:
            ConnectError: nothing there, nothing readable, or damaged.
        """
        store = self._open_logs(Path(path))
        self._logs = (*(known for known in self._logs if known.digest != store.digest), store)
        place = str(Path(path).resolve())
        self._record(Connected(store.name, place, store.digest, store.files, store.rows, store.damaged))
        return store

    def note(self, text: str, about: Entity | None = None) -> None:
        """Write something down, about an entity or about the case."""
        self._record(Noted(text, about.key if about else None), placed=(about,) if about else ())

    def tag(self, entity: Entity, *tags: str) -> None:
        """Give an entity tags, one step each."""
        for tag in tags:
            self._record(Tagged(entity.key, tag), placed=(entity,))

    def merge(self, keep: Entity, gone: Entity, *, reason: str) -> int:
        """Make two nodes one, because a person says so; returns the step, for `unmerge`.

        Raises:
            CaseError: a node that the case has not, two of different kinds, or one that is the other already.
        """
        kept, lost = self.node_key(keep), self.node_key(gone)
        if kept == lost:
            raise CaseError(f"{keep.key} and {gone.key} are one node already", next_step="see case.merges()")
        if kept.kind != lost.kind:
            raise CaseError(f"a {lost.kind} cannot be merged into a {kept.kind}")
        return self._record(Merged(kept, lost, reason))

    def unmerge(self, step: int, *, reason: str) -> None:
        """Take a merge back: both nodes and their claims are as if it had not been.

        Raises:
            CaseError: that step is no merge, or was taken back already.
        """
        row = self._store.connection.execute("SELECT undone_by FROM merges WHERE step = ?", (step,)).fetchone()
        if row is None or row[0] is not None:
            raise CaseError(f"step {step} is no merge that could be taken back", next_step="see case.merges()")
        with self._store.transaction():
            self._record(Unmerged(step, reason))
            self._store.rebuild()

    # -- pivots --------------------------------------------------------------------------------------------------

    def perform(self, invocation: Invocation, pivot: Pivot) -> Finding:
        """Run a pivot and record it, whatever comes of it."""
        at = self._clock()
        return self._recorder.keep(invocation, execute(self._runner(pivot, at), invocation, pivot), at)

    async def aperform(self, invocation: Invocation, pivot: Pivot) -> Finding:
        """The asynchronous twin."""
        at = self._clock()
        return self._recorder.keep(invocation, await aexecute(self._runner(pivot, at), invocation, pivot), at)

    def perform_all(
        self, pivot: Pivot, subjects: Sequence[Entity], arguments: Mapping[str, Any], tell: Callable[[int], None]
    ) -> list[Finding]:
        """Run a pivot for each subject, and record the answers as one step; interrupted, those that arrived.

        Many subjects become several steps of `BULK` answers, so that little is lost with the machine.
        """
        findings: list[Finding] = []
        for first in range(0, len(subjects), BULK):
            findings += self._perform_some(pivot, subjects[first : first + BULK], arguments, tell)
        return findings

    def _perform_some(
        self, pivot: Pivot, subjects: Sequence[Entity], arguments: Mapping[str, Any], tell: Callable[[int], None]
    ) -> list[Finding]:
        at = self._clock()
        runner = self._runner(pivot, at)
        answers: list[Answer] = []
        try:
            for subject in subjects:
                answers.append(execute(runner, Invocation(pivot.name, subject, arguments), pivot))
                tell(1)
        finally:
            self._recorder.keep_all(pivot.name, arguments, answers, at)
        return [answer.finding for answer in answers]

    @property
    def recording(self) -> bool:
        """Every answer is kept."""
        return True

    def pivot(self, entity: Entity, name: str, arguments: Mapping[str, object] | None = None) -> Finding:
        """Run a pivot by its full name, for callers that have it as text.

        Raises:
            QueryError: the entity has no such pivot, or the pivot no such argument.
        """
        pivot = find_pivot(type(entity), name)
        try:
            bound = pivot.signature.bind(**(arguments or {}))
        except TypeError as error:
            raise QueryError(f"{name}: {error}", next_step=f"it takes {pivot.signature}") from None
        bound.apply_defaults()
        return self.perform(Invocation(name, entity, dict(bound.arguments)), pivot)

    def plan(self, entity: Entity, *, budget: Budget | None = None, pivots: tuple[str, ...] | None = None) -> Plan:
        """What `expand` would ask first. Nothing is sent and nothing is recorded."""
        limits = budget or Budget()
        lead = Lead(self.entity(entity), self.verdict(entity))
        return self._expander(limits, pivots).plan(1, [lead], limits.calls, limits.calls)

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

    def _record(self, event: Event, *, placed: tuple[Entity, ...] = ()) -> int:
        return self._recorder.record(event, self._clock(), placed=placed)

    @property
    def _recorder(self) -> Recorder:
        return Recorder(self._store, self.workspace.settings.analyst)

    def _runner(self, pivot: Pivot, at: datetime) -> Runner:
        # One time for the whole step, so that replaying it gives the same times.
        providers: dict[str, type[Provider]] = {provider.name: provider for provider in pivot.providers}
        recordings = CaseRecordings(self._store, providers, self._replies)
        return self.workspace.runner(recordings=recordings, clock=lambda: at, extra_logs=self._logs)

    def _expander(self, budget: Budget, only: tuple[str, ...] | None) -> Expander:
        answered = self.answered()

        def run(entity: Entity, call: PlannedCall) -> Finding:
            if call.known:
                # By what it was called when it was planned: it may have been merged since.
                return self.recorded(*answered[str(call.subject), call.pivot])
            arguments = arguments_for(entity, call, budget)
            return self.perform(Invocation(call.pivot, entity, arguments), find_pivot(type(entity), call.pivot))

        def planned(plan: Plan) -> None:
            left_out = tuple((entity.key, why) for entity, why in plan.left_out)
            self._record(Planned(plan.wave, plan.calls, left_out, plan.budget))

        return Expander(self.workspace.gate, budget, self.entity, self.verdict, run, planned, frozenset(answered), only)

    def _open_logs(self, path: Path) -> LogStore:
        from clew.providers.logs.store import LogStore

        return LogStore.open(path, self.workspace.settings.cache)

    def _reconnect(self) -> None:
        """Connect the logs of the case again. What has moved since is missing until it is connected again."""
        rows = {step.event.digest: step.event for step in self.history() if isinstance(step.event, Connected)}
        for event in rows.values():
            try:
                store = self._open_logs(Path(event.path))
            except (ConnectError, MissingExtra):
                continue  # a query will say that no logs are connected
            if store.digest == event.digest:
                self._logs = (*self._logs, store)
