"""What is near a node, read without reading the rest of the case."""

from __future__ import annotations

from dataclasses import dataclass

from clew.entities import Claim, Key
from clew.entities.finding import EvidenceStore
from clew.graph.projection import tables as frames
from clew.graph.projection.tables import Node
from clew.sqlite import Connection


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """A node and what is around it.

    Attributes:
        nodes: the nearest first; the node itself is the first of them.
        claims: all that is said between them.
        truncated_by: what cut it; empty if nothing did.
    """

    nodes: tuple[Node, ...]
    claims: tuple[Claim, ...]
    truncated_by: str = ""


def neighbourhood(
    connection: Connection, key: Key, hops: int, limit: int, evidence_store: EvidenceStore
) -> Neighbourhood:
    """Hop after hop from the node, at most `limit` nodes."""
    (start,) = next(connection.execute("SELECT id FROM nodes WHERE key = ?", (str(key),)))
    node_ids: dict[int, None] = {start: None}
    frontier, is_truncated = [int(start)], False
    for _ in range(hops):
        fresh = dict.fromkeys(
            neighbour for node in frontier for neighbour in _neighbours(connection, node) if neighbour not in node_ids
        )
        frontier = list(fresh)[: limit - len(node_ids)]
        is_truncated = is_truncated or len(frontier) < len(fresh)
        node_ids |= dict.fromkeys(frontier)
    numbers = _sql_numbers(node_ids)
    clause = f"WHERE id IN (SELECT id FROM main.claims WHERE source IN ({numbers}) AND target IN ({numbers}))"  # noqa: S608 - numbers
    nodes = {node.key: node for node in frames.nodes(connection, f"WHERE id IN ({numbers})")}
    keys: dict[int, str] = dict(connection.execute(f"SELECT id, key FROM nodes WHERE id IN ({numbers})"))  # noqa: S608 - numbers
    claims = tuple(frames.claims(connection, evidence_store, clause))
    return Neighbourhood(
        tuple(nodes[Key.parse(keys[number])] for number in node_ids), claims, f"limit {limit}" if is_truncated else ""
    )


def _neighbours(connection: Connection, node: int) -> list[int]:
    rows = connection.execute(
        "SELECT target FROM claims WHERE source = ? UNION SELECT source FROM claims WHERE target = ?", (node, node)
    )
    return [int(row[0]) for row in rows]


def _sql_numbers(numbers: dict[int, None]) -> str:
    """Numbers as SQL: they are the case's own, and whole."""
    return ",".join(str(int(number)) for number in numbers)
