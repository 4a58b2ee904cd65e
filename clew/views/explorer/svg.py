"""The graph as a still picture, made here: for exports, printouts and pages that may run nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from clew.entities.display import escape_html, plural
from clew.entities.finding import BAD_VERDICTS
from clew.views.explorer.grid import WIDTH, Point
from clew.views.explorer.grouping import Bundle, FoldedNodes, NodeGroup, View
from clew.views.explorer.layered_layout import arrange
from clew.views.explorer.palette import INK, LINES, PAPER, STORY, look, mark, outline
from clew.views.explorer.scene import SceneNode, short

NODES_SHOWN = 300
RADIUS = 13.0
_HEAD = 78.0
_MARGIN = 110.0
#: Narrower pictures have no room for their own legend.
_NARROWEST = 900.0
_FONT = "font-family='Helvetica, Arial, sans-serif'"
_PLAIN = f'font-size="12" fill="{INK}"'


@dataclass(frozen=True, slots=True)
class Drawing:
    """What of a view is in the picture, and where."""

    nodes: Sequence[SceneNode]
    groups: Sequence[NodeGroup]
    bundles: Sequence[Bundle]
    positions: Mapping[int, Point]


def picture(view: View, *, limit: int = NODES_SHOWN) -> str:
    """The picture of a view, as an SVG document. It shows at most `limit` things and says so."""
    drawing = _choose(view, limit)
    xs = [x for x, _ in drawing.positions.values()] or [0.0]
    ys = [y for _, y in drawing.positions.values()] or [0.0]
    width = max(_NARROWEST, max(xs) - min(xs) + 2 * _MARGIN)
    height = max(ys) - min(ys) + 2 * _MARGIN + _HEAD
    # Whatever room is left goes to both sides.
    x_offset = min(xs) - (width - (max(xs) - min(xs))) / 2
    body = "".join([*_edges(drawing), *_groups(drawing), *_nodes(drawing, view.folded_nodes)]) or _nothing(view)
    shift = f"translate({-x_offset:.1f} {_MARGIN + _HEAD - min(ys):.1f})"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
        f'height="{height:.0f}" role="img"><title>{escape_html(view.scene.title)}</title>'
        f'<rect width="100%" height="100%" fill="{PAPER}"/>{"".join(_head(view, drawing, width))}'
        f'<g transform="{shift}">{body}</g></svg>'
    )


def _nothing(view: View) -> str:
    text = "Everything in this case is hidden by hand." if view.scene.nodes else "Nothing in this case yet."
    return f"<text x='0' y='40' text-anchor='middle' {_FONT} font-size='20' fill='{STORY}'>{escape_html(text)}</text>"


def _choose(view: View, limit: int) -> Drawing:
    """The start, what is bad, what is kept and the groups come first; then what was known first."""
    ranked_nodes = sorted(
        view.single, key=lambda node: (node.id != 0, node.verdict not in BAD_VERDICTS, not node.keep, node.id)
    )
    groups = view.groups[: limit // 2]
    nodes = sorted(ranked_nodes[: limit - len(groups)], key=lambda node: node.id)
    ids = {node.id for node in nodes} | {group.id for group in groups}
    bundles = [bundle for bundle in view.bundles() if bundle.source in ids and bundle.target in ids]
    order = [*(node.id for node in nodes), *(group.id for group in groups)]
    links = ((bundle.source, bundle.target, not bundle.weight) for bundle in bundles)
    return Drawing(nodes, groups, bundles, arrange(order, links, view.scene.user_layout.positions))


def _head(view: View, drawing: Drawing, width: float) -> Iterator[str]:
    scene = view.scene
    title = escape_html(short(scene.title, int(width / 13)))
    yield f'<text x="24" y="34" {_FONT} font-size="21" font-weight="bold" fill="{INK}">{title}</text>'
    caption = (
        f"{scene.counts}; as of {scene.asof}. Shown: {shown_summary(view, len(drawing.nodes), len(drawing.groups))}"
    )
    yield f'<text x="24" y="58" {_FONT} font-size="13" fill="{STORY}">{escape_html(caption)}</text>'
    yield from _legend(drawing)


def shown_summary(view: View, nodes: int, groups: int) -> str:
    """How much of the case is in a picture, and where the rest is."""
    folded_count = sum(map(len, view.folded_nodes.values()))
    grouped_count, left_out, hidden_count = (
        len(view.home) - folded_count,
        len(view.single) - nodes,
        len(view.scene.user_layout.hidden_ids),
    )
    phrases = [f"{nodes:,} of {plural(len(view.scene.nodes), 'node')}"]
    phrases += [f"{grouped_count:,} in {plural(groups, 'group')} ({view.reason})"] if groups else []
    phrases += [f"{folded_count:,} folded by hand"] if folded_count else []
    phrases += [f"{hidden_count:,} hidden by hand"] if hidden_count else []
    phrases += [f"{left_out:,} left out: too many for one picture"] if left_out > 0 else []
    return "; ".join(phrases)


def _legend(drawing: Drawing) -> Iterator[str]:
    """Each kind with its shape, its colour and its count, then what the borders and lines mean."""
    counts = Counter(node.key.kind for node in drawing.nodes)
    x = 30.0
    for kind in sorted(counts):
        style = look(kind)
        text = f"{style.plural} {counts[kind]}"
        yield f'{outline(style.shape, x, 80, 7)} fill="{style.colour}" stroke="{INK}"/>{_small(x + 12, 84, text)}'
        x += 34 + 7 * len(text)
    for verdict in dict.fromkeys(node.verdict for node in drawing.nodes):
        border = mark(verdict)
        if border.sign:
            ring = f'{outline("dot", x, 80, 7)} fill="{PAPER}" stroke="{border.colour}" stroke-width="3"/>'
            yield f"{ring}{_small(x, 84, border.sign, 'middle')}{_small(x + 12, 84, verdict)}"
            x += 34 + 7 * len(verdict)
    yield _small(24, 104, "line width: independent sources; dashed: concluded, not said; pale: where something is")


def _small(x: float, y: float, text: str, anchor: str = "start", style: str = _PLAIN) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {_FONT} {style}>{escape_html(text)}</text>'


def _edges(drawing: Drawing) -> Iterator[str]:
    """Background first, so that it lies below what happened."""
    for bundle in sorted(drawing.bundles, key=lambda bundle: bundle.weight):
        (x1, y1), (x2, y2) = drawing.positions[bundle.source], drawing.positions[bundle.target]
        bend = (x2 - x1) * 0.5
        # Within a column a straight line would run through the nodes between.
        side = WIDTH * 0.3 if abs(bend) < WIDTH / 4 else 0.0
        path = f"M{x1:.1f} {y1:.1f}C{x1 + bend + side:.1f} {y1:.1f} {x2 - bend + side:.1f} {y2:.1f} {x2:.1f} {y2:.1f}"
        dashes = ' stroke-dasharray="6 4"' if bundle.is_inferred else ""
        width = 0.8 if not bundle.weight else 0.4 + bundle.sources
        yield f'<path d="{path}" fill="none" stroke="{LINES[bundle.weight]}" stroke-width="{width:g}"{dashes}/>'


def _nodes(drawing: Drawing, folded_nodes: FoldedNodes) -> Iterator[str]:
    for node in drawing.nodes:
        x, y = drawing.positions[node.id]
        style, border = look(node.key.kind), mark(node.verdict)
        if node.id == 0:
            yield f'{outline("dot", x, y, RADIUS + 8)} fill="none" stroke="{INK}" stroke-dasharray="2 3"/>'
        shape = outline(style.shape, x, y, RADIUS)
        yield f'{shape} fill="{style.colour}" stroke="{border.colour}" stroke-width="{border.width}"/>'
        if border.sign:
            badge = outline("dot", x + RADIUS, y - RADIUS, 8)
            yield f'{badge} fill="{PAPER}" stroke="{border.colour}" stroke-width="2"/>'
            yield _small(x + RADIUS, y - RADIUS + 4, border.sign, "middle")
        folded_note = f"+{len(folded_nodes[node.id]):,} folded" if node.id in folded_nodes else ""
        yield _label(x, y + RADIUS + 15, short(node.label), ", ".join(filter(None, (node.place, folded_note))))


def _groups(drawing: Drawing) -> Iterator[str]:
    for group in drawing.groups:
        x, y = drawing.positions[group.id]
        colour = look(group.kind).colour
        half = 4.0 * len(group.label) + 8
        yield (
            f'<rect x="{x - half:.1f}" y="{y - 14:.1f}" width="{2 * half:.1f}" height="28" rx="6" fill="{PAPER}" '
            f'stroke="{colour}" stroke-width="4"/>{_small(x, y + 4, group.label, "middle")}'
        )
        yield _label(x, y + RADIUS + 3, "", group.place)


def _label(x: float, y: float, label: str, place: str) -> str:
    # A border in the colour of the paper keeps text readable where lines cross it.
    halo = f'paint-order="stroke" stroke="{PAPER}" stroke-width="3"'
    name = _small(x, y, label, "middle", f'font-size="13" fill="{INK}" {halo}')
    place_text = _small(x, y + 14, place, "middle", f'font-size="12" fill="{STORY}" {halo}')
    return f"{name if label else ''}{place_text if place else ''}"
