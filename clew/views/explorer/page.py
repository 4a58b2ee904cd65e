"""Our own page around the graph: one file that loads nothing, in which two scripts run that are known by their hash."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from importlib.resources import files
from string import Template

from clew.entities.display import escape_html, plural, time_text
from clew.errors import SettingsError
from clew.views.explorer.grid import HEIGHT, WIDTH
from clew.views.explorer.grouping import View
from clew.views.explorer.palette import INK, LINES, PAPER, VERDICTS, look, outline
from clew.views.explorer.pyvis_network import Library, VisItems
from clew.views.explorer.scene import SceneNode
from clew.views.text.case_log import Log

_SCRIPTS = ("dom.js", "state.js", "graph.js", "panel.js", "main.js", "steps.js")
ENTRIES_SHOWN = 1_000


def render(
    view: View, nodes: Sequence[SceneNode], edges: VisItems, log: Log, library: Library, data: Mapping[str, object]
) -> str:
    """The page as text. Everything that a case says is either escaped here or data that the script shows as text."""
    scene = view.scene
    parts = "".join(_asset(name) for name in _SCRIPTS)
    code = f'(() => {{\n"use strict";\n{parts}}})();\n'
    style = _element(f"{library.style}\n{_asset('page.css')}")
    drawing = _element(library.script)
    marks = {name: [mark.sign, mark.colour, mark.width] for name, mark in VERDICTS.items()}
    policy = (
        f"default-src 'none'; script-src {_hash(drawing)} {_hash(code)}; style-src {_hash(style)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    return Template(_asset("page.html")).substitute(
        policy=policy,
        style=style,
        title=escape_html(scene.title),
        counts=escape_html(f"{scene.counts}; as of {scene.asof}; times are UTC"),
        summary=escape_html(f"Graph of the case: {scene.counts}. The lists below the picture say the same in words."),
        kinds="".join(_kinds(view)),
        verdicts="".join(_verdicts(scene.nodes)),
        nodes="".join(_node_list(nodes, view.scene.user_layout.hidden_ids)),
        edges="".join(_edge_list(view, edges)),
        steps=f"{len(log)}",
        log="".join(_step_list(log)),
        data=_json(dict(data) | {"look": {"lines": LINES, "marks": marks, "cell": {"width": WIDTH, "height": HEIGHT}}}),
        drawing=drawing,
        code=_element(code),
    )


def _asset(name: str) -> str:
    return files("clew.views.explorer").joinpath("assets", name).read_text("utf-8").replace("\r\n", "\n")


def _element(text: str) -> str:
    """Text for a script or style element, which nothing but its own end tag ends. One kind of line break: browsers read
    all kinds as that one, and the hash must be of what they read.
    """
    lowercase = text.lower()
    if "</script" in lowercase or "</style" in lowercase or "<!--" in lowercase:
        raise SettingsError("the drawing library cannot be put into a page", next_step="install another pyvis")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}'"


def _json(data: object) -> str:
    r"""JSON for a script element: no character in it means anything to the parser of the page.

    >>> _json("</script>\u2028")
    '"\\u003c/script\\u003e\\u2028"'
    """
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def _kinds(view: View) -> Iterator[str]:
    """The legend of kinds, which is the filter as well."""
    counts = Counter(node.key.kind for node in view.scene.nodes)
    for kind in sorted(counts):
        style = look(kind)
        icon = f'{outline(style.shape, 10, 10, 7)} fill="{style.colour}" stroke="{INK}"/>'
        yield (
            f'<li><button type="button" class="chip" data-kind="{escape_html(kind)}" aria-pressed="true">'
            f'<svg viewBox="0 0 20 20" width="18" height="18" aria-hidden="true">{icon}</svg> '
            f'{escape_html(style.plural)} <span class="number">{counts[kind]:,}</span></button></li>'
        )


def _verdicts(nodes: Sequence[SceneNode]) -> Iterator[str]:
    counts = Counter(node.verdict for node in nodes)
    for verdict, style in VERDICTS.items():
        if counts[verdict] and style.sign:
            icon = f'{outline("dot", 10, 10, 7)} fill="{PAPER}" stroke="{style.colour}" stroke-width="3"/>'
            sign = f'<text x="10" y="14" text-anchor="middle" font-size="11" fill="{INK}">{style.sign}</text>'
            yield (
                f'<li><svg viewBox="0 0 20 20" width="18" height="18" aria-hidden="true">{icon}{sign}</svg> '
                f'{escape_html(verdict)} <span class="number">{counts[verdict]:,}</span></li>'
            )


def _node_list(nodes: Sequence[SceneNode], hidden_ids: frozenset[int]) -> Iterator[str]:
    """For those who read instead of looking: each entry opens the same details as a click in the picture."""
    for node in nodes[:ENTRIES_SHOWN]:
        verdict = f", {node.verdict}" if node.verdict != "unknown" else ""
        location = f", {node.place}" if node.place else ""
        left_out = ", hidden by hand" if node.id in hidden_ids else ""
        text = escape_html(f"{node.key.kind} {node.label}{location}{verdict}{left_out}", 200)
        yield f'<li><button type="button" data-node="{node.id}">{text}</button></li>'
    if len(nodes) > ENTRIES_SHOWN:
        yield f"<li>and {plural(len(nodes) - ENTRIES_SHOWN, 'more node')}: search finds them</li>"


def _edge_list(view: View, edges: VisItems) -> Iterator[str]:
    names = {node.id: node.label for node in view.scene.nodes} | {group.id: group.label for group in view.groups}
    for edge in edges[:ENTRIES_SHOWN]:
        text = escape_html(f"{names[edge['from']]} {edge['relation']} {names[edge['to']]}", 200)
        yield f'<li><button type="button" data-edge="{edge["id"]}">{text}</button></li>'
    if len(edges) > ENTRIES_SHOWN:
        yield f"<li>and {plural(len(edges) - ENTRIES_SHOWN, 'more edge')}</li>"


def _step_list(log: Log) -> Iterator[str]:
    """What happened in each step; the slider reads its words here. An entry shows the graph as it was known then."""
    if len(log) > ENTRIES_SHOWN:
        count = plural(len(log) - ENTRIES_SHOWN, "earlier step")
        yield f"<li>{count} without words here: clew history has them</li>"
    for entry in log[-ENTRIES_SHOWN:]:
        css_class = ' class="taken"' if entry.undone_by else ""
        text = escape_html(f"{entry.number}. {time_text(entry.at)} {entry.by}: {entry.summary}")
        yield f'<li><button type="button" data-step="{entry.number}"{css_class}>{text}</button></li>'
