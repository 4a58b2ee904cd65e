"""What there is to see in a case: its nodes, its edges, and which of them matter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from clew.entities import Claim, Entity, Key, Relation, Verdict
from clew.entities.display import visible
from clew.graph.arrangement import Arrangement
from clew.graph.reading import Reading
from clew.views.ground import Point
from clew.views.suspects import find_suspects

LABEL_SHOWN = 21
#: Following the story of a larger case takes longer than drawing it.
STORY_LIMIT = 5_000
#: What is true of everything on a machine: it says where a thing is, and seldom what happened. Drawn faint.
BACKGROUND = frozenset({Relation.RAN_ON, Relation.RAN_AS, Relation.EXECUTES, Relation.LOCATED_AT})
BAD = (Verdict.MALICIOUS, Verdict.SUSPICIOUS)
#: Whoever put a node further away than this, in pixels, wanted no picture.
FAR = 100_000.0


@dataclass(frozen=True, slots=True)
class Node:
    """One entity of the case.

    Attributes:
        id: its place in the order of the case, by which the picture knows it; the start of the case is 0.
        label: what it is called; `place` says where it is, or what its name leaves open, in a few characters.
        keep: it is bad, tagged, noted, the start or part of the story: not folded away with others.
    """

    id: int
    key: Key
    entity: Entity
    label: str
    place: str
    verdict: str
    severity: str
    step: int
    tags: tuple[str, ...]
    keep: bool


@dataclass(frozen=True, slots=True)
class Edge:
    """One relation between two entities, and who says so."""

    source: int
    relation: Relation
    target: int
    claims: tuple[Claim, ...]

    @property
    def sources(self) -> int:
        """How many different sources say so."""
        return len({claim.provider for claim in self.claims})

    @property
    def heard(self) -> list[int]:
        """The step in which each source first said so, the first one first."""
        first: dict[str, int] = {}
        for claim in self.claims:
            first[claim.provider] = min(first.get(claim.provider, claim.step), claim.step)
        return sorted(first.values())

    @property
    def inferred(self) -> bool:
        """Nobody says so: clew concluded it."""
        return all(claim.inferred for claim in self.claims)

    @property
    def faint(self) -> bool:
        """Background: where something is, not what happened."""
        return self.relation in BACKGROUND


@dataclass(frozen=True, slots=True)
class ByHand:
    """What people arranged, by the ids of nodes.

    Attributes:
        hidden: left out of the picture.
        collapsed: what hangs on them alone is folded into them. Of what is hidden itself that is not asked.
        spots: where they were put.
    """

    hidden: frozenset[int] = frozenset()
    collapsed: frozenset[int] = frozenset()
    spots: Mapping[int, Point] = field(default_factory=dict[int, Point])


@dataclass(frozen=True)
class Scene:
    """The case as it can be drawn: `nodes[i].id == i`."""

    title: str
    asof: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    by_hand: ByHand = field(default_factory=ByHand)

    @cached_property
    def claims(self) -> int:
        """How many claims there are."""
        return sum(len(edge.claims) for edge in self.edges)

    @cached_property
    def drawn_edges(self) -> tuple[Edge, ...]:
        """The edges between nodes that nobody hid."""
        hidden = self.by_hand.hidden
        return tuple(edge for edge in self.edges if edge.source not in hidden and edge.target not in hidden)

    @property
    def counts(self) -> str:
        """How much the case holds, in words."""
        return f"{plural(len(self.nodes), 'node')}, {plural(len(self.edges), 'edge')}, {plural(self.claims, 'claim')}"


def plural(number: int, noun: str) -> str:
    """A number with its noun.

    >>> plural(1, "node"), plural(1200, "node")
    ('1 node', '1,200 nodes')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def short(text: str, limit: int = LABEL_SHOWN) -> str:
    """A label with its middle left out: the ends of names, paths and hashes say most.

    >>> short("c:/program files/office/winword.exe")
    'c:/progra…winword.exe'
    """
    tail = limit // 2 + 1
    return text if len(text) <= limit else f"{text[: limit - tail - 1]}…{text[-tail:]}"


def place(key: Key, label: str) -> str:
    """What tells two nodes of one name apart: the machine, or the beginning of the hash.

    >>> place(Key("process", "b34bc01c-7fae-5f63-1000-000000000400", "ws01.corp.example"), "cmd.exe (4)")
    'ws01'
    """
    if key.scope:
        return visible(key.scope.partition(".")[0], LABEL_SHOWN)
    algorithm, colon, digest = key.value.partition(":")
    return f"{algorithm} {digest[:8]}" if key.kind == "file" and colon and label != key.value else ""


def read_scene(case: Reading) -> Scene:
    """Read the case. Nobody is asked, and nothing in it changes."""
    findings = case.findings()
    start = str(findings["subject"].iloc[0]) if len(findings) else ""
    known = sorted(case.known(), key=lambda node: (node.first_step, str(node.key) != start))
    remarked = {str(about) for about in case.remarks()["about"]}
    story = set(find_suspects(case).processes) if 0 < len(known) <= STORY_LIMIT else set[Key]()
    nodes = tuple(
        Node(
            number,
            node.key,
            node.entity,
            visible(node.label),
            place(node.key, node.label),
            node.verdict,
            node.severity,
            node.first_step,
            tuple(visible(tag, 60) for tag in node.tags),
            number == 0 or node.verdict in BAD or node.key in story or str(node.key) in remarked,
        )
        for number, node in enumerate(known)
    )
    times = findings["asked_at"].dropna()
    asof = f"{times.max():%Y-%m-%d %H:%M} UTC" if len(times) else "nobody asked yet"
    ids = {node.key: node.id for node in nodes}
    return Scene(visible(case.title, 160), asof, nodes, _edges(ids, case.said()), _by_hand(ids, case.arrangement()))


def _by_hand(ids: Mapping[Key, int], done: Arrangement) -> ByHand:
    """What was arranged of the nodes that there are; a name of one that is gone stands for nothing."""
    hidden = frozenset(ids[key] for key in done.hidden if key in ids)
    spots = {
        ids[key]: (spot.x, spot.y)
        for key, spot in done.spots.items()
        if key in ids and abs(spot.x) <= FAR and abs(spot.y) <= FAR
    }
    return ByHand(hidden, frozenset(ids[key] for key in done.collapsed if key in ids) - hidden, spots)


def _edges(ids: Mapping[Key, int], claims: Sequence[Claim]) -> tuple[Edge, ...]:
    found: dict[tuple[int, Relation, int], list[Claim]] = {}
    for claim in claims:
        found.setdefault((ids[claim.source], claim.relation, ids[claim.target]), []).append(claim)
    return tuple(Edge(source, relation, target, tuple(said)) for (source, relation, target), said in found.items())
