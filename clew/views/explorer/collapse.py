"""What hangs on a node alone, and is folded into it when somebody collapses it."""

from __future__ import annotations

from collections.abc import Mapping

from clew.entities.finding import BAD_VERDICTS
from clew.views.explorer.scene import Scene


def collapsed_leaves(scene: Scene) -> Mapping[int, tuple[int, ...]]:
    """By collapsed node, what is folded into it: its neighbours that have no other neighbour in the picture.

    Background counts as a neighbour only of what has no other: every process is on some host. The start of the case and
    what is collapsed itself stay as they are.
    """
    collapsed_ids = scene.user_layout.collapsed_ids
    if not collapsed_ids:
        return {}
    neighbours: dict[int, tuple[set[int], set[int]]] = {}
    for edge in scene.drawn_edges:
        for one, other in ((edge.source, edge.target), (edge.target, edge.source)):
            if one != other:
                neighbours.setdefault(one, (set(), set()))[edge.is_faint].add(other)
    leaf_lists: dict[int, list[int]] = {}
    for one in sorted(neighbours.keys() - collapsed_ids - {0}):
        foreground, background = neighbours[one]
        neighbour_ids = foreground or background
        if len(neighbour_ids) == 1 and neighbour_ids <= collapsed_ids:
            leaf_lists.setdefault(next(iter(neighbour_ids)), []).append(one)
    # What is bad comes first: a page may have no room for all.
    return {
        one: tuple(sorted(leaves, key=lambda leaf: scene.nodes[leaf].verdict not in BAD_VERDICTS))
        for one, leaves in leaf_lists.items()
    }
