"""Entities to nodes: what a key means in a case, what a node is called, and how two nodes become one."""

from __future__ import annotations

import json
from contextlib import suppress
from hashlib import blake2b
from typing import Any

from clew.entities import Entity, Host, Key, dump, load
from clew.entities.entity import field_values
from clew.errors import CaseDamaged, EntityError
from clew.graph.format.events import Common
from clew.graph.projection.verdict import NODE_VERDICT
from clew.providers.base import canonical_json
from clew.sqlite import Connection

#: Whose name a value is that unrelated things share.
NOBODY = 0


class NodeTable:
    """The nodes of one database, inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        # What was placed already, field by field: the entities of a case are named over and over.
        self._node_cache: dict[tuple[object, ...], int] = {}
        self._keys: dict[int, str] = {}
        self._numbers: dict[str, int] = {}

    def resolve(self, key: Key) -> str | None:
        """The node that a key means, through merges and through the names of its host."""
        number = self.number(key)
        return None if number is None else self.key_text(number)

    def number(self, key: Key) -> int | None:
        """The same as the number of the node."""
        node = self._find_node(str(self._rescoped_key(key))) if key.scope else None
        return self._find_node(str(key)) if node is None else node

    def _find_node(self, name: str) -> int | None:
        number = self._numbers.get(name)
        if number is not None:
            return number
        row = self._fetch_one("SELECT id FROM nodes WHERE key = ?", (name,))
        row = row or self._fetch_one("SELECT node FROM aliases WHERE alias = ?", (name,))
        if row is None or row[0] == NOBODY:
            return None
        self._numbers[name] = int(row[0])
        return self._numbers[name]

    def key_text(self, number: int) -> str:
        """The key of the node of that number. Raises CaseDamaged where there is none."""
        key = self._keys.get(number)
        if key is None:
            row = self._fetch_one("SELECT key FROM nodes WHERE id = ?", (number,))
            if row is None:
                raise CaseDamaged(f"the node {number} is missing")
            key = self._keys[number] = str(row[0])
        return key

    def forget(self) -> None:
        """What is remembered of nodes may be so no longer: some became one, or are called something else."""
        self._node_cache.clear()
        self._keys.clear()
        self._numbers.clear()

    def upsert(self, entity: Entity, step: int) -> int:
        """The node of an entity, made if there is none; its new identifiers become aliases where they are free."""
        fields = (entity.kind, field_values(entity))
        node = self._node_cache.get(fields)
        if node is None:
            node = self._upsert(entity, step)
            self._node_cache[fields] = node
        return node

    def _upsert(self, entity: Entity, step: int) -> int:
        entity = self._on_known_host(entity) if entity.key.scope else entity
        key = entity.key
        node = self.number(key)
        if node is None:
            self._connection.execute(
                "INSERT INTO nodes (key, kind, scope, label, entity, first_step, verdict, severity) "
                "VALUES (?, ?, ?, ?, ?, ?, 'unknown', 'informational')",
                (str(key), key.kind, key.scope, entity.label, canonical_json(dump(entity)), step),
            )
            node = self._connection.last_insert_rowid()
        else:
            self._fill_gaps(node, entity)
        for alias in entity.aliases:
            self._add_alias(node, str(alias), entity.kind)
        return node

    def _add_alias(self, node: int, alias: str, kind: str) -> None:
        """One more name for a node, where it is free."""
        # A name that means another node already stays there: whether the two are one is a merge, not a guess.
        if self._find_node(alias) is None and not self.is_common(alias):
            self._write("INSERT INTO aliases VALUES (?, ?)", (alias, node))
            if kind == Host.kind:
                self.rehost(alias, node)  # what was seen under a name before it was known whose name it is

    def _fill_gaps(self, node: int, entity: Entity) -> None:
        existing = self.entity(node)
        if type(existing) is type(entity) and existing.key == entity.key:
            fuller = existing.filled_from(entity)
            if dump(fuller) != dump(existing):
                self._write(
                    "UPDATE nodes SET entity = ?, label = ? WHERE id = ?",
                    (canonical_json(dump(fuller)), fuller.label, node),
                )

    def entity(self, node: int) -> Entity:
        """The entity of a node."""
        (text,) = self._fetch_one("SELECT entity FROM nodes WHERE id = ?", (node,)) or (None,)
        if text is None:
            raise CaseDamaged(f"the node {node} is missing")
        return load(json.loads(text))

    def _rescoped_key(self, key: Key) -> Key:
        """A key on a host by the name that the case uses for that host."""
        host = None if key.host is None else self._find_node(str(key.host))
        return key if host is None else key._replace(scope=Key.parse(self.key_text(host)).value)

    def _on_known_host(self, entity: Entity) -> Entity:
        scope = self._rescoped_key(entity.key).scope
        return load({**dump(entity), "host": scope}) if scope != entity.key.scope else entity

    def update_verdict(self, node: int) -> None:
        """Mark a node with the verdict that follows from all answers about it."""
        row = self._fetch_one(NODE_VERDICT, (node,))
        if row:
            self._write("UPDATE nodes SET verdict = ?, severity = ? WHERE id = ?", (*row, node))

    def is_common(self, name: str) -> bool:
        """Whether unrelated things share the value: it is the name of nobody else."""
        return self._fetch_one("SELECT 1 FROM aliases WHERE alias = ? AND node = ?", (name, NOBODY)) is not None

    def set_common(self, event: Common) -> None:
        """Make values the names of nobody, or take that back."""
        self.forget()
        for name in map(str, event.about):
            if event.common:
                self._write("INSERT OR REPLACE INTO aliases VALUES (?, ?)", (name, NOBODY))
            else:
                self._write("DELETE FROM aliases WHERE alias = ? AND node = ?", (name, NOBODY))

    # -- merges --------------------------------------------------------------------------------------------------

    def merge(self, keep: int, drop: int) -> None:
        """Make one node of two: what belonged to `drop` belongs to `keep`, and its names mean that one."""
        self.forget()
        primary, secondary, name = self.entity(keep), self.entity(drop), self.key_text(drop)
        # What the lost node was called by stays an alias; what it was described by fills gaps.
        entity = _merged_entity(primary, secondary)
        self._write(
            "UPDATE nodes SET entity = ?, label = ?, first_step = min(first_step, "
            "(SELECT first_step FROM nodes WHERE id = ?)) WHERE id = ?",
            (canonical_json(dump(entity)), entity.label, drop, keep),
        )
        self._freeze_claim_names(drop, name)
        self._write("DELETE FROM nodes WHERE id = ?", (drop,))
        # A person may say so of a name that is common otherwise.
        self._write("INSERT OR REPLACE INTO aliases VALUES (?, ?)", (name, keep))
        self._write("UPDATE aliases SET node = ? WHERE node = ?", (keep, drop))
        self._write("UPDATE claims SET source = ? WHERE source = ?", (keep, drop))
        self._write("UPDATE claims SET target = ? WHERE target = ?", (keep, drop))
        self._write("UPDATE findings SET subject = ? WHERE subject = ?", (keep, drop))
        self._readdress(self.key_text(keep), name)
        self.update_verdict(keep)
        self.forget()

    def _freeze_claim_names(self, node: int, name: str) -> None:
        """Claims that call the node by its key go on to do so when it is called something else."""
        self._write("UPDATE claims SET said_source = ? WHERE source = ? AND said_source = ''", (name, node))
        self._write("UPDATE claims SET said_target = ? WHERE target = ? AND said_target = ''", (name, node))

    def _readdress(self, new: str, old: str) -> None:
        self._write("UPDATE remarks SET about = ? WHERE about = ?", (new, old))
        self._write(
            "INSERT OR IGNORE INTO layout SELECT ?, x, y, pinned, hidden, collapsed FROM layout WHERE node = ?",
            (new, old),
        )
        self._write("DELETE FROM layout WHERE node = ?", (old,))

    def rehost(self, old_host: str, keep: int) -> None:
        """What belonged to the lost host belongs to the kept one: moved, or joined with what is there already."""
        self.forget()
        old, new = Key.parse(old_host).value, Key.parse(self.key_text(keep)).value
        rows = list(self._connection.execute("SELECT id, key FROM nodes WHERE scope = ? ORDER BY key", (old,)))
        for node, name in rows:
            new_key = str(Key.parse(name)._replace(scope=new))
            existing = self._find_node(new_key)
            if existing is not None and existing != node:
                self.merge(existing, node)
                continue
            entity = load({**dump(self.entity(node)), "host": new})
            self._freeze_claim_names(node, name)
            self._write("DELETE FROM aliases WHERE alias = ?", (new_key,))
            self._write(
                "UPDATE nodes SET key = ?, scope = ?, entity = ?, label = ? WHERE id = ?",
                (new_key, new, canonical_json(dump(entity)), entity.label, node),
            )
            self.forget()
            self._readdress(new_key, name)
            for alias in (name, *map(str, entity.aliases)):
                if self._find_node(alias) is None and not self.is_common(alias):
                    self._write("INSERT INTO aliases VALUES (?, ?)", (alias, node))

    # -- SQL -----------------------------------------------------------------------------------------------------

    def _fetch_one(self, sql: str, values: tuple[Any, ...]) -> tuple[Any, ...] | None:
        row: tuple[Any, ...] | None = self._connection.execute(sql, values).fetchone()
        return row

    def _write(self, sql: str, values: tuple[Any, ...]) -> None:
        self._connection.execute(sql, values)


def claim_mark(
    source: str, relation: str, target: str, provider: str, evidence: tuple[str, ...], pointers: str
) -> bytes:
    """Sixteen bytes that are the same for the same statement by the same source on the same evidence."""
    rests_on = ",".join(evidence)
    # The lengths come first, so that no text can pass for two others.
    lengths = f"{len(source)} {len(relation)} {len(target)} {len(provider)} {len(rests_on)} {len(pointers)}"
    text = f"{lengths};{source}{relation}{target}{provider}{rests_on}{pointers}"
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _merged_entity(primary: Entity, secondary: Entity) -> Entity:
    """`primary` with its gaps filled from `secondary`, but with nothing that would make it another identity."""
    if type(primary) is not type(secondary):
        return primary
    for name, value in secondary.filled_fields().items():
        if name not in primary.filled_fields():
            with suppress(EntityError):
                fuller = type(primary)(**primary.filled_fields(), **{name: value})
                primary = fuller if fuller.key == primary.key else primary
    return primary
