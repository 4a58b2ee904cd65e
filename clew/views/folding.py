"""Which nodes are drawn as one: many alike around one neighbour, and whole machines when there is too much to see."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from clew.entities import Relation
from clew.entities.display import visible
from clew.views.hanging import hanging
from clew.views.palette import look
from clew.views.scene import Edge, Node, Scene, plural, short

ALIKE = 10
VISIBLE = 2_000
#: A neighbour, by which relation, and whether the relation leads to it.
Peer = tuple[int, Relation, bool]
Peers = Mapping[int, set[Peer]]
#: To which group a node belongs: its kind, a name for the rest, and what else makes it one.
Grouping = Callable[[Node], tuple[Hashable, ...] | None]
#: What is folded into each collapsed node.
Folded = Mapping[int, tuple[int, ...]]


class Weight(IntEnum):
    """How strongly an edge is drawn."""

    FAINT = 0
    PLAIN = 1
    STORY = 2


@dataclass(frozen=True, slots=True)
class Group:
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
    inferred: bool
    weight: Weight
    edges: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class View:
    """A scene with its groups.

    Attributes:
        home: of each folded node, its group, or the collapsed node into which it is folded.
        folded: what is folded into each collapsed node.
    """

    scene: Scene
    groups: tuple[Group, ...] = ()
    why: str = ""
    home: Mapping[int, int] = field(default_factory=dict[int, int])
    folded: Folded = field(default_factory=dict[int, tuple[int, ...]])

    @property
    def single(self) -> list[Node]:
        """The nodes that are drawn as themselves."""
        left_out = self.scene.by_hand.hidden
        return [node for node in self.scene.nodes if node.id not in self.home and node.id not in left_out]

    def bundles(self) -> list[Bundle]:
        """The edges between what is drawn; those inside of a group are not."""
        found: dict[tuple[int, Relation, int], list[int]] = {}
        for number, edge in enumerate(self.scene.drawn_edges):
            ends = self.home.get(edge.source, edge.source), self.home.get(edge.target, edge.target)
            if ends[0] != ends[1] or edge.source == edge.target:
                found.setdefault((ends[0], edge.relation, ends[1]), []).append(number)
        return [self._bundle(key, numbers) for key, numbers in found.items()]

    def _bundle(self, key: tuple[int, Relation, int], numbers: list[int]) -> Bundle:
        edges = [self.scene.drawn_edges[number] for number in numbers]
        return Bundle(
            *key,
            max(edge.sources for edge in edges),
            all(edge.inferred for edge in edges),
            self._weight(edges),
            tuple(numbers),
        )

    def _weight(self, edges: Iterable[Edge]) -> Weight:
        return max(weight(self.scene, edge) for edge in edges)


def weight(scene: Scene, edge: Edge) -> Weight:
    """How much an edge tells."""
    if edge.faint:
        return Weight.FAINT
    return Weight.STORY if scene.nodes[edge.source].keep or scene.nodes[edge.target].keep else Weight.PLAIN


def fold(scene: Scene, *, alike: int = ALIKE, limit: int = VISIBLE) -> View:
    """Fold as little as leaves at most `limit` things to see; of what people arranged, only what they folded."""
    peers = _neighbours(scene.drawn_edges)
    view = _folded(
        scene,
        (_by_neighbour(scene, peers), _by_crowd(scene, peers, alike)),
        alike,
        f"more than {alike} alike with the same neighbours",
    )
    if len(view.single) + len(view.groups) <= limit:
        return view
    view = _folded(scene, (_by_machine(scene, peers),), 1, "too big: aggregated by kind on each host")
    if len(view.single) + len(view.groups) <= limit:
        return view
    return _folded(scene, (_by_verdict,), 1, "too big: aggregated by kind and verdict")


def _neighbours(edges: Iterable[Edge]) -> Peers:
    """What happened around each node. Background says little and does not count."""
    peers: dict[int, set[Peer]] = {}
    for edge in edges:
        if not edge.faint:
            peers.setdefault(edge.source, set()).add((edge.target, edge.relation, True))
            peers.setdefault(edge.target, set()).add((edge.source, edge.relation, False))
    return peers


def _by_neighbour(scene: Scene, peers: Peers) -> Grouping:
    """Nodes that have one neighbour, by neighbour and relation."""

    def group_of(node: Node) -> tuple[Hashable, ...] | None:
        around = peers.get(node.id, set())
        others = {other for other, _, _ in around}
        single = len(others) == 1 and not node.keep
        return (node.key.kind, scene.nodes[min(others)].label, frozenset(around)) if single else None

    return group_of


def _by_crowd(scene: Scene, peers: Peers, alike: int) -> Grouping:
    """Nodes to whom nothing happened but what happened to a crowd, by machine; and files that nobody did a thing to."""
    crowd = Counter(
        (other, relation, forward, scene.nodes[node].key.kind)
        for node, around in peers.items()
        for other, relation, forward in around
    )

    def group_of(node: Node) -> tuple[Hashable, ...] | None:
        kind, scope = node.key.kind, node.key.scope
        around = peers.get(node.id, set())
        if node.keep or not all(crowd[*peer, kind] > alike for peer in around):
            return None
        if kind == "file" and not around:
            return kind, "programs that ran", ""
        return (kind, scope.partition(".")[0], scope) if scope else None

    return group_of


def _by_machine(scene: Scene, peers: Peers) -> Grouping:
    """All of one kind on one machine: their own, else that of most of their neighbours."""
    own = [node.key.scope or (node.key.value if node.key.kind == "host" else "") for node in scene.nodes]

    def group_of(node: Node) -> tuple[Hashable, ...] | None:
        if node.keep or node.key.kind == "host":
            return None
        near = Counter(own[other] for other, _, _ in peers.get(node.id, ()) if own[other])
        nearest = min(near, key=lambda host: (-near[host], host), default="")
        return node.key.kind, own[node.id] or nearest

    return group_of


def _by_verdict(node: Node) -> tuple[Hashable, ...] | None:
    return (node.key.kind, node.verdict) if node.id else None


def _folded(scene: Scene, groupings: Sequence[Grouping], alike: int, why: str) -> View:
    """Fold by each way of grouping in turn; what one leaves is for the next."""
    by_hand, folded = scene.by_hand, hanging(scene)
    home = {leaf: one for one, leaves in folded.items() for leaf in leaves}
    kept = by_hand.hidden | by_hand.collapsed | by_hand.spots.keys() | home.keys()
    left, crowds = [node for node in scene.nodes if node.id not in kept], list[tuple[str, list[Node]]]()
    for group_of in groupings:
        found: dict[tuple[Hashable, ...] | None, list[Node]] = {}
        for node in left:
            found.setdefault(group_of(node), []).append(node)
        big = {group: nodes for group, nodes in found.items() if group is not None and len(nodes) > alike}
        crowds += [(str(group[1]), nodes) for group, nodes in big.items()]
        left = [node for group, nodes in found.items() if group not in big for node in nodes]
    groups = tuple(_group(-number, whose, nodes) for number, (whose, nodes) in enumerate(crowds, start=1))
    home |= {member: group.id for group in groups for member in group.members}
    return View(scene, groups, why if groups else "", home, folded)


def _group(number: int, whose: str, nodes: list[Node]) -> Group:
    kind = nodes[0].key.kind
    names = Counter(node.label.partition(" (")[0] for node in nodes)
    common = ", ".join(f"{name} x{times}" if times > 1 else name for name, times in names.most_common(3))
    more = f" and {plural(len(names) - 3, 'more name')}" if len(names) > 3 else ""
    return Group(
        number,
        kind,
        f"x{len(nodes):,} {look(kind).plural}",
        short(visible(whose)),
        tuple(node.id for node in nodes),
        f"{common}{more}",
    )
