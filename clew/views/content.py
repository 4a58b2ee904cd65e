"""What of a case its page holds, and when each part of it came; the rest it only counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from clew.views import network
from clew.views.folding import View, Weight, weight
from clew.views.network import Came
from clew.views.scene import Edge, Node

#: How many members of a group a page holds, how many of all groups together, and how many hidden nodes.
MEMBERS, ALL_MEMBERS, HIDDEN = 100, 1_500, 500
EDGES = 6_000


@dataclass(frozen=True, slots=True)
class Content:
    """What of a case a page holds: nodes, and edges with their claims; the rest it only counts.

    Attributes:
        absent: of each kind, when those nodes came that are not in the page.
    """

    view: View
    nodes: Sequence[Node]
    lines: Sequence[network.Line]
    edges: Sequence[Sequence[Edge]]
    edges_left_out: int
    absent: Mapping[str, Came]

    def part(self, members: Sequence[int]) -> Mapping[str, object]:
        """Of nodes that are drawn as one: those in the page, how many there are, and when the others came."""
        held = {node.id for node in self.nodes}
        scene = self.view.scene
        gone = [scene.nodes[member].step for member in members if member not in held]
        told = {"total": len(members), "members": [member for member in members if member in held]}
        return told | ({"came": came(gone)} if gone else {})


def came(steps: Iterable[int]) -> Came:
    """Steps with how often each is named, the first one first.

    >>> came([4, 2, 4])
    [(2, 1), (4, 2)]
    """
    return sorted(Counter(steps).items())


def choose(view: View) -> Content:
    """Everything that is drawn, some of what is folded or hidden, and the edges between them."""
    scene = view.scene
    crowds = [*view.folded.values(), *(group.members for group in view.groups)]
    members = [member for crowd in crowds for member in crowd[:MEMBERS]][:ALL_MEMBERS]
    hidden = sorted(scene.by_hand.hidden)[:HIDDEN]
    held = {node.id for node in view.single} | {*members, *hidden}
    absent: dict[str, list[int]] = {}
    for node in scene.nodes:
        if node.id not in held:
            absent.setdefault(node.key.kind, []).append(node.step)
    parts = _parts(view, held)
    weights = {key: max(weight(scene, edge) for edge in edges) for key, edges in parts.items()}
    best = sorted(parts, key=lambda key: -weights[key])[:EDGES]
    lines = [_line(key, parts[key], weights[key]) for key in best]
    nodes = [node for node in scene.nodes if node.id in held]
    return Content(
        view,
        nodes,
        lines,
        [parts[key] for key in best],
        len(parts) - len(best),
        {kind: came(steps) for kind, steps in absent.items()},
    )


def _parts(view: View, held: set[int]) -> Mapping[tuple[int, str, int], list[Edge]]:
    """The edges between what a page holds; what it does not hold is stood for by that into which it is folded."""
    found: dict[tuple[int, str, int], list[Edge]] = {}
    for edge in view.scene.edges:
        source, target = (end if end in held else view.home.get(end) for end in (edge.source, edge.target))
        # One end is hidden and has no room; or both are folded into one.
        if source is None or target is None or (source == target and not source == edge.source == edge.target):
            continue
        found.setdefault((source, edge.relation.value, target), []).append(edge)
    return found


def _line(key: tuple[int, str, int], edges: Sequence[Edge], strength: Weight) -> network.Line:
    heard = zip_longest(*(edge.heard for edge in edges))
    steps = [min(step for step in steps if step is not None) for steps in heard]
    return network.Line(
        *key, steps, all(edge.inferred for edge in edges), strength, came(edge.heard[0] for edge in edges)
    )
