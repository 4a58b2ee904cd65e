"""Nodes and edges out of frames into a case, in steps of many rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from clew.graph.format.events import Imported
from clew.graph.projection import imports as batches
from clew.graph.recording.case_recorder import CaseRecorder
from clew.providers.base import Reply

if TYPE_CHECKING:
    import pandas as pd


class ImportCount(NamedTuple):
    """How many rows were read."""

    nodes: int
    edges: int


def import_frames(
    recorder: CaseRecorder, nodes: pd.DataFrame | None, edges: pd.DataFrame | None, source: str
) -> ImportCount:
    """Record what the frames say as the word of a source.

    Raises:
        QueryError: a column is missing, or a cell is no entity, relation or time.
        CaseError: the case would be larger than `case_limit` allows.
    """
    node_count, edge_count = 0, 0
    for batch, entities in batches.read_frames(nodes, edges):
        reply = Reply(batch.body(), batches.IMPORTED_ROWS, recorder.clock())
        event = Imported(source, reply.fingerprint, len(batch.nodes), len(batch.links))
        recorder.steps.record_import(event, reply, reply.at, entities)
        node_count += len(batch.nodes)
        edge_count += len(batch.links)
    return ImportCount(node_count, edge_count)
