"""No module of clew stands in a circle of imports, however late they happen."""

from pathlib import Path

import pytest

import clew
from import_graph import ImportEdge, Moment, import_cycles, import_edges

PACKAGE = Path(clew.__file__).parent
#: The static view of the menus looks upward, for type checkers alone.
STATIC_VIEW = "clew.entities.static_menus"
#: Imports that close a circle today. Each goes from here with the circle.
ALLOWED = (
    ("clew.entities.display", "clew.entities.entity"),
    ("clew.entities.display", "clew.entities.finding"),
    ("clew.entities.finding_frames", "clew.entities.finding"),
    ("clew.graph.replay.difference_render", "clew.graph.replay.difference"),
    ("clew.pipelines.pipeline_run", "clew.pipelines.pipeline"),
    ("clew.pipelines.result", "clew.pipelines.pipeline"),
    ("clew.pipelines.yaml_writer", "clew.pipelines.pipeline"),
)


@pytest.fixture(scope="module")
def edges() -> list[ImportEdge]:
    """Every import of the package, but those of the static view for type checkers."""
    all_edges = import_edges(PACKAGE)
    return [edge for edge in all_edges if edge.importer != STATIC_VIEW or edge.moment is not Moment.FOR_CHECKERS]


def test_imports_close_no_circle(edges):
    """Not at import, not in functions and not for type checkers, but for those that are named here."""
    assert import_cycles([edge for edge in edges if edge[:2] not in ALLOWED], *Moment) == []


@pytest.mark.parametrize("pair", ALLOWED, ids=" -> ".join)
def test_what_is_allowed_is_needed(edges, pair):
    """An import that closes no circle any more is allowed no longer: take it out of the list."""
    assert any({*pair} <= circle for circle in import_cycles(edges, *Moment))
    assert any(edge[:2] == pair for edge in edges)
