"""The investigation: a case with its faces."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from clew.graph.case import Case

if TYPE_CHECKING:
    from bokeh.plotting import figure


class Investigation(Case):
    """A case that can be looked at: in a notebook, as one HTML page, as a timeline, as a story in text."""

    def story(self) -> str:
        """Who did what, when, and on whose word, as text for a terminal."""
        from clew.views.story import story_text

        return story_text(self)

    def to_html(self, path: str | Path) -> Path:
        """Write the graph as one HTML page that opens offline and loads nothing.

        Raises:
            MissingExtra: pyvis is not installed.
        """
        from clew.views.explorer import write_page

        return write_page(self, Path(path))

    def timeline_plot(self) -> figure:
        """A Bokeh figure: one mark for each claim that says when it happened, by relation.

        Raises:
            MissingExtra: bokeh is not installed.
        """
        from clew.views.timeline import timeline_figure

        return timeline_figure(self)

    def _repr_html_(self) -> str:
        return self._repr_mimebundle_()["text/html"]

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        from clew.views.notebook import case_bundle

        return case_bundle(self)
