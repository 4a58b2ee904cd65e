"""The case graph as one HTML page that opens offline, loads nothing, and shows the evidence behind every edge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from clew.entities import Claim
from clew.entities.finding import BAD_VERDICTS
from clew.graph.case_reader import CaseReader
from clew.graph.format.atomic_write import atomic_write
from clew.views.explorer import page
from clew.views.explorer import pyvis_network as network
from clew.views.explorer.grid import Point
from clew.views.explorer.grouping import fold
from clew.views.explorer.layered_layout import arrange
from clew.views.explorer.node_details import Json, Remarks, claim_details, node_details, read_remarks
from clew.views.explorer.page_content import Content, choose_content
from clew.views.explorer.raw_evidence import Raw, TextPool, collect_raw
from clew.views.explorer.scene import read_scene
from clew.views.text.case_log import read_log

#: What the whole page may weigh; raw evidence gets what everything else leaves.
BYTES = 3_000_000
CLAIMS = 10
#: What one claim weighs at most without its raw text, roughly; used to leave room for it.
_CLAIM_BYTES = 400


def write_page(case: CaseReader, path: Path) -> Path:
    """Write the page; a file that was there is replaced in one step, or stays as it was.

    Raises:
        MissingExtra: pyvis is not installed.
        CaseReadOnly: the file cannot be written.
    """
    return atomic_write(page_text(case), path, "the page")


def page_text(case: CaseReader) -> str:
    """The page. An unchanged case gives the same page."""
    library = network.library()
    content = choose_content(fold(read_scene(case)))
    graph = network.build(content.nodes, content.view.groups, content.drawn_edges, _positions(content))
    log = read_log(case)
    data = _data(content, graph, read_remarks(case)) | {"steps": len(log)}

    def render() -> str:
        return page.render(content.view, content.nodes, graph.edges, log, library, data)

    data |= _evidence(case, content, BYTES - len(render().encode()))
    return render()


def _positions(content: Content) -> Mapping[int, Point]:
    """Where things are drawn. What is folded or hidden has a place only if it was put somewhere."""
    view, user_positions = content.view, content.view.scene.user_layout.positions
    ids = [*(node.id for node in view.single), *(group.id for group in view.groups)]
    links = ((bundle.source, bundle.target, not bundle.weight) for bundle in view.bundles())
    return {**user_positions, **arrange(ids, links, user_positions)}


def _data(content: Content, graph: network.VisNetwork, remarks: Remarks) -> dict[str, object]:
    """What the scripts of the page are told, but for what was said of edges."""
    view = content.view
    return {
        "nodes": [node for node in graph.nodes if node["id"] >= 0],
        "edges": graph.edges,
        "options": graph.options,
        "about": [node_details(node, remarks) for node in content.nodes],
        "groups": _groups(content, graph.nodes),
        "folds": [{"id": one, **content.member_summary(leaves)} for one, leaves in view.folded_nodes.items()],
        "hidden": content.member_summary(sorted(view.scene.user_layout.hidden_ids)),
        "put": sorted(view.scene.user_layout.positions),
        "absent": content.absent,
        "said": [],
        "raw": [],
        "reason": view.reason,
        "left": content.edges_left_out,
        "notes": remarks.notes.get("", []),
    }


def _groups(content: Content, items: network.VisItems) -> list[Json]:
    nodes = {node["id"]: node for node in items}
    return [
        {"node": nodes[group.id], "kind": group.kind, "names": group.names, **content.member_summary(group.members)}
        for group in content.view.groups
    ]


def _evidence(case: CaseReader, content: Content, byte_limit: int) -> Json:
    """What was said, edge by edge, and its raw texts: those about what is bad first, then those of the story."""
    claim_lists = [[claim for edge in edges for claim in edge.claims] for edges in content.edges]
    numbered_claims = [(number, claim) for number, claims in enumerate(claim_lists) for claim in claims[:CLAIMS]]
    bad = {node.key for node in content.nodes if node.verdict in BAD_VERDICTS}

    def rank(item: tuple[int, Claim]) -> tuple[bool, int]:
        number, claim = item
        return claim.source not in bad and claim.target not in bad, -content.drawn_edges[number].weight

    numbered_claims.sort(key=rank)
    numbered_claims = numbered_claims[: max(0, byte_limit // _CLAIM_BYTES)]
    pool = TextPool(byte_limit - _CLAIM_BYTES * len(numbered_claims))
    records: list[list[Json]] = [[] for _ in claim_lists]
    for (number, claim), raw in zip(
        numbered_claims, collect_raw(case, [claim for _, claim in numbered_claims], pool), strict=True
    ):
        records[number].append(claim_details(claim) | _raw(raw))
    counts = Counter(number for number, claims in enumerate(claim_lists) for _ in claims)
    return {
        "said": [{"claims": claims, "more": counts[number] - len(claims)} for number, claims in enumerate(records)],
        "raw": pool.texts,
    }


def _raw(raw: Raw) -> dict[str, object]:
    values: dict[str, object] = {"raw": list(raw.texts), "note": raw.note}
    return {name: value for name, value in values.items() if value}
