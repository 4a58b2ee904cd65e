"""From events to the graph: what each event means for nodes, claims, verdicts and merges. Only this code says so."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import assert_never

from clew.entities import Finding, Host, Key, Link
from clew.entities.checked_text import stamp
from clew.entities.codec import from_key
from clew.entities.finding import CONCLUSIVE_OUTCOMES
from clew.errors import CaseDamaged
from clew.graph.format.connection_event import Connected
from clew.graph.format.events import (
    Added,
    Branched,
    BulkPivoted,
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
    Opened,
    Pivoted,
    Planned,
    Redacted,
    Redone,
    Signed,
    Tagged,
    Undone,
    Unmerged,
    UserEvent,
    Windowed,
)
from clew.graph.projection.imports import fold_batch
from clew.graph.projection.nodes import NodeTable, claim_mark
from clew.graph.projection.verdict import ANALYST
from clew.providers.base import canonical_json
from clew.sqlite import Connection, Value


class Fold:
    """Applies events to the derived tables of one database, inside the caller's transaction."""

    def __init__(
        self,
        connection: Connection,
        *,
        undone: frozenset[int] = frozenset(),
        evidence: Callable[[str], bytes] | None = None,
    ) -> None:
        self._connection = connection
        self._nodes = NodeTable(connection)
        self._undone_steps = undone
        self._evidence = evidence

    def apply(self, step: int, event: Event) -> None:
        """What follows from one event; of one that was taken back, only that it was, and what was sent to others."""
        match event:
            case Opened() | Connected() | Planned() | Branched() | Redacted() | Signed():
                pass
            case Undone() | Redone():
                undone_by = step if isinstance(event, Undone) else None
                rows = [(undone_by, undone_step) for undone_step in event.steps]
                self._write_all("UPDATE merges SET undone_by = ? WHERE step = ?", rows)
            case Pivoted():
                self._apply_pivot(step, 0, event)
            case BulkPivoted():
                for answer, pivot_event in enumerate(event.pivot_events()):
                    self._apply_pivot(step, answer, pivot_event)
            case Merged():
                self._apply_merge(step, event)
            case Common():
                self._nodes.set_common(event)
            case _ if step not in self._undone_steps:
                self._apply_user_event(step, event)
            case _:
                pass

    def _apply_user_event(self, step: int, event: UserEvent) -> None:
        match event:
            case Added():
                self._nodes.upsert(event.entity, step)
            case Linked() | Judged():
                self._apply_statement(step, event)
            case Imported():
                self._apply_import(step, event)
            case Noted() | Tagged() | Windowed() | Gated():
                self._insert_remark(step, event)
            case Hidden() | Collapsed() | Moved():
                self._update_layout(event)
            case Unmerged():
                self._write("UPDATE merges SET undone_by = ? WHERE step = ?", (step, event.step))
            case _:
                assert_never(event)

    def _insert_remark(self, step: int, event: Noted | Tagged | Windowed | Gated) -> None:
        match event:
            case Noted():
                about, kind, text = event.about, "note", event.text
            case Tagged():
                about, kind, text = event.about, "tag", event.tag
            case Windowed():
                about, kind, text = None, "window", str(event)
            case Gated():
                about, kind, text = None, "gate", event.why
        node = (self._nodes.resolve(about) or str(about)) if about else ""
        self._write("INSERT INTO remarks VALUES (?, ?, ?, ?)", (step, node, kind, text))

    def _apply_statement(self, step: int, event: Linked | Judged) -> None:
        """What a person says is kept as what any other source says."""
        match event:
            case Linked():
                link = Link(event.source, event.relation, event.target)
                finding = Finding(event.source, provider=ANALYST, pivot="link", reason=event.why, links=(link,))
                self._insert_claim(step, self._upsert_origin(step, finding), finding, link)
            case Judged():
                node = self._nodes.number(event.about)
                if node is not None:
                    finding = Finding(
                        from_key(event.about), provider=ANALYST, pivot="judge", verdict=event.verdict, reason=event.why
                    )
                    self._insert_findings((step, 0), node, finding)

    def _update_layout(self, event: Hidden | Collapsed | Moved) -> None:
        keys = event.about if not isinstance(event, Moved) else (event.about,)
        for node in (self._nodes.resolve(key) or str(key) for key in keys):
            self._write("INSERT OR IGNORE INTO layout VALUES (?, NULL, NULL, 0, 0, 0)", (node,))
            match event:
                case Hidden():
                    self._write("UPDATE layout SET hidden = ? WHERE node = ?", (event.hidden, node))
                case Collapsed():
                    self._write("UPDATE layout SET collapsed = ? WHERE node = ?", (event.collapsed, node))
                case Moved():
                    self._write(
                        "UPDATE layout SET x = ?, y = ?, pinned = ? WHERE node = ?",
                        (event.x, event.y, event.pinned, node),
                    )

    def _apply_import(self, step: int, event: Imported) -> None:
        if self._evidence is None:
            raise CaseDamaged(f"the rows of step {step} are missing")
        # Their own way into the tables: one row at a time would take minutes for a million.
        fold_batch(self._connection, self._nodes, step, event, self._evidence(event.evidence))

    # -- claims --------------------------------------------------------------------------------------------------

    def _apply_pivot(self, step: int, answer: int, event: Pivoted) -> None:
        self._write_all(
            "INSERT INTO exchanges VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    step,
                    answer,
                    position,
                    exchange.fingerprint,
                    exchange.provider,
                    stamp(exchange.at),
                    exchange.sent,
                    "" if exchange.unkept else exchange.evidence,
                    exchange.status,
                    canonical_json(exchange.ask),
                    exchange.trouble.what if exchange.trouble else exchange.unkept,
                )
                for position, exchange in enumerate(event.exchanges)
            ],
        )
        if step in self._undone_steps:
            return
        finding = event.finding
        node = self._nodes.upsert(event.invocation.subject, step)
        for part in finding.parts or (finding,):
            for entity in part.same:
                self._nodes.upsert(entity, step)
            if part.links:
                origin = self._upsert_origin(step, part)
                for link in part.links:
                    self._insert_claim(step, origin, part, link)
        number = self._nodes.number(event.invocation.subject.key)
        self._insert_findings((step, answer), node if number is None else number, finding)

    def _upsert_origin(self, step: int, finding: Finding) -> int:
        """Who says it: one row for all that one answer of one source says."""
        values = (step, finding.provider, finding.pivot, _moment(finding.asked_at), ",".join(finding.evidence))
        self._write(
            "INSERT OR IGNORE INTO origins (step, provider, pivot, asked_at, evidence) VALUES (?, ?, ?, ?, ?)", values
        )
        row = self._connection.execute(
            "SELECT id FROM origins WHERE step = ? AND provider = ? AND pivot = ? AND asked_at = ? AND evidence = ?",
            values,
        ).fetchone()
        return int(row[0]) if row else 0

    def _insert_claim(self, step: int, origin: int, finding: Finding, link: Link) -> None:
        source, target = self._upsert_ends(link, step)
        source_name, target_name, pointers = str(link.source.key), str(link.target.key), json.dumps(link.pointers)
        mark = claim_mark(source_name, link.relation, target_name, finding.provider, finding.evidence, pointers)
        self._write(
            "INSERT OR IGNORE INTO claims (source, relation, target, origin, pointers, observed_first, observed_last, "
            "inferred, said_source, said_target, mark) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                source,
                link.relation.value,
                target,
                origin,
                pointers,
                _moment(link.observed_first),
                _moment(link.observed_last),
                link.inferred,
                self._name_in_claim(source, source_name),
                self._name_in_claim(target, target_name),
                mark,
            ),
        )

    def _name_in_claim(self, node: int, key: str) -> str:
        """What a claim calls its end, if that is not the key of the node."""
        return "" if self._nodes.key_text(node) == key else key

    def _upsert_ends(self, link: Link, step: int) -> tuple[int, int]:
        """The nodes of a link. The machine first: learning its names may move what is on it."""
        if link.target.kind == Host.kind:
            target = self._nodes.upsert(link.target, step)
            source = self._nodes.upsert(link.source, step)
        else:
            source = self._nodes.upsert(link.source, step)
            target = self._nodes.upsert(link.target, step)
        if Host.kind not in (link.source.kind, link.target.kind):
            return source, target
        # Placing the second may have joined the first with another.
        numbers = self._nodes.number(link.source.key), self._nodes.number(link.target.key)
        return (source if numbers[0] is None else numbers[0]), (target if numbers[1] is None else numbers[1])

    def _insert_findings(self, answer_position: tuple[int, int], node: int, finding: Finding) -> None:
        # Part 0 is the answer as a whole; only single sources, from 1 on, count towards the verdict of the node.
        rows = [(0, finding), *enumerate(finding.parts or (finding,), start=1)]
        self._write_all(
            "INSERT INTO findings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    *answer_position,
                    number,
                    node,
                    part.pivot,
                    part.provider,
                    part.outcome.value,
                    part.verdict.value,
                    part.severity.value,
                    part.reason,
                    part.reference,
                    _moment(part.asked_at),
                    part.returned,
                    part.available,
                    part.truncated_by,
                    ",".join(part.evidence),
                )
                for number, part in rows
            ],
        )
        if any(part.outcome in CONCLUSIVE_OUTCOMES for _, part in rows):
            self._nodes.update_verdict(node)

    # -- merges --------------------------------------------------------------------------------------------------

    def _apply_merge(self, step: int, event: Merged) -> None:
        is_undone = step in self._undone_steps
        self._write(
            "INSERT INTO merges VALUES (?, ?, ?, ?, NULL)", (step, str(event.keep), str(event.gone), event.reason)
        )
        kept_node, lost_node = self._nodes.number(event.keep), self._nodes.number(event.gone)
        if not is_undone and kept_node is not None and lost_node is not None and kept_node != lost_node:
            lost_key = self._nodes.key_text(lost_node)
            self._nodes.merge(kept_node, lost_node)
            if Key.parse(lost_key).kind == Host.kind:
                self._nodes.rehost(lost_key, kept_node)

    # -- SQL -----------------------------------------------------------------------------------------------------

    def _write(self, sql: str, values: tuple[Value, ...]) -> None:
        self._connection.execute(sql, values)

    def _write_all(self, sql: str, rows: Iterable[tuple[Value, ...]]) -> None:
        self._connection.executemany(sql, rows)


def _moment(time: datetime | None) -> str:
    return stamp(time) if time else ""
