"""What people do to the picture of a case: hide, fold and move nodes. Each is a step, and can be taken back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from clew.entities import Entity, Key
from clew.graph.case_tables import CaseTables
from clew.graph.format.events import Collapsed, Hidden, Moved
from clew.graph.projection.layout import NodePosition
from clew.graph.recording.case_recorder import CaseRecorder


class LayoutEditor:
    """The picture of a case, as arranged by hand. Methods raise CaseError for what is no node of the case."""

    def __init__(self, recorder: CaseRecorder) -> None:
        self._recorder = recorder
        self._tables = CaseTables(recorder.store)

    @property
    def hidden_nodes(self) -> frozenset[Key]:
        """Nodes that are left out of the picture."""
        return self._tables.layout().hidden_nodes

    @property
    def collapsed_nodes(self) -> frozenset[Key]:
        """Nodes into which is folded what hangs on them alone."""
        return self._tables.layout().collapsed_nodes

    @property
    def positions(self) -> Mapping[Key, NodePosition]:
        """Where nodes were put, in pixels."""
        return self._tables.layout().positions

    def hide(self, *entities: Entity) -> None:
        """Leave nodes out of the picture; they stay in the case."""
        self._recorder.record(Hidden(self._keys(entities), hidden=True))

    def unhide(self, *entities: Entity) -> None:
        """Put nodes back into the picture."""
        self._recorder.record(Hidden(self._keys(entities), hidden=False))

    def collapse(self, *entities: Entity) -> None:
        """Fold what hangs on nodes into them, in the picture."""
        self._recorder.record(Collapsed(self._keys(entities), collapsed=True))

    def uncollapse(self, *entities: Entity) -> None:
        """Unfold it again."""
        self._recorder.record(Collapsed(self._keys(entities), collapsed=False))

    def move(self, entity: Entity, x: float, y: float, *, pin: bool = True) -> None:
        """Put a node somewhere in the picture, in pixels; one with `pin` stays there."""
        self._recorder.record(Moved(self._tables.node_key(entity), float(x), float(y), pin))

    def _keys(self, entities: Iterable[Entity]) -> tuple[Key, ...]:
        return tuple(map(self._tables.node_key, entities))
