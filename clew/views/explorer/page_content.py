"""What of a case its page holds, and when each part of it came; the rest it only counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from clew.views.explorer import pyvis_network as network
from clew.views.explorer.grouping import View, Weight, weight
from clew.views.explorer.pyvis_network import StepCounts
from clew.views.explorer.scene import SceneEdge, SceneNode

#: How many members of a group a page holds, how many of all groups together, and how many hidden nodes.
MEMBERS, ALL_MEMBERS, HIDDEN_NODES = 100, 1_500, 500
EDGES = 6_000


@dataclass(frozen=True, slots=True)
class Content:
    """What of a case a page holds: nodes, and edges with their claims; the rest it only counts.

    Attributes:
        absent: of each kind, when those nodes came that are not in the page.
    """

    view: View
    nodes: Sequence[SceneNode]
    drawn_edges: Sequence[network.DrawnEdge]
    edges: Sequence[Sequence[SceneEdge]]
    edges_left_out: int
    absent: Mapping[str, StepCounts]

    def member_summary(self, members: Sequence[int]) -> Mapping[str, object]:
        """Of nodes that are drawn as one: those in the page, how many there are, and when the others came."""
        page_ids = {node.id for node in self.nodes}
        scene = self.view.scene
        absent_steps = [scene.nodes[member].step for member in members if member not in page_ids]
        summary = {"total": len(members), "members": [member for member in members if member in page_ids]}
        return summary | ({"came": step_counts(absent_steps)} if absent_steps else {})


def step_counts(steps: Iterable[int]) -> StepCounts:
    """Steps with how often each is named, the first one first.

    >>> step_counts([4, 2, 4])
    [(2, 1), (4, 2)]
    """
    return sorted(Counter(steps).items())


def choose_content(view: View) -> Content:
    """Everything that is drawn, some of what is folded or hidden, and the edges between them."""
    scene = view.scene
    member_groups = [*view.folded_nodes.values(), *(group.members for group in view.groups)]
    members = [member for crowd in member_groups for member in crowd[:MEMBERS]][:ALL_MEMBERS]
    hidden_ids = sorted(scene.user_layout.hidden_ids)[:HIDDEN_NODES]
    page_ids = {node.id for node in view.single} | {*members, *hidden_ids}
    absent: dict[str, list[int]] = {}
    for node in scene.nodes:
        if node.id not in page_ids:
            absent.setdefault(node.key.kind, []).append(node.step)
    edge_groups = _group_edges(view, page_ids)
    weights = {key: max(weight(scene, edge) for edge in edges) for key, edges in edge_groups.items()}
    best = sorted(edge_groups, key=lambda key: -weights[key])[:EDGES]
    drawn_edges = [_drawn_edge(key, edge_groups[key], weights[key]) for key in best]
    nodes = [node for node in scene.nodes if node.id in page_ids]
    return Content(
        view,
        nodes,
        drawn_edges,
        [edge_groups[key] for key in best],
        len(edge_groups) - len(best),
        {kind: step_counts(steps) for kind, steps in absent.items()},
    )


def _group_edges(view: View, page_ids: set[int]) -> Mapping[tuple[int, str, int], list[SceneEdge]]:
    """The edges between what a page holds; what it does not hold is stood for by that into which it is folded."""
    groups: dict[tuple[int, str, int], list[SceneEdge]] = {}
    for edge in view.scene.edges:
        source, target = (end if end in page_ids else view.home.get(end) for end in (edge.source, edge.target))
        # One end is hidden and has no room; or both are folded into one.
        if source is None or target is None or (source == target and not source == edge.source == edge.target):
            continue
        groups.setdefault((source, edge.relation.value, target), []).append(edge)
    return groups


def _drawn_edge(key: tuple[int, str, int], edges: Sequence[SceneEdge], strength: Weight) -> network.DrawnEdge:
    step_columns = zip_longest(*(edge.first_steps for edge in edges))
    steps = [min(step for step in steps if step is not None) for steps in step_columns]
    return network.DrawnEdge(
        *key,
        steps,
        all(edge.is_inferred for edge in edges),
        strength,
        step_counts(edge.first_steps[0] for edge in edges),
    )
