"""What a case knows: its graph, its nodes and claims as values, its tables, and its history."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from clew.entities import Claim, Entity, Key
from clew.entities.times import TimeLike, TimeWindow, zone_named
from clew.errors import CaseDamaged, CaseError
from clew.graph.case_history import CaseHistory
from clew.graph.case_tables import CaseTables
from clew.graph.format.events import pivot_events
from clew.graph.projection import tables as frames
from clew.graph.projection.evidence_excerpts import evidence_excerpts
from clew.graph.projection.neighbourhood import Neighbourhood, neighbourhood
from clew.graph.projection.nodes import NodeTable
from clew.graph.projection.rows import AnswerRow, MergeRow, RemarkRow, answer_rows, merge_rows, remark_rows
from clew.graph.projection.tables import Node
from clew.graph.signing.allowed_signers import Signers
from clew.graph.signing.verification import Verification, verify
from clew.graph.store import Store
from clew.providers.base import Reply

if TYPE_CHECKING:
    import networkx as nx


class CaseReader:
    """What is known in the file of a case. It asks nobody and changes nothing."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def tables(self) -> CaseTables:
        """What it knows as DataFrames."""
        return CaseTables(self._store)

    @property
    def history(self) -> CaseHistory:
        """Its steps."""
        return CaseHistory(self._store)

    @property
    def path(self) -> Path | None:
        """The file of the case."""
        return self._store.path

    @property
    def title(self) -> str:
        """As given when the case began."""
        return self.history.title

    @property
    def window(self) -> TimeWindow:
        """The time that queries are asked about which say none themselves; any time, if `set_window` set none."""
        return self.history.window

    @property
    def graph(self) -> nx.MultiDiGraph[Key]:
        """The graph: `Key` nodes, edges keyed by relation, claims on every edge. A copy of what the case knows."""
        with self._store.reading() as connection:
            return frames.graph(connection, self)

    def node_list(self) -> tuple[Node, ...]:
        """Every node, in the order in which the case first heard of it."""
        with self._store.reading() as connection:
            return tuple(frames.nodes(connection))

    def claim_list(self) -> tuple[Claim, ...]:
        """Every claim, in the order in which it was made."""
        with self._store.reading() as connection:
            return tuple(frames.claims(connection, self))

    def answer_list(self) -> tuple[AnswerRow, ...]:
        """Every answer of one source, in the order in which it was recorded."""
        with self._store.reading() as connection:
            return tuple(answer_rows(connection))

    def remark_list(self) -> tuple[RemarkRow, ...]:
        """Every note, tag and window of time, in the order in which it was made."""
        with self._store.reading() as connection:
            return tuple(remark_rows(connection))

    def merge_list(self) -> tuple[MergeRow, ...]:
        """Every merge, those that were taken back too, in the order in which it was made."""
        with self._store.reading() as connection:
            return tuple(merge_rows(connection))

    def at(self, moment: int | TimeLike) -> CaseReader:
        """The case as it was after a step, or at a time: what was known then. Nothing can be changed in it.

        Args:
            moment: the number of a step, or a time: absolute, ISO 8601 with its zone, or relative (`-2d`).

        Raises:
            CaseError: there was no case yet.
            QueryError: a time that is none.
        """
        return CaseReader(self.history.store_at(moment))

    def activity(
        self, start: TimeLike | None = None, end: TimeLike | None = None, *, zone: str = ""
    ) -> nx.MultiDiGraph[Key]:
        """The graph of what happened in a time: claims whose source says when, with the nodes that they are about.

        Raises:
            QueryError: a time that is none.
        """
        window = TimeWindow.of(start, end, now=datetime.now(UTC), zone=zone_named(zone) if zone else None)
        first, last = window.stamps
        clause = (
            "WHERE observed_first <> '' AND (? IS NULL OR max(observed_last, observed_first) >= ?) "
            "AND (? IS NULL OR observed_first < ?)"
        )
        with self._store.reading() as connection:
            return frames.graph(connection, self, clause, (first, first, last, last))

    def neighbourhood(self, entity: Entity, *, hops: int = 2, limit: int = 10_000) -> Neighbourhood:
        """What is up to so many hops from a node, whichever way the edges point.

        Args:
            limit: the most nodes; nearer ones come first, and the answer says if it was cut.

        Raises:
            CaseError: the case has no such node.
        """
        key = self.tables.node_key(entity)
        with self._store.reading() as connection:
            return neighbourhood(connection, key, hops, limit, self)

    def verify(self, *, signers: str | Path | None = None, statement: str | Path | None = None) -> Verification:
        """Whether the case is what was written: every step, all evidence, the graph that follows, and signatures.

        Args:
            signers: a public key, or a list of allowed signers: one of them has to have signed.
            statement: a signed statement that was kept beside the case, which has to be about it.

        Raises:
            KeyUnusable: the signers cannot be read.
            MissingExtra: signers are given, and there is no library to check signatures with.
        """
        allowed_signers = Signers.load(signers) if signers is not None else None
        return verify(self._store, allowed_signers, Path(statement) if statement is not None else None)

    def evidence(self, claim: Claim) -> list[str]:
        """The raw text behind a claim: log events for a query, otherwise the part of the reply that it points at.

        Raises:
            CaseDamaged: it is missing, or is not what was received.
            CaseError: it was not kept: says why.
        """
        return evidence_excerpts([self._reply(name, claim) for name in claim.evidence_ids], claim.pointers)

    def entity(self, entity: Entity) -> Entity:
        """What the case knows of an entity by now; the entity itself where it knows nothing."""
        with self._store.reading() as connection:
            node = NodeTable(connection).number(entity.key)
            return entity if node is None else NodeTable(connection).entity(node)

    def verdict(self, entity: Entity) -> str:
        """The verdict of the entity's node; `unknown` where there is none."""
        with self._store.reading() as connection:
            node = NodeTable(connection).number(entity.key)
            row = connection.execute("SELECT verdict FROM nodes WHERE id = ?", (node,)).fetchone()
        return str(row[0]) if row else "unknown"

    def _reply(self, fingerprint: str, claim: Claim) -> Reply:
        try:
            return self._store.reply(fingerprint, at=claim.asked_at, step=claim.step)
        except CaseDamaged:
            exchanges = (
                exchange
                for pivot_event in pivot_events(self._store.step(claim.step).event)
                for exchange in pivot_event.exchanges
            )
            reason = next((exchange.unkept for exchange in exchanges if exchange.evidence == fingerprint), "")
            if not reason:
                raise
            raise CaseError(
                f"the reply behind step {claim.step} was not kept: {reason}", next_step="ask again with more room"
            ) from None
