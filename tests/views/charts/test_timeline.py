"""When things happened."""

import sys

import pytest

from clew.entities import Domain, Relation
from clew.errors import MissingExtra
from clew.views.charts import timeline
from tests.views.hand import NOON, SERVER, link, open_case, process, tell
from tests.views.hostile import PAYLOADS


def rows(plot):
    """The marks of a figure as rows, each with the shape of its mark."""
    found = []
    for renderer in plot.renderers:
        data = renderer.data_source.data
        found += [
            {name: data[name][row] for name in data} | {"mark": type(renderer.glyph).__name__}
            for row in range(len(data.get("when", ())))
        ]
    return found


def test_every_claim_that_says_when_has_one_mark_in_the_row_of_its_relation(case):
    tell(
        case,
        SERVER,
        [
            link(process(1), Relation.COMMUNICATES_WITH, SERVER, 3),
            link(Domain("a.example"), Relation.RESOLVES_TO, SERVER, 4),
        ],
    )
    plot = case.timeline_plot()
    assert sorted(row["lane"][0] for row in rows(plot)) == ["communicates-with", "resolves-to"]
    assert list(plot.y_range.factors) == ["resolves-to", "communicates-with"]


def test_what_went_on_is_a_bar_from_its_first_time_to_its_last(case):
    tell(case, SERVER, [link(process(1), Relation.COMMUNICATES_WITH, SERVER, 0, until=30)])
    (row,) = rows(case.timeline_plot())
    assert row["mark"] == "HBar"
    assert (row["first"], row["last"] - row["first"]) == (NOON.timestamp() * 1000, 30 * 60 * 1000)
    assert row["when"] == "2026-03-17 12:00:00 to 2026-03-17 12:30:00"


def test_a_moment_is_a_dot(case):
    tell(case, SERVER, [link(process(1), Relation.COMMUNICATES_WITH, SERVER)])
    (row,) = rows(case.timeline_plot())
    assert (row["mark"], row["first"], row["last"]) == ("Scatter", NOON.timestamp() * 1000, NOON.timestamp() * 1000)


def test_a_mark_tells_source_target_provider_and_step(case):
    tell(case, SERVER, [link(process(1), Relation.COMMUNICATES_WITH, SERVER)])
    (row,) = rows(case.timeline_plot())
    assert {
        "source": "process tool1.exe (1)",
        "target": "ip 198.51.100.7",
        "provider": "logs",
        "step": 2,
    }.items() <= row.items()


def test_an_empty_case_is_a_figure_with_words_in_its_title(case):
    assert case.timeline_plot().title.text.text.endswith("nothing in this case says when it happened")


def test_more_than_can_be_drawn_is_told(case, monkeypatch):
    monkeypatch.setattr(timeline, "MARKS_SHOWN", 2)
    tell(case, SERVER, [link(process(number), Relation.COMMUNICATES_WITH, SERVER, number) for number in range(5)])
    plot = case.timeline_plot()
    assert "5 claims by time, the first 2 shown" in plot.title.text.text
    assert len(rows(plot)) == 2


def test_no_column_of_a_tooltip_is_marked_as_safe_markup(case):
    (hover,) = [tool for tool in case.timeline_plot().tools if type(tool).__name__ == "HoverTool"]
    assert all("safe" not in column for _, column in hover.tooltips)


@pytest.mark.parametrize("title", PAYLOADS, ids=range(len(PAYLOADS)))
def test_a_title_is_plain_text_and_never_a_formula(tmp_path, title):
    with open_case(tmp_path, title) as case:
        assert type(case.timeline_plot().title.text).__name__ == "PlainText"


def test_a_figure_is_built_into_a_document_without_a_warning(case):
    from bokeh.document import Document

    tell(case, SERVER, [link(process(1), Relation.COMMUNICATES_WITH, SERVER)])
    document = Document()
    document.add_root(case.timeline_plot())
    document.validate()
    assert document.to_json()


def test_without_bokeh_the_timeline_names_the_command_that_brings_it(case, monkeypatch):
    monkeypatch.setitem(sys.modules, "bokeh.plotting", None)
    with pytest.raises(MissingExtra, match=r"pip install 'clew\[views\]'"):
        case.timeline_plot()
