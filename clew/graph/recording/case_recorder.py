"""Who writes a case: whatever is done to it is recorded at one clock's time, in one name, within the limits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from clew.entities import Entity
from clew.graph.format.events import Event
from clew.graph.recording.case_gate import effective_gate
from clew.graph.recording.evidence_limits import EvidenceLimits
from clew.graph.recording.recorder import Recorder
from clew.graph.store import Store
from clew.pivots.session import workspace
from clew.pivots.workspace import Workspace
from clew.providers.gate import Gate
from clew.providers.web.clock import now


class CaseRecorder:
    """A case that is written to: its file, with the settings and the clock around it.

    Args:
        store: the file of the case.
        workspace: settings and connections; those of the process, as they are then, if not given.
        clock: tells the time of a step.
    """

    def __init__(
        self, store: Store, *, workspace: Workspace | None = None, clock: Callable[[], datetime] = now
    ) -> None:
        self.store = store
        self.clock = clock
        self._workspace = workspace

    @property
    def workspace(self) -> Workspace:
        """Settings and connections around the case."""
        return self._workspace or workspace()

    @property
    def analyst(self) -> str:
        """In whose name steps are recorded."""
        return self.workspace.settings.analyst

    @property
    def gate(self) -> Gate:
        """What may leave: the settings, as the case has changed them."""
        return effective_gate(self.store, self.workspace.gate, self.analyst)

    @property
    def steps(self) -> Recorder:
        """What appends steps to the file, by the settings in force."""
        settings = self.workspace.settings
        limits = EvidenceLimits(settings.reply_limit, settings.case_limit)
        return Recorder(self.store, settings.analyst, limits, self.workspace.shared_reason)

    def record(self, event: Event, *mentions: Entity) -> int:
        """One step now, with the merges that follow; returns its number.

        Args:
            mentions: every entity that the event gives identifiers of.
        """
        return self.steps.record(event, self.clock(), mentions=mentions)

    def sibling(self, store: Store) -> CaseRecorder:
        """A recorder of another file, with the same settings and clock."""
        return CaseRecorder(store, workspace=self._workspace, clock=self.clock)
