"""What a case knows as tables: one row for each node, edge, claim, answer, remark, merge and request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clew.entities import Entity, Key
from clew.errors import CaseError
from clew.graph.projection import tables as frames
from clew.graph.projection.digest import digest
from clew.graph.projection.layout import CaseLayout, read_layout
from clew.graph.projection.nodes import NodeTable
from clew.graph.projection.rows import MERGES, REMARKS
from clew.graph.recording.case_gate import audit
from clew.graph.store import Store

if TYPE_CHECKING:
    import pandas as pd


class CaseTables:
    """The tables of a case, each read when it is asked for."""

    def __init__(self, store: Store) -> None:
        self._store = store

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
            "FROM said GROUP BY source, relation, target ORDER BY min(id)",
        )

    def claims(self) -> pd.DataFrame:
        """One row per claim: source, relation, target, provider, pivot, step, asked_at, evidence, pointers, times."""
        return self._frame(
            "SELECT source, relation, target, provider, pivot, step, asked_at, evidence, pointers, observed_first, "
            "observed_last, inferred FROM said ORDER BY id",
        )

    def findings(self) -> pd.DataFrame:
        """One row per answer of one source, with what became of it.

        `counted` is the verdict with which it counts: no worse than that of the look-up that it is part of.
        """
        return self._frame(
            "SELECT step, subject, pivot, provider, outcome, verdict, severity, reason, reference, asked_at, returned, "
            "available, truncated_by, counted FROM answers WHERE part > 0 ORDER BY step, answer, part",
        )

    def timeline(self) -> pd.DataFrame:
        """One row per claim that says when it happened, in that order: time, source, relation, target, provider."""
        return self._frame(
            "SELECT observed_first AS time, observed_last, source, relation, target, provider, pivot, step "
            "FROM said WHERE observed_first <> '' ORDER BY observed_first, id",
        )

    def merges(self) -> pd.DataFrame:
        """One row per merge: step, keep, gone, reason, undone_by."""
        return self._frame(MERGES)

    def remarks(self) -> pd.DataFrame:
        """One row per note, tag and window of time: step, about, kind, text."""
        return self._frame(REMARKS)

    def audit(self) -> pd.DataFrame:
        """What was sent to whom: one row for each ask that left the machine.

        Columns: step, at, by, provider, subject, method, where, asked, status, trouble. What was answered by a
        recording or a cache, and what the gate refused, was not sent. Undone steps were.
        """
        return audit(list(self._store.steps()))

    def layout(self) -> CaseLayout:
        """What people did to the picture: what is hidden, what is folded, and what stands where they put it."""
        with self._store.reading() as connection:
            return read_layout(connection)

    def digest(self) -> str:
        """One number for the graph: equal digests, equal nodes, edges and claims."""
        with self._store.reading() as connection:
            return digest(connection)

    def node_key(self, entity: Entity) -> Key:
        """The key of the entity's node. Raises CaseError where there is none."""
        with self._store.reading() as connection:
            node = NodeTable(connection).resolve(entity.key)
        if node is None:
            raise CaseError(f"the case has no node {entity.key}", next_step="add it first")
        return Key.parse(node)

    def _frame(self, sql: str) -> pd.DataFrame:
        with self._store.reading() as connection:
            return frames.frame(connection, sql)
