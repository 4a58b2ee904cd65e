"""The case: everything that was asked, answered, noted and merged, in one file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextvars import Token
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from clew.entities import Claim, Entity, Finding, Key
from clew.errors import CaseError, CaseNotFound, ConnectError, QueryError
from clew.graph import frames
from clew.graph.digest import digest
from clew.graph.events import (
    Added,
    Connected,
    Event,
    Merged,
    Noted,
    Opened,
    Pivoted,
    Planned,
    PlannedCall,
    Step,
    Tagged,
    Unmerged,
)  # fmt: skip
from clew.graph.expand import Expander, Expansion, arguments_for
from clew.graph.fold import Fold
from clew.graph.frames import Node
from clew.graph.merging import due_merges
from clew.graph.plan import Budget, Lead, Plan
from clew.graph.recordings import CaseRecordings, ReplyFile
from clew.graph.replay import Replay, replay_case
from clew.graph.store import Store
from clew.pivots.context import Session, Workspace, aexecute, execute, now, session_variable, workspace
from clew.pivots.invocation import Invocation, Pivot
from clew.pivots.registry import find_pivot
from clew.providers.base import Provider
from clew.providers.exchange import Answer
from clew.providers.logs.provider import raw_rows
from clew.providers.runner import Runner

if TYPE_CHECKING:
    import networkx as nx
    import pandas as pd

    from clew.providers.logs.store import LogStore


class Case:
    """An investigation. Open it with `open`; inside its `with` block every pivot is recorded in it."""

    def __init__(
        self,
        store: Store,
        *,
        around: Workspace | None = None,
        replies: ReplyFile | None = None,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._store = store
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
                case._record(Opened(title or file.stem))
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
    def path(self) -> Path | None:
        """The file of the case."""
        return self._store.path

    @property
    def title(self) -> str:
        """As given when the case began."""
        return next((step.event.title for step in self.history() if isinstance(step.event, Opened)), "")

    @property
    def steps(self) -> int:
        """How many steps the case has."""
        return self._store.head()[0]

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
        kept, lost = self._node(keep), self._node(gone)
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
        return self._keep(invocation, execute(self._runner(pivot, at), invocation, pivot), at)

    async def aperform(self, invocation: Invocation, pivot: Pivot) -> Finding:
        """The asynchronous twin."""
        at = self._clock()
        return self._keep(invocation, await aexecute(self._runner(pivot, at), invocation, pivot), at)

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
        return self._expander(limits, pivots).plan(1, [Lead(entity, self.verdict(entity))], limits.calls, limits.calls)

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

    # -- what the case knows -------------------------------------------------------------------------------------

    @property
    def graph(self) -> nx.MultiDiGraph[Key]:
        """The graph: `Key` nodes, edges keyed by relation, claims on every edge. A copy of what the case knows."""
        with self._store.reading() as connection:
            return frames.graph(connection)

    def known(self) -> tuple[Node, ...]:
        """Every node, in the order in which the case first heard of it."""
        with self._store.reading() as connection:
            return tuple(frames.nodes(connection))

    def said(self) -> tuple[Claim, ...]:
        """Every claim, in the order in which it was made."""
        with self._store.reading() as connection:
            return tuple(frames.claims(connection))

    def nodes(self) -> pd.DataFrame:
        """One row per node: key, kind, label, verdict, severity, first_step."""
        return self._frame(
            "SELECT key, kind, label, verdict, severity, first_step FROM nodes ORDER BY first_step, key",
        )

    def edges(self) -> pd.DataFrame:
        """One row per edge: source, relation, target, how many claims and different sources, first and last time."""
        return self._frame(
            "SELECT source, relation, target, count(*) AS claims, count(DISTINCT provider) AS sources, "
            "min(nullif(observed_first, '')) AS observed_first, max(nullif(observed_last, '')) AS observed_last "
            "FROM claims GROUP BY source, relation, target ORDER BY min(id)",
        )

    def claims(self) -> pd.DataFrame:
        """One row per claim: source, relation, target, provider, pivot, step, asked_at, evidence, pointers, times."""
        return self._frame(
            "SELECT source, relation, target, provider, pivot, step, asked_at, evidence, pointers, observed_first, "
            "observed_last, inferred FROM claims ORDER BY id",
        )

    def findings(self) -> pd.DataFrame:
        """One row per answer of one source, with what became of it."""
        return self._frame(
            "SELECT step, subject, pivot, provider, outcome, verdict, severity, reason, reference, asked_at, returned, "
            "available, truncated_by FROM findings WHERE part > 0 ORDER BY step, part",
        )

    def timeline(self) -> pd.DataFrame:
        """One row per claim that says when it happened, in that order: time, source, relation, target, provider."""
        return self._frame(
            "SELECT observed_first AS time, observed_last, source, relation, target, provider, pivot, step "
            "FROM claims WHERE observed_first <> '' ORDER BY observed_first, id",
        )

    def merges(self) -> pd.DataFrame:
        """One row per merge: step, keep, gone, reason, undone_by."""
        return self._frame("SELECT step, keep, gone, reason, undone_by FROM merges ORDER BY step")

    def remarks(self) -> pd.DataFrame:
        """One row per note and tag: step, about, kind, text."""
        return self._frame("SELECT step, about, kind, text FROM remarks ORDER BY step")

    def history(self) -> Iterator[Step]:
        """Every step, checked against the hash chain. Raises CaseDamaged at the first that was changed."""
        return self._store.steps()

    def digest(self) -> str:
        """One number for the graph: equal digests, equal nodes, edges and claims."""
        with self._store.reading() as connection:
            return digest(connection)

    def evidence(self, claim: Claim) -> list[str]:
        """The raw text behind a claim: log events for a query, otherwise the whole reply."""
        return [
            text for fingerprint in claim.evidence.split(",") if fingerprint for text in self._raw(fingerprint, claim)
        ]

    def entity(self, entity: Entity) -> Entity:
        """What the case knows of an entity by now; the entity itself where it knows nothing."""
        with self._store.reading() as connection:
            node = Fold(connection).resolve(entity.key)
            return Fold(connection).entity(node) if node else entity

    def verdict(self, entity: Entity) -> str:
        """The verdict of the entity's node; `unknown` where there is none."""
        with self._store.reading() as connection:
            node = Fold(connection).resolve(entity.key)
            row = connection.execute("SELECT verdict FROM nodes WHERE key = ?", (node,)).fetchone()
        return str(row[0]) if row else "unknown"

    def _frame(self, sql: str) -> pd.DataFrame:
        with self._store.reading() as connection:
            return frames.frame(connection, sql)

    # -- within --------------------------------------------------------------------------------------------------

    def _record(
        self, event: Event, *, placed: tuple[Entity, ...] = (), answer: Answer | None = None, at: datetime | None = None
    ) -> int:
        """One step with the merges that follow from it, in one transaction."""
        by, at = self.workspace.settings.analyst, at or self._clock()
        with self._store.transaction() as connection:
            step = self._store.append(event, at=at, by=by, replies=answer.replies if answer else None)
            evidence = answer.finding.evidence if answer else ()
            for merge in due_merges(connection, placed, evidence):
                self._store.append(merge, at=at, by=by)
        return step

    def _keep(self, invocation: Invocation, answer: Answer, at: datetime) -> Finding:
        # Every mention: a later one may give identifiers that an earlier one of the same entity did not.
        placed = (invocation.subject, *(end for link in answer.finding.links for end in (link.source, link.target)))
        self._record(Pivoted(invocation, answer.finding, answer.exchanges), placed=placed, answer=answer, at=at)
        return answer.finding

    def _runner(self, pivot: Pivot, at: datetime) -> Runner:
        # One time for the whole step, so that replaying it gives the same times.
        providers: dict[str, type[Provider]] = {provider.name: provider for provider in pivot.providers}
        recordings = CaseRecordings(self._store, providers, self._replies)
        return self.workspace.runner(recordings=recordings, clock=lambda: at, extra_logs=self._logs)

    def _expander(self, budget: Budget, only: tuple[str, ...] | None) -> Expander:
        answered = self._answered()

        def run(entity: Entity, call: PlannedCall) -> Finding:
            if call.known:
                return self._recorded(answered[str(entity.key), call.pivot])
            arguments = arguments_for(entity, call, budget)
            return self.perform(Invocation(call.pivot, entity, arguments), find_pivot(type(entity), call.pivot))

        def planned(plan: Plan) -> None:
            left_out = tuple((entity.key, why) for entity, why in plan.left_out)
            self._record(Planned(plan.wave, plan.calls, left_out, plan.budget))

        return Expander(self.workspace.gate, budget, self.entity, self.verdict, run, planned, frozenset(answered), only)

    def _answered(self) -> dict[tuple[str, str], int]:
        """The latest step in which each pivot of each node was answered; troubles are no answers."""
        rows = self._store.connection.execute(
            "SELECT subject, pivot, max(step) FROM findings WHERE part = 0 AND outcome IN ('found', 'nothing') "
            "GROUP BY subject, pivot"
        )
        return {(subject, pivot): step for subject, pivot, step in rows}

    def _recorded(self, step: int) -> Finding:
        event = self._store.step(step).event
        if not isinstance(event, Pivoted):
            raise CaseError(f"step {step} is no pivot")
        return event.finding

    def _node(self, entity: Entity) -> Key:
        node = Fold(self._store.connection).resolve(entity.key)
        if node is None:
            raise CaseError(f"the case has no node {entity.key}", next_step="add it first")
        return Key.parse(node)

    def _raw(self, fingerprint: str, claim: Claim) -> Iterator[str]:
        reply = self._store.reply(fingerprint, at=claim.asked_at, step=claim.step)
        raw = raw_rows(reply)
        if raw is None:
            yield reply.body.decode("utf-8", "backslashreplace")
        else:
            rows = [int(pointer.rpartition("/")[2]) for pointer in claim.pointers]
            yield from (raw[row] for row in rows if row < len(raw))

    def _open_logs(self, path: Path) -> LogStore:
        from clew.providers.logs.store import LogStore

        return LogStore.open(path, self.workspace.settings.cache)

    def _reconnect(self) -> None:
        """Connect the logs of the case again. What has moved since is missing until it is connected again."""
        rows = {step.event.digest: step.event for step in self.history() if isinstance(step.event, Connected)}
        for event in rows.values():
            try:
                store = self._open_logs(Path(event.path))
            except ConnectError:
                continue  # a query will say that no logs are connected
            if store.digest == event.digest:
                self._logs = (*self._logs, store)
