"""The case graph as one HTML page that opens offline, loads nothing, and shows the evidence behind every edge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from clew.entities import Claim
from clew.graph.case import Case
from clew.graph.writing import write_whole
from clew.views import network, page
from clew.views.details import Json, about_claim, about_node, read_remarks
from clew.views.evidence import Exhibits, Raw, gather
from clew.views.folding import View, Weight, fold, weight
from clew.views.layout import arrange
from clew.views.scene import BAD, Edge, Node, read_scene

#: What the whole page may weigh; raw evidence gets what everything else leaves.
BYTES = 3_000_000
#: How many members of a group a page holds, and how many of all groups together.
MEMBERS, ALL_MEMBERS = 100, 1_500
EDGES = 6_000
CLAIMS = 10
#: What one claim weighs at most without its raw text, roughly; used to leave room for it.
_CLAIM_BYTES = 400


@dataclass(frozen=True, slots=True)
class Content:
    """What of a case a page holds: nodes, and edges with their claims; the rest it only counts."""

    view: View
    nodes: Sequence[Node]
    lines: Sequence[network.Line]
    edges: Sequence[Sequence[Edge]]
    edges_left_out: int


def write_page(case: Case, path: Path) -> Path:
    """Write the page; a file that was there is replaced in one step, or stays as it was.

    Raises:
        MissingExtra: pyvis is not installed.
        CaseReadOnly: the file cannot be written.
    """
    return write_whole(page_text(case), path, "the page")


def page_text(case: Case) -> str:
    """The page. An unchanged case gives the same page."""
    library = network.library()
    content = choose(fold(read_scene(case)))
    view = content.view
    bundles = view.bundles()
    drawn = [*(node.id for node in view.single), *(group.id for group in view.groups)]
    places = arrange(drawn, ((bundle.source, bundle.target, not bundle.weight) for bundle in bundles))
    built = network.build(content.nodes, view.groups, content.lines, places)
    remarks = read_remarks(case)
    data: dict[str, object] = {
        "nodes": [node for node in built.nodes if node["id"] >= 0],
        "edges": built.edges,
        "options": built.options,
        "about": [about_node(node, remarks) for node in content.nodes],
        "groups": _groups(content, built.nodes),
        "said": [],
        "raw": [],
        "stored": {"nodes": len(view.scene.nodes), "edges": len(view.scene.edges), "claims": view.scene.claims},
        "why": view.why,
        "left": content.edges_left_out,
        "notes": remarks.notes.get("", []),
    }
    room = BYTES - len(page.render(view, content.nodes, built.edges, library, data).encode())
    data |= _evidence(case, content, room)
    return page.render(view, content.nodes, built.edges, library, data)


def choose(view: View) -> Content:
    """Everything that is drawn, some members of each group, and the edges between them."""
    members = [member for group in view.groups for member in group.members[:MEMBERS]][:ALL_MEMBERS]
    held = {node.id for node in view.single} | set(members)
    nodes = [node for node in view.scene.nodes if node.id in held]
    parts: dict[tuple[int, str, int], list[Edge]] = {}
    for edge in view.scene.edges:
        source = edge.source if edge.source in held else view.home[edge.source]
        target = edge.target if edge.target in held else view.home[edge.target]
        if source >= 0 or target >= 0 or source != target:
            parts.setdefault((source, edge.relation.value, target), []).append(edge)
    weights = {key: max(weight(view.scene, edge) for edge in edges) for key, edges in parts.items()}
    best = sorted(parts, key=lambda key: -weights[key])[:EDGES]
    lines = [_line(key, parts[key], weights[key]) for key in best]
    return Content(view, nodes, lines, [parts[key] for key in best], len(parts) - len(best))


def _line(key: tuple[int, str, int], edges: Sequence[Edge], strength: Weight) -> network.Line:
    return network.Line(*key, max(edge.sources for edge in edges), all(edge.inferred for edge in edges),
                        strength, len(edges))  # fmt: skip


def _groups(content: Content, drawn: network.Drawn) -> list[Json]:
    nodes = {node["id"]: node for node in drawn}
    held = {node.id for node in content.nodes}
    return [
        {
            "node": nodes[group.id],
            "kind": group.kind,
            "names": group.names,
            "total": len(group.members),
            "members": [member for member in group.members if member in held],
        }
        for group in content.view.groups
    ]


def _evidence(case: Case, content: Content, room: int) -> Json:
    """What was said, edge by edge, and its raw texts: those about what is bad first, then those of the story."""
    said = [[claim for edge in edges for claim in edge.claims] for edges in content.edges]
    shown = [(number, claim) for number, claims in enumerate(said) for claim in claims[:CLAIMS]]
    bad = {node.key for node in content.nodes if node.verdict in BAD}

    def rank(each: tuple[int, Claim]) -> tuple[bool, int]:
        number, claim = each
        return claim.source not in bad and claim.target not in bad, -content.lines[number].weight

    shown.sort(key=rank)
    shown = shown[: max(0, room // _CLAIM_BYTES)]
    exhibits = Exhibits(room - _CLAIM_BYTES * len(shown))
    told: list[list[Json]] = [[] for _ in said]
    for (number, claim), raw in zip(shown, gather(case, [claim for _, claim in shown], exhibits), strict=True):
        told[number].append(about_claim(claim) | _raw(raw))
    counts = Counter(number for number, claims in enumerate(said) for _ in claims)
    return {
        "said": [{"claims": claims, "more": counts[number] - len(claims)} for number, claims in enumerate(told)],
        "raw": exhibits.texts,
    }


def _raw(raw: Raw) -> dict[str, object]:
    told: dict[str, object] = {"raw": list(raw.texts), "note": raw.note}
    return {name: value for name, value in told.items() if value}
