"""What a case knows: its nodes, claims, answers and history, for people, for frames and for networkx."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from clew.entities import Claim, Entity, Finding, Key
from clew.errors import CaseError
from clew.graph import frames
from clew.graph.digest import digest
from clew.graph.events import BulkPivoted, Opened, Pivoted, Step
from clew.graph.fold import Fold
from clew.graph.frames import Node
from clew.graph.store import Store
from clew.providers.logs.provider import raw_rows

if TYPE_CHECKING:
    import networkx as nx
    import pandas as pd


class Reading:
    """The part of a case that asks nobody and changes nothing."""

    def __init__(self, store: Store) -> None:
        self._store = store

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
            "available, truncated_by FROM findings WHERE part > 0 ORDER BY step, answer, part",
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

    def answered(self) -> dict[tuple[str, str], tuple[int, int]]:
        """The latest step (and place in it) in which each pivot of each node was answered; troubles are no answers."""
        rows = self._store.connection.execute(
            "SELECT subject, pivot, step, answer FROM findings WHERE part = 0 AND outcome IN ('found', 'nothing') "
            "ORDER BY step, answer"
        )
        return {(subject, pivot): (step, answer) for subject, pivot, step, answer in rows}

    def recorded(self, step: int, answer: int) -> Finding:
        event = self._store.step(step).event
        if isinstance(event, BulkPivoted):
            return event.answers[answer].finding
        if not isinstance(event, Pivoted):
            raise CaseError(f"step {step} is no pivot")
        return event.finding

    def node_key(self, entity: Entity) -> Key:
        """The key of the entity's node. Raises CaseError where there is none."""
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
