"""The graph as pyvis builds it, and the drawing library that pyvis brings. Nothing of pyvis's own page is used:
it loads from other hosts and shows text as markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from clew.errors import MissingExtra
from clew.views.explorer.grid import Point
from clew.views.explorer.grouping import NodeGroup
from clew.views.explorer.palette import INK, PAPER, look, mark
from clew.views.explorer.scene import SceneNode, short

RADIUS = 13
FONT = "Helvetica, Arial, sans-serif"

#: What a page says to the drawing library; made by pyvis, so its values are whatever JSON has.
VisItems = list[dict[str, Any]]
#: Steps, each with how much came in it.
StepCounts = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class DrawnEdge:
    """An edge of the page: between nodes that it holds, or groups that stand for those that it does not.

    Attributes:
        steps: when each of its independent sources was first heard, in that order.
        weight: how strongly it is drawn, 0 to 2.
        came: the steps in which the edges of the case came that it stands for, each with how many.
    """

    source: int
    relation: str
    target: int
    steps: Sequence[int]
    is_inferred: bool
    weight: int
    came: StepCounts

    @property
    def sources(self) -> int:
        """How many independent sources say so; of the edge that most say, where it stands for several."""
        return len(self.steps)

    @property
    def stands_for(self) -> int:
        """How many edges of the case it is."""
        return sum(count for _, count in self.came)


@dataclass(frozen=True, slots=True)
class Library:
    """The drawing library: a script and a style sheet that name no other host and need none."""

    script: str
    style: str


@dataclass(frozen=True, slots=True)
class VisNetwork:
    """Nodes, edges and options for the drawing library."""

    nodes: VisItems
    edges: VisItems
    options: Mapping[str, Any]


def build(
    nodes: Iterable[SceneNode],
    groups: Iterable[NodeGroup],
    drawn_edges: Sequence[DrawnEdge],
    positions: Mapping[int, Point],
) -> VisNetwork:
    """Build the graph with pyvis.

    Args:
        positions: of nodes; one that has none is drawn where its group is opened.

    Raises:
        MissingExtra: pyvis is not installed.
    """
    network = _pyvis().Network(directed=True)
    for node in nodes:
        network.add_node(node.id, **_node(node, positions.get(node.id)))
    for group in groups:
        network.add_node(group.id, **_group(group, positions[group.id]))
    for number, edge in enumerate(drawn_edges):
        network.add_edge(edge.source, edge.target, id=number, **_edge(edge))
    network.options = _OPTIONS
    return VisNetwork(cast("VisItems", network.nodes), cast("VisItems", network.edges), _OPTIONS)


_OPTIONS: Mapping[str, Any] = {
    "physics": False,
    "layout": {"improvedLayout": False},
    "interaction": {"hover": True, "hideEdgesOnDrag": False, "keyboard": False, "tooltipDelay": 100},
    "nodes": {
        "size": RADIUS,
        "font": {"face": FONT, "size": 14, "color": INK, "strokeWidth": 3, "strokeColor": PAPER, "multi": False},
    },
    "edges": {
        "arrows": {"to": {"enabled": True, "scaleFactor": 0.45}},
        "font": {"face": FONT, "size": 11, "color": INK, "strokeWidth": 3, "strokeColor": PAPER, "multi": False},
        "selectionWidth": 1.5,
        "hoverWidth": 0.5,
    },
}


def _node(node: SceneNode, position: Point | None) -> dict[str, object]:
    style, border = look(node.key.kind), mark(node.verdict)
    label = f"{short(node.label)}\n{node.place}" if node.place else short(node.label)
    attributes: dict[str, object] = {
        "label": label,
        "shape": style.shape,
        "color": _colours(style.colour, border.colour),
        "borderWidth": border.width,
        "borderWidthSelected": border.width + 2,
    }
    return attributes | _coordinates(position)


def _group(group: NodeGroup, position: Point) -> dict[str, object]:
    attributes: dict[str, object] = {
        "label": f"{group.label}\n{group.place}" if group.place else group.label,
        "shape": "box",
        "color": _colours(PAPER, look(group.kind).colour),
        "borderWidth": 4,
        "shapeProperties": {"borderRadius": 7},
    }
    return attributes | _coordinates(position)


def _colours(background: str, border: str) -> dict[str, object]:
    # vis-network has defaults for what is chosen and hovered; a node keeps its own colours.
    plain = {"background": background, "border": border}
    return {**plain, "highlight": plain, "hover": plain}


def _coordinates(position: Point | None) -> dict[str, object]:
    return {"x": round(position[0], 1), "y": round(position[1], 1)} if position else {}


def _edge(edge: DrawnEdge) -> dict[str, object]:
    attributes: dict[str, object] = {
        "relation": edge.relation,
        "weight": edge.weight,
        "width": edge.sources if edge.weight else 0.7,
        "dashes": edge.is_inferred,
        "steps": edge.steps,
    }
    return attributes | ({"n": edge.stands_for, "came": edge.came} if edge.stands_for > 1 else {})


def _pyvis() -> Any:
    try:
        return import_module("pyvis.network")
    except ImportError:
        raise MissingExtra("pyvis", extra="views", purpose="the page of a case") from None


def library() -> Library:
    """The drawing library out of the installed pyvis.

    Raises:
        MissingExtra: pyvis is not installed, or came without it.
    """
    folder = Path(str(_pyvis().__file__)).parent / "templates" / "lib"
    versions = sorted(folder.glob("vis-*/vis-network.min.js"), key=lambda file: _version(file.parent.name))
    if not versions:
        raise MissingExtra("pyvis", extra="views", purpose="the page of a case")
    script = versions[-1]
    style = script.with_name("vis-network.css").read_text("utf-8")
    return Library(_without_addresses(script.read_text("utf-8")), _without_pictures(style))


def _version(name: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", name))


def _without_addresses(script: str) -> str:
    # They stand in comments and in the words of errors. Names of XML namespaces are no addresses.
    return re.sub(r"https?://(?!www\.w3\.org/)[^\s\"'`<>()\\]*", "", script)


def _without_pictures(style: str) -> str:
    # Buttons that this page does not have.
    return re.sub(r"[^{}]*\{[^{}]*url\([^{}]*\}", "", style)
