"""A case in a notebook: text, tables and a still picture, so that no export of it is ever blank."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from clew.entities import Verdict
from clew.entities.display import CELL_SHOWN, escape_html, html_table, time_text, visible
from clew.entities.finding import BAD_VERDICTS
from clew.graph.case_reader import CaseReader
from clew.graph.projection.rows import AnswerRow
from clew.views.explorer.grouping import fold
from clew.views.explorer.palette import look
from clew.views.explorer.scene import Scene, read_scene
from clew.views.explorer.svg import picture

ANSWERS_SHOWN = 5
BAD_NODES_SHOWN = 20


def case_bundle(case: CaseReader) -> dict[str, str]:
    """The case by media type, from plain to rich. Nothing in it runs, loads or links."""
    scene = read_scene(case)
    last = [_line(answer) for answer in case.answer_list()[-ANSWERS_SHOWN:]]
    return {
        "text/plain": "\n".join(_text(scene, last)),
        "text/html": "".join(_tables(scene, last)),
        "image/svg+xml": picture(fold(scene)),
    }


def _line(answer: AnswerRow) -> tuple[str, ...]:
    """An answer in a few words: the step, when, who, about whom, what."""
    verdict = "" if answer.verdict is Verdict.UNKNOWN else f", {answer.verdict}"
    return (
        str(answer.step),
        time_text(answer.asked_at),
        visible(answer.provider or answer.pivot, 40),
        visible(answer.subject, 80),
        f"{answer.outcome}{verdict}",
    )


def _kinds(scene: Scene) -> list[tuple[str, str, str]]:
    counts = Counter(node.key.kind for node in scene.nodes)
    bad = Counter(node.key.kind for node in scene.nodes if node.verdict in BAD_VERDICTS)
    return [(look(kind).plural, f"{count:,}", f"{bad[kind]:,}") for kind, count in counts.most_common()]


def _text(scene: Scene, last: list[tuple[str, ...]]) -> Iterator[str]:
    yield f"{scene.title}: {scene.counts}, as of {scene.asof}"
    if not scene.nodes:
        yield "nothing in this case yet"
    for name, count, bad in _kinds(scene):
        yield f"  {count:>7} {name}{f', {bad} of them bad' if bad != '0' else ''}"
    if last:
        yield "last answers"
        yield from (
            f"  step {step} {time} {provider} on {subject}: {outcome}"
            for step, time, provider, subject, outcome in last
        )


def _tables(scene: Scene, last: list[tuple[str, ...]]) -> Iterator[str]:
    summary = f"{scene.counts}, as of {scene.asof} (times are UTC)"
    yield f"<p><b>{escape_html(scene.title)}</b>: {escape_html(summary)}</p>"
    if not scene.nodes:
        yield "<p>Nothing in this case yet.</p>"
    yield html_table(("kind", "nodes", "bad"), _kinds(scene))
    bad = [node for verdict in BAD_VERDICTS for node in scene.nodes if node.verdict == verdict]
    bad_rows = [
        (node.verdict, node.severity, node.key.kind, visible(node.label, CELL_SHOWN), node.place, ", ".join(node.tags))
        for node in bad[:BAD_NODES_SHOWN]
    ]
    yield html_table(("verdict", "severity", "kind", "name", "where", "tags"), bad_rows)
    if len(bad) > BAD_NODES_SHOWN:
        yield f"<p>and {len(bad) - BAD_NODES_SHOWN:,} more: see case.tables.nodes()</p>"
    yield html_table(("step", "asked", "source", "about", "outcome"), last)
