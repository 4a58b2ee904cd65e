"""What people arranged in the picture of a case: what is hidden, what is folded, and what stands where they put it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from clew.entities import Key
from clew.sqlite import Connection


@dataclass(frozen=True, slots=True)
class NodePosition:
    """Where somebody put a node, in pixels of the picture at its full size; `y` grows downwards."""

    x: float
    y: float
    is_pinned: bool


@dataclass(frozen=True, slots=True)
class CaseLayout:
    """What was done by hand to the picture.

    Attributes:
        hidden_nodes: nodes that are left out.
        collapsed_nodes: nodes into which is folded what hangs on them alone.
        positions: where nodes were put.
    """

    hidden_nodes: frozenset[Key]
    collapsed_nodes: frozenset[Key]
    positions: Mapping[Key, NodePosition]


def read_layout(connection: Connection) -> CaseLayout:
    """What the steps of a case say of its picture; of a node that is gone too, where one is named."""
    rows = connection.execute("SELECT node, x, y, pinned, hidden, collapsed FROM layout ORDER BY node").fetchall()
    hidden_nodes, collapsed_nodes, positions = set[Key](), set[Key](), dict[Key, NodePosition]()
    for node, x, y, is_pinned, is_hidden, is_collapsed in rows:
        key = Key.parse(str(node))
        if is_hidden:
            hidden_nodes.add(key)
        if is_collapsed:
            collapsed_nodes.add(key)
        if x is not None and y is not None:
            positions[key] = NodePosition(float(x), float(y), bool(is_pinned))
    return CaseLayout(frozenset(hidden_nodes), frozenset(collapsed_nodes), positions)
