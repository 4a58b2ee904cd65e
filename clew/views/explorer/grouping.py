"""Which nodes are drawn as one: many alike around one neighbour, and whole machines when there is too much to see."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from clew.entities import Relation
from clew.entities.display import plural, visible
from clew.views.explorer.collapse import collapsed_leaves
from clew.views.explorer.palette import look
from clew.views.explorer.scene import Scene, SceneEdge, SceneNode, short

GROUP_THRESHOLD = 10
VISIBLE = 2_000
#: A neighbour, by which relation, and whether the relation leads to it.
Peer = tuple[int, Relation, bool]
Peers = Mapping[int, set[Peer]]
#: To which group a node belongs: its kind, a name for the rest, and what else makes it one.
Grouping = Callable[[SceneNode], tuple[Hashable, ...] | None]
#: What is folded into each collapsed node.
FoldedNodes = Mapping[int, tuple[int, ...]]


class Weight(IntEnum):
    """How strongly an edge is drawn."""

    FAINT = 0
    PLAIN = 1
    STORY = 2


@dataclass(frozen=True, slots=True)
class NodeGroup:
    """Nodes of one kind that are drawn as one.

    Attributes:
        id: below zero, so that it is no node's.
        place: whose neighbours, or on which machine, they are.
        names: the commonest of their labels.
    """

    id: int
    kind: str
    label: str
    place: str
    members: tuple[int, ...]
    names: str


@dataclass(frozen=True, slots=True)
class Bundle:
    """Edges of one relation between two things that are drawn."""

    source: int
    relation: Relation
    target: int
    sources: int
    is_inferred: bool
    weight: Weight
    edges: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class View:
    """A scene with its groups.

    Attributes:
        home: of each folded node, its group, or the collapsed node into which it is folded.
        folded_nodes: what is folded into each collapsed node.
    """

    scene: Scene
    groups: tuple[NodeGroup, ...] = ()
    reason: str = ""
    home: Mapping[int, int] = field(default_factory=dict[int, int])
    folded_nodes: FoldedNodes = field(default_factory=dict[int, tuple[int, ...]])

    @property
    def single(self) -> list[SceneNode]:
        """The nodes that are drawn as themselves."""
        left_out = self.scene.user_layout.hidden_ids
        return [node for node in self.scene.nodes if node.id not in self.home and node.id not in left_out]

    def bundles(self) -> list[Bundle]:
        """The edges between what is drawn; those inside of a group are not."""
        edge_numbers: dict[tuple[int, Relation, int], list[int]] = {}
        for number, edge in enumerate(self.scene.drawn_edges):
            ends = self.home.get(edge.source, edge.source), self.home.get(edge.target, edge.target)
            if ends[0] != ends[1] or edge.source == edge.target:
                edge_numbers.setdefault((ends[0], edge.relation, ends[1]), []).append(number)
        return [self._bundle(key, numbers) for key, numbers in edge_numbers.items()]

    def _bundle(self, key: tuple[int, Relation, int], numbers: list[int]) -> Bundle:
        edges = [self.scene.drawn_edges[number] for number in numbers]
        return Bundle(
            *key,
            max(edge.sources for edge in edges),
            all(edge.is_inferred for edge in edges),
            self._weight(edges),
            tuple(numbers),
        )

    def _weight(self, edges: Iterable[SceneEdge]) -> Weight:
        return max(weight(self.scene, edge) for edge in edges)


def weight(scene: Scene, edge: SceneEdge) -> Weight:
    """How much an edge tells."""
    if edge.is_faint:
        return Weight.FAINT
    return Weight.STORY if scene.nodes[edge.source].keep or scene.nodes[edge.target].keep else Weight.PLAIN


def fold(scene: Scene, *, threshold: int = GROUP_THRESHOLD, limit: int = VISIBLE) -> View:
    """Fold as little as leaves at most `limit` things to see; of what people arranged, only what they folded."""
    peers = _neighbours(scene.drawn_edges)
    view = _apply_groupings(
        scene,
        (_by_neighbour(scene, peers), _by_siblings(scene, peers, threshold)),
        threshold,
        f"more than {threshold} alike with the same neighbours",
    )
    if len(view.single) + len(view.groups) <= limit:
        return view
    view = _apply_groupings(scene, (_by_machine(scene, peers),), 1, "too big: aggregated by kind on each host")
    if len(view.single) + len(view.groups) <= limit:
        return view
    return _apply_groupings(scene, (_by_verdict,), 1, "too big: aggregated by kind and verdict")


def _neighbours(edges: Iterable[SceneEdge]) -> Peers:
    """What happened around each node. Background says little and does not count."""
    peers: dict[int, set[Peer]] = {}
    for edge in edges:
        if not edge.is_faint:
            peers.setdefault(edge.source, set()).add((edge.target, edge.relation, True))
            peers.setdefault(edge.target, set()).add((edge.source, edge.relation, False))
    return peers


def _by_neighbour(scene: Scene, peers: Peers) -> Grouping:
    """Nodes that have one neighbour, by neighbour and relation."""

    def group_of(node: SceneNode) -> tuple[Hashable, ...] | None:
        node_peers = peers.get(node.id, set())
        neighbours = {other for other, _, _ in node_peers}
        single = len(neighbours) == 1 and not node.keep
        return (node.key.kind, scene.nodes[min(neighbours)].label, frozenset(node_peers)) if single else None

    return group_of


def _by_siblings(scene: Scene, peers: Peers, threshold: int) -> Grouping:
    """Nodes to whom nothing happened but what happened to a crowd, by machine; and files that nobody did a thing to."""
    sibling_counts = Counter(
        (other, relation, forward, scene.nodes[node].key.kind)
        for node, node_peers in peers.items()
        for other, relation, forward in node_peers
    )

    def group_of(node: SceneNode) -> tuple[Hashable, ...] | None:
        kind, scope = node.key.kind, node.key.scope
        node_peers = peers.get(node.id, set())
        if node.keep or not all(sibling_counts[*peer, kind] > threshold for peer in node_peers):
            return None
        if kind == "file" and not node_peers:
            return kind, "programs that ran", ""
        return (kind, scope.partition(".")[0], scope) if scope else None

    return group_of


def _by_machine(scene: Scene, peers: Peers) -> Grouping:
    """All of one kind on one machine: their own, else that of most of their neighbours."""
    machines = [node.key.scope or (node.key.value if node.key.kind == "host" else "") for node in scene.nodes]

    def group_of(node: SceneNode) -> tuple[Hashable, ...] | None:
        if node.keep or node.key.kind == "host":
            return None
        machine_counts = Counter(machines[other] for other, _, _ in peers.get(node.id, ()) if machines[other])
        nearest = min(machine_counts, key=lambda host: (-machine_counts[host], host), default="")
        return node.key.kind, machines[node.id] or nearest

    return group_of


def _by_verdict(node: SceneNode) -> tuple[Hashable, ...] | None:
    return (node.key.kind, node.verdict) if node.id else None


def _apply_groupings(scene: Scene, groupings: Sequence[Grouping], threshold: int, reason: str) -> View:
    """Fold by each way of grouping in turn; what one leaves is for the next."""
    user_layout, folded_nodes = scene.user_layout, collapsed_leaves(scene)
    home = {leaf: one for one, leaves in folded_nodes.items() for leaf in leaves}
    fixed_ids = user_layout.hidden_ids | user_layout.collapsed_ids | user_layout.positions.keys() | home.keys()
    remaining, node_groups = (
        [node for node in scene.nodes if node.id not in fixed_ids],
        list[tuple[str, list[SceneNode]]](),
    )
    for group_of in groupings:
        nodes_by_group: dict[tuple[Hashable, ...] | None, list[SceneNode]] = {}
        for node in remaining:
            nodes_by_group.setdefault(group_of(node), []).append(node)
        large_groups = {
            group: nodes for group, nodes in nodes_by_group.items() if group is not None and len(nodes) > threshold
        }
        node_groups += [(str(group[1]), nodes) for group, nodes in large_groups.items()]
        remaining = [node for group, nodes in nodes_by_group.items() if group not in large_groups for node in nodes]
    groups = tuple(_group(-number, owner, nodes) for number, (owner, nodes) in enumerate(node_groups, start=1))
    home |= {member: group.id for group in groups for member in group.members}
    return View(scene, groups, reason if groups else "", home, folded_nodes)


def _group(number: int, owner: str, nodes: list[SceneNode]) -> NodeGroup:
    kind = nodes[0].key.kind
    names = Counter(node.label.partition(" (")[0] for node in nodes)
    top_names = ", ".join(f"{name} x{times}" if times > 1 else name for name, times in names.most_common(3))
    suffix = f" and {plural(len(names) - 3, 'more name')}" if len(names) > 3 else ""
    return NodeGroup(
        number,
        kind,
        f"x{len(nodes):,} {look(kind).plural}",
        short(visible(owner)),
        tuple(node.id for node in nodes),
        f"{top_names}{suffix}",
    )
