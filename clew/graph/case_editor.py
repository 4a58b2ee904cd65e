"""What people do to a case besides asking: add, note, tag, link, judge, arrange, merge, and take back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from clew.entities import Entity, Relation, Verdict
from clew.entities.times import TimeWindow, When, zone_named
from clew.entities.tlp import Tlp
from clew.errors import CaseError
from clew.graph.case_reader import CaseReader
from clew.graph.format.events import (
    Added,
    Collapsed,
    Common,
    Event,
    Gated,
    Hidden,
    Imported,
    Judged,
    Linked,
    Merged,
    Moved,
    Noted,
    Redone,
    Step,
    Tagged,
    Undone,
    Unmerged,
    Windowed,
)
from clew.graph.format.undo import last_undoable, last_undone
from clew.graph.projection import imports as batches
from clew.graph.recording.case_gate import effective_gate
from clew.graph.recording.evidence_limits import EvidenceLimits
from clew.graph.recording.recorder import Recorder
from clew.graph.store import Store
from clew.pivots.session import workspace
from clew.pivots.workspace import Workspace
from clew.providers.base import Reply
from clew.providers.gate import Gate
from clew.providers.web.clock import now

if TYPE_CHECKING:
    import pandas as pd


class CaseEditor(CaseReader):
    """The part of a case that changes it without asking anybody."""

    def __init__(
        self, store: Store, *, workspace: Workspace | None = None, clock: Callable[[], datetime] = now
    ) -> None:
        super().__init__(store)
        self._workspace = workspace
        self._clock = clock

    @property
    def workspace(self) -> Workspace:
        """Settings and connections around the case."""
        return self._workspace or workspace()

    def add(self, *entities: Entity) -> None:
        """Put entities on the table, one step each."""
        for entity in entities:
            self._record(Added(entity), entities=(entity,))

    def note(self, text: str, about: Entity | None = None) -> None:
        """Write something down, about an entity or about the case."""
        self._record(Noted(text, about.key if about else None), entities=(about,) if about else ())

    def tag(self, entity: Entity, *tags: str) -> None:
        """Give an entity tags, one step each."""
        for tag in tags:
            self._record(Tagged(entity.key, tag), entities=(entity,))

    def within(self, start: When | None = None, end: When | None = None, *, zone: str = "") -> TimeWindow:
        """From here on ask queries about that time only, unless they say one themselves; without times, about any.

        Relative times count from now, once: tomorrow the case means the same time. `case.window` tells it.

        Args:
            zone: by name (`Europe/Berlin`): of times that name none, and of the days to which relative times snap.

        Raises:
            QueryError: a time that is none, or a window that does not end after it starts.
        """
        window = TimeWindow.of(start, end, now=self._clock(), zone=zone_named(zone) if zone else None)
        ends = " to ".join("open" if time is None else str(time).strip() for time in (start, end))
        self._record(Windowed(window.start, window.end, f"{ends}{f', {zone}' if zone else ''}" if window else ""))
        return window

    @property
    def gate(self) -> Gate:
        """What may leave: the settings, as this case has changed them."""
        return effective_gate(self._store, self.workspace.gate, self.workspace.settings.analyst)

    def set_gate(
        self, *, active: bool | None = None, offline: bool | None = None, tlp: Tlp | str | None = None, why: str
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
        self._record(Gated(active, offline, marking, why))

    def link(self, source: Entity, relation: Relation, target: Entity, *, why: str) -> None:
        """Say that two entities are related; the claim is the analyst's, beside those of sources."""
        self._record(Linked(source, relation, target, why), entities=(source, target))

    def judge(self, entity: Entity, verdict: Verdict, *, why: str) -> None:
        """Give a verdict that counts for more than those of all sources; `Verdict.UNKNOWN` takes it back.

        Raises:
            CaseError: the case has no such node.
        """
        self._record(Judged(self.node_key(entity), verdict, why))

    def load(
        self, nodes: pd.DataFrame | None = None, edges: pd.DataFrame | None = None, *, source: str
    ) -> tuple[int, int]:
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
        counts = [0, 0]
        for batch, entities in batches.read_frames(nodes, edges):
            reply = Reply(batch.body(), batches.IMPORTED_ROWS, self._clock())
            event = Imported(source, reply.fingerprint, len(batch.nodes), len(batch.links))
            self._recorder.record_import(event, reply, reply.at, entities)
            counts[0] += len(batch.nodes)
            counts[1] += len(batch.links)
        return counts[0], counts[1]

    # -- the picture ---------------------------------------------------------------------------------------------

    def hide(self, *entities: Entity) -> None:
        """Leave nodes out of the picture; they stay in the case."""
        self._record(Hidden(tuple(self.node_key(entity) for entity in entities), hidden=True))

    def unhide(self, *entities: Entity) -> None:
        """Put nodes back into the picture."""
        self._record(Hidden(tuple(self.node_key(entity) for entity in entities), hidden=False))

    def collapse(self, *entities: Entity) -> None:
        """Fold what hangs on nodes into them, in the picture."""
        self._record(Collapsed(tuple(self.node_key(entity) for entity in entities), collapsed=True))

    def uncollapse(self, *entities: Entity) -> None:
        """Unfold it again."""
        self._record(Collapsed(tuple(self.node_key(entity) for entity in entities), collapsed=False))

    def move(self, entity: Entity, x: float, y: float, *, pinned: bool = True) -> None:
        """Put a node somewhere in the picture; a pinned one stays there."""
        self._record(Moved(self.node_key(entity), float(x), float(y), pinned))

    # -- one thing under two names -------------------------------------------------------------------------------

    def merge(self, keep: Entity, gone: Entity, *, reason: str) -> int:
        """Make two nodes one, because a person says so; returns the step, for `unmerge`.

        Raises:
            CaseError: a node that the case has not, two of different kinds, or one that is the other already.
        """
        kept_key, lost_key = self.node_key(keep), self.node_key(gone)
        if kept_key == lost_key:
            raise CaseError(f"{keep.key} and {gone.key} are one node already", next_step="see case.merges()")
        if kept_key.kind != lost_key.kind:
            raise CaseError(f"a {lost_key.kind} cannot be merged into a {kept_key.kind}")
        return self._record(Merged(kept_key, lost_key, reason))

    def unmerge(self, step: int, *, reason: str) -> None:
        """Take a merge back: both nodes and their claims are as if it had not been.

        Raises:
            CaseError: that step is no merge, or was taken back already.
        """
        with self._store.transaction() as connection:
            row = connection.execute("SELECT undone_by FROM merges WHERE step = ?", (step,)).fetchone()
            if row is None or row[0] is not None:
                raise CaseError(f"step {step} is no merge that could be taken back", next_step="see case.merges()")
            self._record(Unmerged(step, reason))
            self._store.rebuild()

    def mark_common(self, *entities: Entity, why: str) -> None:
        """Say that unrelated things share these values: from here on nothing becomes one through them.

        clew says so itself of values that it knows, such as the hash of an empty file. What became one before stays
        so; see `unmerge`.
        """
        self._record(Common(tuple(entity.key for entity in entities), why))

    def unmark_common(self, *entities: Entity, why: str) -> None:
        """Take that back: what shares these values from here on is one again."""
        self._record(Common(tuple(entity.key for entity in entities), why, common=False))

    # -- taking back ---------------------------------------------------------------------------------------------

    def undo(self, times: int = 1) -> tuple[int, ...]:
        """Take back the last thing that was done, or the last few; returns their steps, the latest first.

        What followed from a step (a merge) goes with it. What was sent to others stays known: it is not asked again.

        Raises:
            CaseError: there is nothing that could be taken back.
        """
        return self._append_reversals(times, last_undoable, Undone, "undo", "see case.history()")

    def redo(self, times: int = 1) -> tuple[int, ...]:
        """Do again what was taken back last, unless something else was done meanwhile; returns the steps.

        Raises:
            CaseError: there is nothing that could be done again.
        """
        return self._append_reversals(times, last_undone, Redone, "redo", "undo something first")

    def _append_reversals(
        self,
        times: int,
        choose_steps: Callable[[Sequence[Step]], tuple[int, ...]],
        event: Callable[[tuple[int, ...]], Undone | Redone],
        verb: str,
        next_step: str,
    ) -> tuple[int, ...]:
        taken_steps: list[int] = []
        with self._store.transaction():
            history = list(self.history())
            for _ in range(times):
                steps = choose_steps(history)
                if not steps:
                    raise CaseError(f"there is nothing to {verb}", next_step=next_step)
                history.append(self._store.step(self._record(event(steps))))
                taken_steps += steps
            self._store.rebuild()
        return tuple(taken_steps)

    # -- within --------------------------------------------------------------------------------------------------

    def _record(
        self, event: Event, *, entities: tuple[Entity, ...] = (), replies: dict[str, Reply] | None = None
    ) -> int:
        return self._recorder.record(event, self._clock(), mentions=entities, replies=replies)

    @property
    def _recorder(self) -> Recorder:
        settings = self.workspace.settings
        limits = EvidenceLimits(settings.reply_limit, settings.case_limit)
        return Recorder(self._store, settings.analyst, limits, self.workspace.shared_reason)
