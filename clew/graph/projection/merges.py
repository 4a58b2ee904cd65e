"""Which nodes are the same thing: found by shared identifiers and by the names of machines, told as merges."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from clew.entities import ENTITY_TYPES, Account, Entity, Host, Key
from clew.graph.format.events import Merged
from clew.graph.projection.nodes import NodeTable
from clew.sqlite import Connection

# All names of the node with a key, and the keys of all nodes with a name like a pattern.
_NAMES_OF = "SELECT ? UNION ALL SELECT alias FROM aliases WHERE node = (SELECT id FROM nodes WHERE key = ?)"
_NODES_LIKE = (
    "SELECT key FROM nodes WHERE key GLOB ? UNION "
    "SELECT n.key FROM aliases a JOIN nodes n ON n.id = a.node WHERE a.alias GLOB ?"
)


def due_merges(connection: Connection, entities: Iterable[Entity], evidence: tuple[str, ...]) -> Iterator[Merged]:
    """The merges that follow from entities just placed: same identifiers first, then the names of machines.

    A merge that somebody took back is not proposed again. Nodes that differ in an identifier which only one thing can
    have (two SIDs, two SHA-256) stay apart.
    """
    nodes = NodeTable(connection)
    rows = list(connection.execute("SELECT keep, gone FROM merges WHERE undone_by IS NOT NULL"))
    # By what the nodes are called now: they may have been merged with others since.
    undone = {frozenset(nodes.resolve(Key.parse(key)) or key for key in row) for row in rows}
    # Mentions of one entity differ in the identifiers that they give with it.
    for entity in {(entity.key, entity.aliases): entity for entity in entities}.values():
        for merge in _entity_merges(nodes, connection, entity, evidence):
            if frozenset((str(merge.keep), str(merge.gone))) not in undone:
                yield merge
                nodes.forget()  # it was recorded, by another


def _entity_merges(
    nodes: NodeTable, connection: Connection, entity: Entity, evidence: tuple[str, ...]
) -> Iterator[Merged]:
    """One at a time: each is recorded before the next is looked for."""
    yield from _alias_merges(nodes, connection, entity, evidence)
    for merge in _name_merges(nodes, connection, entity):
        yield merge
        for resident in _host_entities(nodes, connection, merge.keep):
            yield from _alias_merges(nodes, connection, resident, evidence)


def _host_entities(nodes: NodeTable, connection: Connection, key: Key) -> Iterator[Entity]:
    """What is known on a machine, now that its names are one: it may have been known by either."""
    if key.kind == Host.kind:
        rows = list(connection.execute("SELECT key FROM nodes WHERE scope = ? ORDER BY key", (key.value,)))
        for (name,) in rows:
            node = nodes.number(Key.parse(name))  # not before: the merges of those before it are recorded meanwhile
            if node is not None:
                yield nodes.entity(node)


def _alias_merges(
    nodes: NodeTable, connection: Connection, entity: Entity, evidence: tuple[str, ...]
) -> Iterator[Merged]:
    node = nodes.resolve(entity.key)
    aliases = () if nodes.is_common(str(entity.key)) else entity.aliases
    for alias in aliases:
        other = None if nodes.is_common(str(alias)) else nodes.resolve(alias)
        if node and other and other != node and not _has_conflict(connection, node, other):
            reason = f"one source gives {entity.key.value} and {alias.value} for the same {entity.kind}"
            yield Merged(Key.parse(node), Key.parse(other), reason, evidence)


def _has_conflict(connection: Connection, first: str, second: str) -> bool:
    """Whether two nodes have different identifiers of a scheme in which different means different."""
    cls = ENTITY_TYPES[Key.parse(first).kind]
    schemes: list[dict[str, set[str]]] = []
    for node in (first, second):
        values: dict[str, set[str]] = {}
        rows = list(connection.execute(_NAMES_OF, (node, node)))
        for key in (Key.parse(name) for (name,) in rows):
            values.setdefault(cls.scheme(key), set()).add(key.value)
        schemes.append(values)
    common_schemes = set(schemes[0]) & set(schemes[1]) & set(cls.exclusive)
    return any(schemes[0][scheme].isdisjoint(schemes[1][scheme]) for scheme in common_schemes)


def _name_merges(nodes: NodeTable, connection: Connection, entity: Entity) -> Iterator[Merged]:
    """A short name and the only full name in the case that begins with it, of a machine or of an account's domain."""
    for short, pattern, label in _short_names(entity):
        rows = list(connection.execute(_NODES_LIKE, (pattern, pattern)))
        node = None if nodes.is_common(str(short)) else nodes.resolve(short)
        full = [Key.parse(row[0]) for row in rows if row[0] != node]
        if len(full) == 1 and node is not None and not _has_conflict(connection, node, str(full[0])):
            reason = f"{label} is the short name of the only one in the case that begins with it, that of {full[0]}"
            yield Merged(full[0], Key.parse(node), reason)


def _short_names(entity: Entity) -> Iterator[tuple[Key, str, str]]:
    """The short spelling of an entity, the pattern of its full spellings, and what is short about it."""
    match entity:
        case Host():
            yield Key("host", entity.short), f"host:{entity.short}.*", f"the host name {entity.short}"
        case Account() if entity.name and "\\" in entity.name:
            domain, _, name = entity.name.partition("\\")
            short = domain.partition(".")[0]
            pattern = f"account:{_glob_escape(short)}.*\\{_glob_escape(name)}"
            yield Key("account", f"{short}\\{name}"), pattern, f"the domain {short}"
        case _:
            return


def _glob_escape(text: str) -> str:
    """Text as a GLOB pattern that matches only itself: a name may hold what GLOB takes for a wildcard."""
    return "".join(f"[{char}]" if char in "*?[" else char for char in text)
