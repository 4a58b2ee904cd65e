"""The case graph as one HTML page that opens offline, loads nothing, and shows the evidence behind every edge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from clew.entities import Claim
from clew.graph.reading import Reading
from clew.graph.writing import write_whole
from clew.views import network, page
from clew.views.content import Content, choose
from clew.views.details import Json, Remarks, about_claim, about_node, read_remarks
from clew.views.evidence import Exhibits, Raw, gather
from clew.views.folding import fold
from clew.views.ground import Point
from clew.views.layout import arrange
from clew.views.log import read_log
from clew.views.scene import BAD, read_scene

#: What the whole page may weigh; raw evidence gets what everything else leaves.
BYTES = 3_000_000
CLAIMS = 10
#: What one claim weighs at most without its raw text, roughly; used to leave room for it.
_CLAIM_BYTES = 400


def write_page(case: Reading, path: Path) -> Path:
    """Write the page; a file that was there is replaced in one step, or stays as it was.

    Raises:
        MissingExtra: pyvis is not installed.
        CaseReadOnly: the file cannot be written.
    """
    return write_whole(page_text(case), path, "the page")


def page_text(case: Reading) -> str:
    """The page. An unchanged case gives the same page."""
    library = network.library()
    content = choose(fold(read_scene(case)))
    built = network.build(content.nodes, content.view.groups, content.lines, _places(content))
    log = read_log(case)
    data = _data(content, built, read_remarks(case)) | {"steps": len(log)}

    def render() -> str:
        return page.render(content.view, content.nodes, built.edges, log, library, data)

    data |= _evidence(case, content, BYTES - len(render().encode()))
    return render()


def _places(content: Content) -> Mapping[int, Point]:
    """Where things are drawn. What is folded or hidden has a place only if it was put somewhere."""
    view, spots = content.view, content.view.scene.by_hand.spots
    drawn = [*(node.id for node in view.single), *(group.id for group in view.groups)]
    links = ((bundle.source, bundle.target, not bundle.weight) for bundle in view.bundles())
    return {**spots, **arrange(drawn, links, spots)}


def _data(content: Content, built: network.Network, remarks: Remarks) -> dict[str, object]:
    """What the scripts of the page are told, but for what was said of edges."""
    view = content.view
    return {
        "nodes": [node for node in built.nodes if node["id"] >= 0],
        "edges": built.edges,
        "options": built.options,
        "about": [about_node(node, remarks) for node in content.nodes],
        "groups": _groups(content, built.nodes),
        "folds": [{"id": one, **content.part(leaves)} for one, leaves in view.folded.items()],
        "hidden": content.part(sorted(view.scene.by_hand.hidden)),
        "put": sorted(view.scene.by_hand.spots),
        "absent": content.absent,
        "said": [],
        "raw": [],
        "why": view.why,
        "left": content.edges_left_out,
        "notes": remarks.notes.get("", []),
    }


def _groups(content: Content, drawn: network.Drawn) -> list[Json]:
    nodes = {node["id"]: node for node in drawn}
    return [
        {"node": nodes[group.id], "kind": group.kind, "names": group.names, **content.part(group.members)}
        for group in content.view.groups
    ]


def _evidence(case: Reading, content: Content, room: int) -> Json:
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
