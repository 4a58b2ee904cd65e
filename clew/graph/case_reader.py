"""What a case knows: its nodes, claims, answers and history, for people, for frames and for networkx."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clew.entities import Claim, Entity, Finding, Key
from clew.entities.checked_text import stamp
from clew.entities.times import ANY_TIME, TimeWindow, When, parse_time, zone_named
from clew.errors import CaseDamaged, CaseError
from clew.graph.expansion.reusable_answers import is_reusable
from clew.graph.format.events import BulkPivoted, Opened, Pivoted, Step, Windowed, pivot_events
from clew.graph.projection import tables as frames
from clew.graph.projection.digest import digest
from clew.graph.projection.evidence_excerpts import evidence_excerpts
from clew.graph.projection.fold import Fold
from clew.graph.projection.layout import CaseLayout, read_layout
from clew.graph.projection.neighbourhood import Neighbourhood, neighbourhood
from clew.graph.projection.tables import Node
from clew.graph.projection.verdict import conclusive_sql
from clew.graph.recording.case_gate import audit
from clew.graph.signing.allowed_signers import Signers
from clew.graph.signing.case_signatures import Signature, SignatureChecker
from clew.graph.signing.verification import Verification, verify
from clew.graph.store import Store
from clew.pivots.invocation import Pivot
from clew.providers.base import Reply

if TYPE_CHECKING:
    import networkx as nx
    import pandas as pd

    from clew.graph.replay.difference import Difference


class CaseReader:
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
    def window(self) -> TimeWindow:
        """The time that queries are asked about which say none themselves; any time, if `within` set none."""
        with self._store.reading() as connection:
            (step,) = next(connection.execute("SELECT max(step) FROM remarks WHERE kind = 'window'"))
        if step is None:
            return ANY_TIME
        event = self._store.step(step).event
        if not isinstance(event, Windowed):
            raise CaseError(f"step {step} is no window")
        return event.window

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

    def audit(self) -> pd.DataFrame:
        """What was sent to whom: one row for each ask that left the machine.

        Columns: step, at, by, provider, subject, method, where, asked, status, trouble. What was answered by a
        recording or a cache, and what the gate refused, was not sent. Undone steps were.
        """
        return audit(list(self.history()))

    def arrangement(self) -> CaseLayout:
        """What people did to the picture: what is hidden, what is folded, and what stands where they put it."""
        with self._store.reading() as connection:
            return read_layout(connection)

    def merges(self) -> pd.DataFrame:
        """One row per merge: step, keep, gone, reason, undone_by."""
        return self._frame("SELECT step, keep, gone, reason, undone_by FROM merges ORDER BY step")

    def remarks(self) -> pd.DataFrame:
        """One row per note, tag and window of time: step, about, kind, text."""
        return self._frame("SELECT step, about, kind, text FROM remarks ORDER BY step")

    def at(self, moment: int | When) -> CaseReader:
        """The case as it was after a step, or at a time: what was known then. Nothing can be changed in it.

        Args:
            moment: the number of a step, or a time: absolute, ISO 8601 with its zone, or relative (`-2d`).

        Raises:
            CaseError: there was no case yet.
            QueryError: a time that is none.
        """
        return CaseReader(self._store_at(moment))

    def _store_at(self, step_or_time: int | When) -> Store:
        number = (
            step_or_time
            if isinstance(step_or_time, int)
            else self._step_at(parse_time(step_or_time, datetime.now(UTC)))
        )
        if not 1 <= number <= self.steps:
            raise CaseError(f"there is no step {number}", next_step=f"give 1 to {self.steps}, or a time")
        return self._store.as_of(number)

    def _step_at(self, time: datetime) -> int:
        with self._store.reading() as connection:
            (number,) = next(connection.execute("SELECT max(number) FROM steps WHERE at <= ?", (stamp(time),)))
        if number is None:
            raise CaseError(f"there was no case yet at {stamp(time)}", next_step="see case.history()")
        return int(number)

    def activity(self, start: When | None = None, end: When | None = None, *, zone: str = "") -> nx.MultiDiGraph[Key]:
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
        key = self.node_key(entity)
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

    def signatures(self) -> tuple[Signature, ...]:
        """Every signature in the case, with whom it is of, what it covers, and whether it is good."""
        checker = SignatureChecker()
        for step in self.history():
            checker.follow(step)
        return tuple(checker.signatures)

    def history(self) -> Iterator[Step]:
        """Every step, checked against the hash chain. Raises CaseDamaged at the first that was changed."""
        return self._store.steps()

    def digest(self) -> str:
        """One number for the graph: equal digests, equal nodes, edges and claims."""
        with self._store.reading() as connection:
            return digest(connection)

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
            node = Fold(connection).number(entity.key)
            return entity if node is None else Fold(connection).entity(node)

    def verdict(self, entity: Entity) -> str:
        """The verdict of the entity's node; `unknown` where there is none."""
        with self._store.reading() as connection:
            node = Fold(connection).number(entity.key)
            row = connection.execute("SELECT verdict FROM nodes WHERE id = ?", (node,)).fetchone()
        return str(row[0]) if row else "unknown"

    def _frame(self, sql: str) -> pd.DataFrame:
        with self._store.reading() as connection:
            return frames.frame(connection, sql)

    def latest_answer(self, key: Key, pivot: Pivot, arguments: Mapping[str, Any]) -> tuple[int, int] | None:
        """The latest step, and place in it, that answered a pivot of a node with these arguments; None for none."""
        with self._store.reading() as connection:
            rows = list(
                connection.execute(
                    "SELECT step, answer FROM answers WHERE subject = ? AND pivot = ? AND part = 0 "  # noqa: S608 - constants of ours
                    f"AND {conclusive_sql('outcome')} ORDER BY step DESC, answer DESC",
                    (str(key), pivot.name),
                )
            )
        return next(
            (
                (step, position)
                for step, position in rows
                if is_reusable(self._pivot_event(step, position), pivot, arguments)
            ),
            None,
        )

    def recorded_finding(self, step: int, answer: int) -> Finding:
        return self._pivot_event(step, answer).finding

    def _pivot_event(self, step: int, answer: int) -> Pivoted:
        event = self._store.step(step).event
        if isinstance(event, BulkPivoted):
            return event.pivot_events()[answer]
        if not isinstance(event, Pivoted):
            raise CaseError(f"step {step} is no pivot")
        return event

    def node_key(self, entity: Entity) -> Key:
        """The key of the entity's node. Raises CaseError where there is none."""
        with self._store.reading() as connection:
            node = Fold(connection).resolve(entity.key)
        if node is None:
            raise CaseError(f"the case has no node {entity.key}", next_step="add it first")
        return Key.parse(node)

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

    def compare(self, other: CaseReader | str | Path) -> Difference:
        """What differs in another case, or in this one at another time, from what is known here.

        Raises:
            CaseError: there is no such case, or it cannot be read.
        """
        # Imported here: what compares two readings needs them first.
        from clew.graph.replay.comparison import compare_readings

        return compare_readings(self, other)
