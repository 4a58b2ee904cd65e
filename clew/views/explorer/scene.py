"""What there is to see in a case: its nodes, its edges, and which of them matter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from clew.analysis.suspects import find_suspects
from clew.entities import Claim, Entity, Key, Relation
from clew.entities.display import plural, visible
from clew.entities.finding import BAD_VERDICTS
from clew.graph.case_reader import CaseReader
from clew.graph.projection.layout import CaseLayout
from clew.views.explorer.grid import Point

LABEL_SHOWN = 21
#: Following the story of a larger case takes longer than drawing it.
STORY_LIMIT = 5_000
#: What is true of everything on a machine: it says where a thing is, and seldom what happened. Drawn faint.
BACKGROUND = frozenset({Relation.RAN_ON, Relation.RAN_AS, Relation.EXECUTES, Relation.LOCATED_AT})
#: Whoever put a node further away than this, in pixels, wanted no picture.
FAR = 100_000.0


@dataclass(frozen=True, slots=True)
class SceneNode:
    """One entity of the case.

    Attributes:
        id: its place in the order of the case, by which the picture knows it; the start of the case is 0.
        label: what it is called; `location_text` says where it is, or what its name leaves open, in a few characters.
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
class SceneEdge:
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
    def first_steps(self) -> list[int]:
        """The step in which each source first said so, the first one first."""
        first: dict[str, int] = {}
        for claim in self.claims:
            first[claim.provider] = min(first.get(claim.provider, claim.step), claim.step)
        return sorted(first.values())

    @property
    def is_inferred(self) -> bool:
        """Nobody says so: clew concluded it."""
        return all(claim.inferred for claim in self.claims)

    @property
    def is_faint(self) -> bool:
        """Background: where something is, not what happened."""
        return self.relation in BACKGROUND


@dataclass(frozen=True, slots=True)
class UserLayout:
    """What people arranged, by the ids of nodes.

    Attributes:
        hidden_ids: left out of the picture.
        collapsed_ids: what hangs on them alone is folded into them. Of what is hidden itself that is not asked.
        positions: where they were put.
    """

    hidden_ids: frozenset[int] = frozenset()
    collapsed_ids: frozenset[int] = frozenset()
    positions: Mapping[int, Point] = field(default_factory=dict[int, Point])


@dataclass(frozen=True)
class Scene:
    """The case as it can be drawn: `nodes[i].id == i`."""

    title: str
    asof: str
    nodes: tuple[SceneNode, ...]
    edges: tuple[SceneEdge, ...]
    user_layout: UserLayout = field(default_factory=UserLayout)

    @cached_property
    def claims(self) -> int:
        """How many claims there are."""
        return sum(len(edge.claims) for edge in self.edges)

    @cached_property
    def drawn_edges(self) -> tuple[SceneEdge, ...]:
        """The edges between nodes that nobody hid."""
        hidden_ids = self.user_layout.hidden_ids
        return tuple(edge for edge in self.edges if edge.source not in hidden_ids and edge.target not in hidden_ids)

    @property
    def counts(self) -> str:
        """How much the case holds, in words."""
        return f"{plural(len(self.nodes), 'node')}, {plural(len(self.edges), 'edge')}, {plural(self.claims, 'claim')}"


def short(text: str, limit: int = LABEL_SHOWN) -> str:
    """A label with its middle left out: the ends of names, paths and hashes say most.

    >>> short("c:/program files/office/winword.exe")
    'c:/progra…winword.exe'
    """
    tail = limit // 2 + 1
    return text if len(text) <= limit else f"{text[: limit - tail - 1]}…{text[-tail:]}"


def location_text(key: Key, label: str) -> str:
    """What tells two nodes of one name apart: the machine, or the beginning of the hash.

    >>> location_text(Key("process", "b34bc01c-7fae-5f63-1000-000000000400", "ws01.corp.example"), "cmd.exe (4)")
    'ws01'
    """
    if key.scope:
        return visible(key.scope.partition(".")[0], LABEL_SHOWN)
    algorithm, colon, digest = key.value.partition(":")
    return f"{algorithm} {digest[:8]}" if key.kind == "file" and colon and label != key.value else ""


def read_scene(case: CaseReader) -> Scene:
    """Read the case. Nobody is asked, and nothing in it changes."""
    answers = case.answer_list()
    start = answers[0].subject if answers else ""
    case_nodes = sorted(case.node_list(), key=lambda node: (node.first_step, str(node.key) != start))
    remarked_keys = {remark.about for remark in case.remark_list()}
    story = set(find_suspects(case).processes) if 0 < len(case_nodes) <= STORY_LIMIT else set[Key]()
    nodes = tuple(
        SceneNode(
            number,
            node.key,
            node.entity,
            visible(node.label),
            location_text(node.key, node.label),
            node.verdict,
            node.severity,
            node.first_step,
            tuple(visible(tag, 60) for tag in node.tags),
            number == 0 or node.verdict in BAD_VERDICTS or node.key in story or str(node.key) in remarked_keys,
        )
        for number, node in enumerate(case_nodes)
    )
    latest = max((answer.asked_at for answer in answers if answer.asked_at), default=None)
    asof = f"{latest:%Y-%m-%d %H:%M} UTC" if latest else "nobody asked yet"
    ids = {node.key: node.id for node in nodes}
    return Scene(
        visible(case.title, 160), asof, nodes, _edges(ids, case.claim_list()), _user_layout(ids, case.tables.layout())
    )


def _user_layout(ids: Mapping[Key, int], arrangement: CaseLayout) -> UserLayout:
    """What was arranged of the nodes that there are; a name of one that is gone stands for nothing."""
    hidden_ids = frozenset(ids[key] for key in arrangement.hidden_nodes if key in ids)
    positions = {
        ids[key]: (spot.x, spot.y)
        for key, spot in arrangement.positions.items()
        if key in ids and abs(spot.x) <= FAR and abs(spot.y) <= FAR
    }
    return UserLayout(
        hidden_ids, frozenset(ids[key] for key in arrangement.collapsed_nodes if key in ids) - hidden_ids, positions
    )


def _edges(ids: Mapping[Key, int], claims: Sequence[Claim]) -> tuple[SceneEdge, ...]:
    claims_by_edge: dict[tuple[int, Relation, int], list[Claim]] = {}
    for claim in claims:
        claims_by_edge.setdefault((ids[claim.source], claim.relation, ids[claim.target]), []).append(claim)
    return tuple(
        SceneEdge(source, relation, target, tuple(edge_claims))
        for (source, relation, target), edge_claims in claims_by_edge.items()
    )
