"""When things happened: a Bokeh figure with one mark for each claim that says when, by relation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from clew.entities import Claim, Key
from clew.entities.display import plural, time_text, visible
from clew.errors import MissingExtra
from clew.graph.case_reader import CaseReader
from clew.views.explorer.palette import INK, look

if TYPE_CHECKING:
    from bokeh.models import ColumnDataSource
    from bokeh.plotting import figure

#: Marks in one figure; a browser draws more, but slowly.
MARKS_SHOWN = 20_000
_LANES = 9
_TEXT = 200
_HOVER = [
    ("when", "@when"),
    ("from", "@source"),
    ("relation", "@relation"),
    ("to", "@target"),
    ("source", "@provider"),
    ("step", "@step"),
]


def timeline_figure(case: CaseReader) -> figure:
    """The figure of a case. Times are UTC.

    Raises:
        MissingExtra: bokeh is not installed.
    """
    try:
        from bokeh.models import FactorRange
        from bokeh.plotting import figure
    except ImportError:
        raise MissingExtra("bokeh", extra="views", purpose="the timeline of a case") from None

    timed_claims = sorted(
        (claim for claim in case.claim_list() if claim.observed_first), key=lambda claim: str(claim.observed_first)
    )
    shown_claims = timed_claims[:MARKS_SHOWN]
    labels = {node.key: visible(node.label, _TEXT) for node in case.node_list()}
    relations = sorted({claim.relation.value for claim in shown_claims}, reverse=True)
    plot = figure(
        x_axis_type="datetime",
        x_axis_label="time (UTC)",
        y_range=FactorRange(factors=relations or ["nothing yet"]),
        height=max(220, 110 + 34 * len(relations)),
        sizing_mode="stretch_width",
        tools="xpan,xwheel_zoom,box_zoom,reset,save",
        active_drag="xpan",
        active_scroll="xwheel_zoom",
    )
    # Bars first: what lasted long must not cover what happened once.
    _marks(plot, [claim for claim in shown_claims if not _is_moment(claim)], labels, span=True)
    _marks(plot, [claim for claim in shown_claims if _is_moment(claim)], labels, span=False)
    if not shown_claims:
        # A figure without a mark makes Bokeh complain, and an empty case is no mistake.
        plot.scatter(x=[], y=[])
    _dress(plot, _title(visible(case.title, 120), len(timed_claims), len(shown_claims)))
    return plot


def _dress(plot: figure, title: str) -> None:
    from bokeh.models import DatetimeTickFormatter, HoverTool, PlainText
    from bokeh.models.annotations import Title

    # Text as it is: in any other Bokeh looks for formulas, and what it finds it hands to a typesetter.
    plot.title = Title(text=PlainText(text=title))
    # Columns in a tooltip are shown as text: Bokeh escapes all that is not marked as safe, and nothing here is.
    plot.add_tools(HoverTool(tooltips=_HOVER))
    day = "%Y-%m-%d"
    plot.xaxis[0].formatter = DatetimeTickFormatter(days=day, months=day, years="%Y", context=day)
    if plot.legend:
        plot.legend[0].location, plot.legend[0].click_policy = "top_left", "hide"
        plot.add_layout(plot.legend[0], "right")


def _title(title: str, total: int, shown_count: int) -> str:
    if not total:
        return f"{title}: nothing in this case says when it happened"
    left_out = f", the first {shown_count:,} shown" if shown_count < total else ""
    return f"{title}: {plural(total, 'claim')} by time{left_out}"


def _is_moment(claim: Claim) -> bool:
    return claim.observed_last is None or claim.observed_last == claim.observed_first


def _marks(plot: figure, claims: Sequence[Claim], labels: Mapping[Key, str], *, span: bool) -> None:
    """Moments are dots, and what went on is a bar from its first time to its last; one legend entry a kind."""
    for kind in dict.fromkeys(sorted(claim.source.kind for claim in claims)):
        style = look(kind)
        source = _source([claim for claim in claims if claim.source.kind == kind], labels)
        if span:
            plot.hbar(
                y="lane",
                left="first",
                right="last",
                height=0.07,
                source=source,
                legend_label=style.plural,
                fill_color=style.colour,
                fill_alpha=0.6,
                line_color=INK,
                line_width=0.4,
            )
        else:
            plot.scatter(
                x="first",
                y="lane",
                size=8,
                source=source,
                legend_label=style.plural,
                fill_color=style.colour,
                fill_alpha=0.85,
                line_color=INK,
                line_width=0.5,
            )


def _source(claims: Sequence[Claim], labels: Mapping[Key, str]) -> ColumnDataSource:
    from bokeh.models import ColumnDataSource

    # Marks of one relation lie in a few lanes around its middle, so that those of one moment can be told apart.
    offsets = [(lane + 1) // 2 * (0.09 if lane % 2 else -0.09) for lane in range(_LANES)]
    lanes = [(claim.relation.value, offsets[number % _LANES]) for number, claim in enumerate(claims)]
    return ColumnDataSource(
        {
            "first": [_milliseconds(claim.observed_first) for claim in claims],
            "last": [_milliseconds(claim.observed_last or claim.observed_first) for claim in claims],
            "lane": lanes,
            "when": [_time_text(claim) for claim in claims],
            "source": [f"{claim.source.kind} {labels[claim.source]}" for claim in claims],
            "target": [f"{claim.target.kind} {labels[claim.target]}" for claim in claims],
            "relation": [claim.relation.value for claim in claims],
            "provider": [visible(claim.provider, _TEXT) for claim in claims],
            "step": [claim.step for claim in claims],
        }
    )


def _time_text(claim: Claim) -> str:
    times = dict.fromkeys(time for time in (claim.observed_first, claim.observed_last) if time)
    return " to ".join(map(time_text, times))


def _milliseconds(time: datetime | None) -> float:
    return time.timestamp() * 1000 if time else float("nan")
