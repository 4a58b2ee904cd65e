"""What people arranged in the picture of a case: what is hidden, what is folded, and what stands where they put it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from clew.entities import Key
from clew.graph.database import Connection


@dataclass(frozen=True, slots=True)
class Spot:
    """Where somebody put a node, in pixels of the picture at its full size; `y` grows downwards."""

    x: float
    y: float
    pinned: bool


@dataclass(frozen=True, slots=True)
class Arrangement:
    """What was done by hand to the picture.

    Attributes:
        hidden: nodes that are left out.
        collapsed: nodes into which is folded what hangs on them alone.
        spots: where nodes were put.
    """

    hidden: frozenset[Key]
    collapsed: frozenset[Key]
    spots: Mapping[Key, Spot]


def arrangement(connection: Connection) -> Arrangement:
    """What the steps of a case say of its picture; of a node that is gone too, where one is named."""
    rows = connection.execute("SELECT node, x, y, pinned, hidden, collapsed FROM layout ORDER BY node").fetchall()
    hidden, collapsed, spots = set[Key](), set[Key](), dict[Key, Spot]()
    for node, x, y, is_pinned, is_hidden, is_collapsed in rows:
        key = Key.parse(str(node))
        if is_hidden:
            hidden.add(key)
        if is_collapsed:
            collapsed.add(key)
        if x is not None and y is not None:
            spots[key] = Spot(float(x), float(y), bool(is_pinned))
    return Arrangement(frozenset(hidden), frozenset(collapsed), spots)
