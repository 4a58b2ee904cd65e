"""From events to the graph: what each event means for nodes, claims, verdicts and merges. Only this code says so."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from typing import Any, assert_never

from clew.entities import Entity, Finding, Host, Key, Link, Outcome, dump, load
from clew.entities.text import stamp
from clew.errors import CaseDamaged, EntityError
from clew.graph.events import (
    Added,
    BulkPivoted,
    Connected,
    Event,
    Merged,
    Noted,
    Opened,
    Pivoted,
    Planned,
    Tagged,
    Unmerged,
)  # fmt: skip
from clew.providers.base import canonical_json

# The worst verdict of the latest word of each source; `unknown` is what remains when nobody said anything.
_VERDICT = """
SELECT verdict, severity FROM (
  SELECT verdict, severity,
    row_number() OVER (PARTITION BY provider, pivot ORDER BY step DESC, answer DESC, part DESC) AS latest
  FROM findings WHERE subject = ? AND outcome = 'found' AND part > 0)
WHERE latest = 1 ORDER BY
  CASE verdict WHEN 'malicious' THEN 0 WHEN 'suspicious' THEN 1 WHEN 'benign' THEN 2 ELSE 3 END,
  CASE severity WHEN 'high' THEN 0 WHEN 'medium' THEN 1 WHEN 'low' THEN 2 ELSE 3 END LIMIT 1"""


class Fold:
    """Applies events to the derived tables of one database, inside the caller's transaction."""

    def __init__(self, connection: sqlite3.Connection, *, undone: frozenset[int] = frozenset()) -> None:
        self._connection = connection
        self._undone = undone

    def apply(self, step: int, event: Event) -> None:
        """What follows from one event."""
        match event:
            case Opened() | Connected() | Planned() | Unmerged():
                if isinstance(event, Unmerged):
                    self._write("UPDATE merges SET undone_by = ? WHERE step = ?", (step, event.step))
            case Added():
                self.place(event.entity, step)
            case Pivoted():
                self._pivoted(step, 0, event)
            case BulkPivoted():
                for number, single in enumerate(event.single()):
                    self._pivoted(step, number, single)
            case Noted():
                about = (self.resolve(event.about) or str(event.about)) if event.about else ""
                self._write("INSERT INTO remarks VALUES (?, ?, 'note', ?)", (step, about, event.text))
            case Tagged():
                about = self.resolve(event.about) or str(event.about)
                self._write("INSERT INTO remarks VALUES (?, ?, 'tag', ?)", (step, about, event.tag))
            case Merged():
                self._merged(step, event)
            case _:
                assert_never(event)

    # -- nodes ---------------------------------------------------------------------------------------------------

    def resolve(self, key: Key) -> str | None:
        """The node that a key means, through merges and through the names of its host."""
        for spelling in dict.fromkeys((str(self._rescoped(key)), str(key))):
            row = self._one("SELECT node FROM aliases WHERE alias = ?", (spelling,))
            if row:
                return str(row[0])
        return None

    def place(self, entity: Entity, step: int) -> str:
        """The node of an entity, made if there is none; its new identifiers become aliases where they are free."""
        entity = self._on_known_host(entity)
        node = self.resolve(entity.key)
        if node is None:
            node = str(entity.key)
            self._write(
                "INSERT INTO nodes VALUES (?, ?, ?, ?, ?, ?, 'unknown', 'informational')",
                (node, entity.kind, entity.key.scope, entity.label, canonical_json(dump(entity)), step),
            )
        else:
            self._learn(node, entity)
        for alias in (entity.key, *entity.aliases):
            # An alias that means another node already stays there: whether the two are one is a merge, not a guess.
            known = self._connection.execute("INSERT OR IGNORE INTO aliases VALUES (?, ?)", (str(alias), node))
            if known.rowcount and entity.kind == Host.kind and str(alias) != node:
                self._rehost(str(alias), node)  # what was seen under a name before it was known whose name it is
        return node

    def _learn(self, node: str, entity: Entity) -> None:
        known = self.entity(node)
        if type(known) is type(entity) and known.key == entity.key:
            filled = known.filled(entity)
            if dump(filled) != dump(known):
                self._write("UPDATE nodes SET entity = ?, label = ? WHERE key = ?",
                            (canonical_json(dump(filled)), filled.label, node))  # fmt: skip

    def entity(self, node: str) -> Entity:
        """The entity of a node."""
        (text,) = self._one("SELECT entity FROM nodes WHERE key = ?", (node,)) or (None,)
        if text is None:
            raise CaseDamaged(f"the node {node} is missing")
        return load(json.loads(text))

    def _rescoped(self, key: Key) -> Key:
        """A key on a host by the name that the case uses for that host."""
        if key.host is None:
            return key
        row = self._one("SELECT node FROM aliases WHERE alias = ?", (str(key.host),))
        return key._replace(scope=Key.parse(row[0]).value) if row else key

    def _on_known_host(self, entity: Entity) -> Entity:
        scope = self._rescoped(entity.key).scope
        return load({**dump(entity), "host": scope}) if scope != entity.key.scope else entity

    # -- claims --------------------------------------------------------------------------------------------------

    def _pivoted(self, step: int, answer: int, event: Pivoted) -> None:
        node = self.place(event.invocation.subject, step)
        self._write_all(
            "INSERT INTO exchanges VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (step, answer, position, exchange.fingerprint, exchange.provider, stamp(exchange.at), exchange.sent,
                 exchange.evidence, exchange.status, canonical_json(exchange.ask),
                 exchange.trouble.what if exchange.trouble else "")
                for position, exchange in enumerate(event.exchanges)
            ],
        )  # fmt: skip
        finding = event.finding
        for part in finding.parts or (finding,):
            for link in part.links:
                self._claim(step, part, link)
        self._judge((step, answer), self.resolve(event.invocation.subject.key) or node, finding)

    def _claim(self, step: int, finding: Finding, link: Link) -> None:
        source, target = self._ends(link, step)
        self._write(
            "INSERT OR IGNORE INTO claims (source, relation, target, said_source, said_target, step, provider, pivot, "
            "asked_at, evidence, pointers, observed_first, observed_last, inferred) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (source, link.relation.value, target, str(link.source.key), str(link.target.key), step, finding.provider,
             finding.pivot, _moment(finding.asked_at), ",".join(finding.evidence), json.dumps(link.pointers),
             _moment(link.observed_first), _moment(link.observed_last), link.inferred),
        )  # fmt: skip

    def _ends(self, link: Link, step: int) -> tuple[str, str]:
        """The nodes of a link. The machine first: learning its names may move what is on it."""
        if link.target.kind == Host.kind:
            target = self.place(link.target, step)
            return self.place(link.source, step), target
        source = self.place(link.source, step)
        return source, self.place(link.target, step)

    def _judge(self, place: tuple[int, int], node: str, finding: Finding) -> None:
        # Part 0 is the answer as a whole; only single sources, from 1 on, count towards the verdict of the node.
        rows = [(0, finding), *enumerate(finding.parts or (finding,), start=1)]
        self._write_all(
            "INSERT INTO findings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (*place, number, node, part.pivot, part.provider, part.outcome.value, part.verdict.value,
                 part.severity.value, part.reason, part.reference, _moment(part.asked_at),
                 part.returned, part.available, part.truncated_by, ",".join(part.evidence))
                for number, part in rows
            ],
        )  # fmt: skip
        if any(part.outcome is Outcome.FOUND for _, part in rows):
            self._reconsider(node)

    def _reconsider(self, node: str) -> None:
        row = self._one(_VERDICT, (node,))
        if row:
            self._write("UPDATE nodes SET verdict = ?, severity = ? WHERE key = ?", (*row, node))

    # -- merges --------------------------------------------------------------------------------------------------

    def _merged(self, step: int, event: Merged) -> None:
        undone = step in self._undone
        self._write("INSERT INTO merges VALUES (?, ?, ?, ?, NULL)",
                    (step, str(event.keep), str(event.gone), event.reason))  # fmt: skip
        keep, gone = self.resolve(event.keep), self.resolve(event.gone)
        if not undone and keep is not None and gone is not None and keep != gone:
            self._join(keep, gone)
            if Key.parse(keep).kind == Host.kind:
                self._rehost(gone, keep)

    def _join(self, keep: str, gone: str) -> None:
        kept, lost = self.entity(keep), self.entity(gone)
        # What the lost node was called by stays an alias; what it was described by fills gaps.
        entity = _described(kept, lost)
        self._write("UPDATE nodes SET entity = ?, label = ?, first_step = min(first_step, "
                    "(SELECT first_step FROM nodes WHERE key = ?)) WHERE key = ?",
                    (canonical_json(dump(entity)), entity.label, gone, keep))  # fmt: skip
        self._write("DELETE FROM nodes WHERE key = ?", (gone,))
        self._repoint(keep, gone)
        self._reconsider(keep)

    def _repoint(self, new: str, old: str) -> None:
        self._write("UPDATE aliases SET node = ? WHERE node = ?", (new, old))
        self._write("UPDATE claims SET source = ? WHERE source = ?", (new, old))
        self._write("UPDATE claims SET target = ? WHERE target = ?", (new, old))
        self._write("UPDATE findings SET subject = ? WHERE subject = ?", (new, old))
        self._write("UPDATE remarks SET about = ? WHERE about = ?", (new, old))

    def _rehost(self, gone: str, keep: str) -> None:
        """What belonged to the lost host belongs to the kept one: moved, or joined with what is there already."""
        old, new = Key.parse(gone).value, Key.parse(keep).value
        rows = self._connection.execute("SELECT key FROM nodes WHERE scope = ? ORDER BY key", (old,)).fetchall()
        for (node,) in rows:
            moved = str(Key.parse(node)._replace(scope=new))
            there = self._one("SELECT node FROM aliases WHERE alias = ?", (moved,))
            if there and there[0] != node:
                self._join(there[0], node)
                continue
            entity = load({**dump(self.entity(node)), "host": new})
            self._write("UPDATE nodes SET key = ?, scope = ?, entity = ?, label = ? WHERE key = ?",
                        (moved, new, canonical_json(dump(entity)), entity.label, node))  # fmt: skip
            self._repoint(moved, node)
            for alias in (moved, *entity.aliases):
                self._write("INSERT OR IGNORE INTO aliases VALUES (?, ?)", (str(alias), moved))

    # -- SQL -----------------------------------------------------------------------------------------------------

    def _one(self, sql: str, values: tuple[Any, ...]) -> tuple[Any, ...] | None:
        row: tuple[Any, ...] | None = self._connection.execute(sql, values).fetchone()
        return row

    def _write(self, sql: str, values: tuple[Any, ...]) -> None:
        self._connection.execute(sql, values)

    def _write_all(self, sql: str, rows: Iterable[tuple[Any, ...]]) -> None:
        self._connection.executemany(sql, rows)


def _moment(time: datetime | None) -> str:
    return stamp(time) if time else ""


def _described(kept: Entity, lost: Entity) -> Entity:
    """`kept` with its gaps filled from `lost`, but with nothing that would make it another identity."""
    if type(kept) is not type(lost):
        return kept
    for name, value in lost.described().items():
        if name not in kept.described():
            with suppress(EntityError):
                fuller = type(kept)(**kept.described(), **{name: value})
                kept = fuller if fuller.key == kept.key else kept
    return kept
