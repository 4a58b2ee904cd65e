"""What hangs on a node alone, and is folded into it when somebody collapses it."""

from __future__ import annotations

from collections.abc import Mapping

from clew.views.scene import BAD, Scene


def hanging(scene: Scene) -> Mapping[int, tuple[int, ...]]:
    """By collapsed node, what is folded into it: its neighbours that have no other neighbour in the picture.

    Background counts as a neighbour only of what has no other: every process is on some host. The start of the case and
    what is collapsed itself stay as they are.
    """
    collapsed = scene.by_hand.collapsed
    if not collapsed:
        return {}
    around: dict[int, tuple[set[int], set[int]]] = {}
    for edge in scene.drawn_edges:
        for one, other in ((edge.source, edge.target), (edge.target, edge.source)):
            if one != other:
                around.setdefault(one, (set(), set()))[edge.faint].add(other)
    found: dict[int, list[int]] = {}
    for one in sorted(around.keys() - collapsed - {0}):
        told, background = around[one]
        others = told or background
        if len(others) == 1 and others <= collapsed:
            found.setdefault(next(iter(others)), []).append(one)
    # What is bad comes first: a page may have no room for all.
    return {
        one: tuple(sorted(leaves, key=lambda leaf: scene.nodes[leaf].verdict not in BAD))
        for one, leaves in found.items()
    }
