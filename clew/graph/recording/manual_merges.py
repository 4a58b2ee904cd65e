"""Merges that a person says, and merges that a person takes back."""

from __future__ import annotations

from clew.entities import Entity
from clew.errors import CaseError
from clew.graph.case_tables import CaseTables
from clew.graph.format.events import Merged, Unmerged
from clew.graph.recording.case_recorder import CaseRecorder


def merge_nodes(recorder: CaseRecorder, kept_entity: Entity, lost_entity: Entity, reason: str) -> int:
    """Make two nodes one; returns the step.

    Raises:
        CaseError: a node that the case has not, two of different kinds, or one that is the other already.
    """
    tables = CaseTables(recorder.store)
    kept_key, lost_key = tables.node_key(kept_entity), tables.node_key(lost_entity)
    if kept_key == lost_key:
        raise CaseError(
            f"{kept_entity.key} and {lost_entity.key} are one node already", next_step="see case.tables.merges()"
        )
    if kept_key.kind != lost_key.kind:
        raise CaseError(f"a {lost_key.kind} cannot be merged into a {kept_key.kind}")
    return recorder.record(Merged(kept_key, lost_key, reason))


def unmerge_nodes(recorder: CaseRecorder, step: int, reason: str) -> None:
    """Take a merge back. Raises CaseError: that step is no merge, or was taken back already."""
    with recorder.store.transaction() as connection:
        row = connection.execute("SELECT undone_by FROM merges WHERE step = ?", (step,)).fetchone()
        if row is None or row[0] is not None:
            raise CaseError(f"step {step} is no merge that could be taken back", next_step="see case.tables.merges()")
        recorder.record(Unmerged(step, reason))
        recorder.store.rebuild()
