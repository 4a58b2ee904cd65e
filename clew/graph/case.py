"""The case: everything that was asked, answered, noted and merged, in one file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextvars import ContextVar, Token
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self, overload

from clew.entities import Entity, Finding, Relation, Verdict
from clew.entities.times import TimeLike, TimeWindow, zone_named
from clew.entities.tlp import Tlp
from clew.errors import CaseError, QueryError
from clew.graph.case_detections import detect_in_case
from clew.graph.case_expander import case_expander
from clew.graph.case_reader import CaseReader
from clew.graph.case_sharing import CaseSharing, branch_path
from clew.graph.expansion.expander import Expansion
from clew.graph.expansion.plan import Budget, Candidate, Plan
from clew.graph.format.events import Added, Branched, Common, Gated, Judged, Linked, Noted, Opened, Tagged, Windowed
from clew.graph.layout_editor import LayoutEditor
from clew.graph.recording.case_recorder import CaseRecorder
from clew.graph.recording.case_recordings import ReplyFile
from clew.graph.recording.case_session import CaseSession
from clew.graph.recording.frame_import import ImportCount, import_frames
from clew.graph.recording.manual_merges import merge_nodes, unmerge_nodes
from clew.graph.recording.reversals import redo, undo
from clew.graph.replay.comparison import compare_readings
from clew.graph.replay.difference import Difference
from clew.graph.replay.live_replay import Age
from clew.graph.replay.offline_replay import Replay
from clew.graph.replay.replay_file import replay_file
from clew.graph.store import Store
from clew.logs.log_hints import LogHints
from clew.pivots.invocation import Invocation
from clew.pivots.registry import find_pivot
from clew.pivots.session import Session, session_variable
from clew.pivots.workspace import Workspace
from clew.providers.gate import Gate

if TYPE_CHECKING:
    import pandas as pd

    from clew.logs.engines.protocol import LogSource
    from clew.logs.sigma.detections import Detection
    from clew.logs.sigma.rule_files import RuleLocations


class Case(CaseReader):
    """An investigation. Open it with `open`; inside its `with` block every pivot is recorded in it.

    What is done daily is a verb of the case; what is rarer is in its parts: `tables`, `history`, `layout`, `sharing`.

    Args:
        recorder: writes the file.
        replies: recorded replies of web services, used instead of asking them.

    Attributes:
        session: what pivots talk to while the case is open.
    """

    def __init__(self, recorder: CaseRecorder, *, replies: ReplyFile | None = None) -> None:
        super().__init__(recorder.store)
        self._recorder = recorder
        self.session = CaseSession(recorder, replies)
        self._tokens: list[tuple[Token[Session | None], Token[Case | None]]] = []

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
        case = cls(CaseRecorder(Store(file), workspace=workspace), replies=reply_file)
        try:
            if not len(case.history):
                case._begin(title or file.stem)
            else:
                case.session.logs.reconnect()
        except BaseException:
            case.close()
            raise
        return case

    def _begin(self, title: str) -> None:
        with self._recorder.store.transaction():
            if not len(self.history):  # another process may have begun it meanwhile
                self._recorder.record(Opened(title))

    @overload
    @staticmethod
    def replay(path: str | Path) -> Replay: ...
    @overload
    @staticmethod
    def replay(path: str | Path, *, reparse: Literal[True]) -> Difference: ...
    @overload
    @staticmethod
    def replay(
        path: str | Path,
        *,
        live: Literal[True],
        budget: Budget | None = None,
        older_than: Age | None = None,
        workspace: Workspace | None = None,
    ) -> Difference: ...
    @staticmethod
    def replay(
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
        return replay_file(path, live=live, reparse=reparse, budget=budget, older_than=older_than, workspace=workspace)

    def branch(self, name: str, path: str | Path | None = None) -> Self:
        """A case of its own that goes on from here; this one stays as it is. `compare` tells the two apart.

        Args:
            path: of the new file; beside this one and called after it and the name, if not given.

        Raises:
            CaseError: there is such a file already, or this case is only in memory and no path is given.
        """
        if path is None and self.path is None:
            raise CaseError("a case in memory has no place for a branch", next_step="give path=")
        own_path, store = self.path or Path(), self._recorder.store
        step, digest = store.head()
        target = Path(path) if path else branch_path(own_path, name)
        store.copy(target)
        recorder = self._recorder.sibling(Store(target))
        recorder.record(Branched(name, self.title, step, digest))
        other = type(self)(recorder, replies=self.session.replies)
        other.session.logs.reconnect()
        return other

    def __enter__(self) -> Self:
        self._tokens.append((session_variable.set(self.session), _open_case.set(self)))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        session_token, case_token = self._tokens.pop()
        session_variable.reset(session_token)
        _open_case.reset(case_token)
        if not self._tokens:
            self.close()

    def close(self) -> None:
        """Let the file go. Closing twice is fine; anything else afterwards raises CaseClosed."""
        self.session.logs.close()
        self._recorder.store.close()

    @property
    def layout(self) -> LayoutEditor:
        """Its picture: what is hidden, folded and moved by hand."""
        return LayoutEditor(self._recorder)

    @property
    def sharing(self) -> CaseSharing:
        """Copies, signatures, redaction, and the formats of others."""
        return CaseSharing(self._recorder)

    def connect(
        self,
        location: str | Path,
        *,
        map: Mapping[str, str] | None = None,  # noqa: A002 - of columns
        view: str = "",
        host: str = "",
    ) -> LogSource:
        """Make logs queryable for this case, and remember which they were.

        Args:
            location: a folder, a file or an archive, or what an engine of another package recognises.
            map, view: what columns of an unknown table are, as ECS names them (`{"src": "source.ip"}`), and its view.
            host: the machine of the rows that name none.

        Raises:
            ConnectError: nothing there, nothing readable, or damaged; columns that are not there, or of no view.
        """
        return self.session.logs.connect(str(location), LogHints(map or {}, view, host))

    def pivot(self, entity: Entity, name: str, arguments: Mapping[str, object] | None = None) -> Finding:
        """Run a pivot by its full name, for callers that have it as text. Raises QueryError."""
        pivot = find_pivot(type(entity), name)
        try:
            bound_arguments = pivot.signature.bind(**(arguments or {}))
        except TypeError as error:
            raise QueryError(f"{name}: {error}", next_step=f"it takes {pivot.signature}") from None
        bound_arguments.apply_defaults()
        return self.session.perform(Invocation(name, entity, dict(bound_arguments.arguments)), pivot)

    def plan(self, entity: Entity, *, budget: Budget | None = None, pivots: tuple[str, ...] | None = None) -> Plan:
        """What `expand` would ask first. Nothing is sent and nothing is recorded."""
        limits = budget or Budget()
        candidate = Candidate(self.entity(entity), self.verdict(entity))
        return case_expander(self.session, limits, pivots).plan(1, [candidate], limits.calls, limits.calls)

    def expand(
        self, entity: Entity, *, depth: int = 2, budget: Budget | None = None, pivots: tuple[str, ...] | None = None
    ) -> Expansion:
        """Ask about an entity, then about what that named, for `depth` waves within the budget.

        Every wave is recorded before it runs. No pivot is run twice: one that was interrupted goes on where it stopped.

        Args:
            pivots: full names of the pivots to use; without it, all that are not wide.
        """
        if depth < 1:
            raise ValueError("an expansion has a depth of at least 1")
        return case_expander(self.session, budget or Budget(), pivots).expand(self.entity(entity), depth)

    def detect(
        self, rules: RuleLocations, *, placeholders: Mapping[str, Sequence[str]] | None = None, limit: int = 1_000
    ) -> Detection:
        """Run Sigma rules over the connected logs. What each rule matched is a step, with the raw events as evidence.

        Args:
            rules: files, folders, zip archives, or the text of a rule.
            placeholders: the values of `%admins%`, by `admins`.
            limit: how many matches of each rule are recorded; all are counted.
        """
        return detect_in_case(self.session, rules, placeholders, limit)

    def set_window(self, start: TimeLike | None = None, end: TimeLike | None = None, *, zone: str = "") -> TimeWindow:
        """From here on ask queries about that time only, unless they say one themselves; without times, about any.

        Relative times count from now, once: tomorrow the case means the same time. `case.window` tells it.

        Args:
            zone: by name (`Europe/Berlin`): of times that name none, and of the days to which relative times snap.

        Raises:
            QueryError: a time that is none, or a window that does not end after it starts.
        """
        window = TimeWindow.of(start, end, now=self._recorder.clock(), zone=zone_named(zone) if zone else None)
        ends = " to ".join("open" if time is None else str(time).strip() for time in (start, end))
        words = f"{ends}{f', {zone}' if zone else ''}" if window else ""
        self._recorder.record(Windowed(window.start, window.end, words))
        return window

    @property
    def gate(self) -> Gate:
        """What may leave: the settings, as this case has changed them."""
        return self._recorder.gate

    def set_gate(
        self, *, active: bool | None = None, offline: bool | None = None, tlp: Tlp | str | None = None, reason: str
    ) -> None:
        """Change what may leave, for this case and from here on; what is not given stays as it was.

        One entity is marked by a tag: `case.tag(ip, "tlp:red")`.

        Args:
            active: providers that touch the suspect's own infrastructure may be asked. It counts for you alone.
            offline: nothing may leave. What the settings forbid cannot be allowed here.
            tlp: how far everything in the case may be passed on; `RED` causes no request.

        Raises:
            EntityError: there is no such marking.
        """
        marking = Tlp.read(tlp) if isinstance(tlp, str) else tlp
        self._recorder.record(Gated(active, offline, marking, reason))

    def add(self, *entities: Entity) -> None:
        """Put entities on the table, one step each."""
        for entity in entities:
            self._recorder.record(Added(entity), entity)

    def load(self, nodes: pd.DataFrame | None = None, edges: pd.DataFrame | None = None, *, source: str) -> ImportCount:
        """Bring in nodes and edges from frames, in steps of many rows; returns how many nodes and edges were read.

        Args:
            nodes: a column `entity` of entities or texts (`ip:198.51.100.7`, `evil[.]example`).
            edges: columns `source`, `relation`, `target`, and if there are any `observed_first`, `observed_last`. Nodes
                that are only named here are made.
            source: who says so: the provider of each claim.

        Raises:
            QueryError: a column is missing, or a cell is no entity, relation or time: says which, and nothing of the
                step with that row is kept.
            CaseError: the case would be larger than `case_limit` allows.
        """
        return import_frames(self._recorder, nodes, edges, source)

    def note(self, text: str, about: Entity | None = None) -> None:
        """Write something down, about an entity or about the case."""
        self._recorder.record(Noted(text, about.key if about else None), *([about] if about else []))

    def tag(self, entity: Entity, *tags: str) -> None:
        """Give an entity tags, one step each."""
        for tag in tags:
            self._recorder.record(Tagged(entity.key, tag), entity)

    def link(self, source: Entity, relation: Relation, target: Entity, *, reason: str) -> None:
        """Say that two entities are related; the claim is the analyst's, beside those of sources."""
        self._recorder.record(Linked(source, relation, target, reason), source, target)

    def judge(self, entity: Entity, verdict: Verdict, *, reason: str) -> None:
        """Give a verdict that counts for more than those of all sources; `Verdict.UNKNOWN` takes it back.

        Raises:
            CaseError: the case has no such node.
        """
        self._recorder.record(Judged(self.tables.node_key(entity), verdict, reason))

    def merge(self, keep: Entity, duplicate: Entity, *, reason: str) -> int:
        """Make two nodes one, because a person says so; returns the step, for `unmerge`.

        Raises:
            CaseError: a node that the case has not, two of different kinds, or one that is the other already.
        """
        return merge_nodes(self._recorder, keep, duplicate, reason)

    def unmerge(self, step: int, *, reason: str) -> None:
        """Take a merge back: both nodes and their claims are as if it had not been.

        Raises:
            CaseError: that step is no merge, or was taken back already.
        """
        unmerge_nodes(self._recorder, step, reason)

    def mark_common(self, *entities: Entity, reason: str) -> None:
        """Say that unrelated things share these values: from here on nothing becomes one through them.

        clew says so itself of values that it knows, such as the hash of an empty file. What became one before stays
        so; see `unmerge`.
        """
        self._recorder.record(Common(tuple(entity.key for entity in entities), reason))

    def unmark_common(self, *entities: Entity, reason: str) -> None:
        """Take that back: what shares these values from here on is one again."""
        self._recorder.record(Common(tuple(entity.key for entity in entities), reason, common=False))

    def undo(self, times: int = 1) -> tuple[int, ...]:
        """Take back the last thing that was done, or the last few; returns their steps, the latest first.

        What followed from a step (a merge) goes with it. What was sent to others stays known: it is not asked again.

        Raises:
            CaseError: there is nothing that could be taken back.
        """
        return undo(self._recorder, times)

    def redo(self, times: int = 1) -> tuple[int, ...]:
        """Do again what was taken back last, unless something else was done meanwhile; returns the steps.

        Raises:
            CaseError: there is nothing that could be done again.
        """
        return redo(self._recorder, times)

    def compare(self, other: CaseReader | str | Path) -> Difference:
        """What differs in another case, or in this one at another time, from what is known here.

        Raises:
            CaseError: there is no such case, or it cannot be read.
        """
        return compare_readings(self, other)


_open_case: ContextVar[Case | None] = ContextVar("clew_case", default=None)


def current_case() -> Case | None:
    """The case inside whose `with` block this is; None outside of all."""
    return _open_case.get()
