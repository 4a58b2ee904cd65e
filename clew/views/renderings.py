"""What a case looks like: in a notebook, as one HTML page, as a timeline, as a story and a log in text."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from clew.entities.times import TimeLike
from clew.graph.case_reader import CaseReader

if TYPE_CHECKING:
    from bokeh.plotting import figure

    from clew.views.text.case_log import Log


class Renderings(CaseReader):
    """The part of a case that is looked at. It asks nobody and changes nothing."""

    def story(self) -> str:
        """Who did what, when, and on whose word, as text for a terminal."""
        from clew.views.text.story import story_text

        return story_text(self)

    def log(self) -> Log:
        """Every step in words, with who did it, when, and whether it was taken back; `history` has them as events.

        Raises:
            CaseDamaged: a step is not what was written.
        """
        from clew.views.text.case_log import read_log

        return read_log(self)

    def to_html(self, path: str | Path) -> Path:
        """Write the graph as one HTML page that opens offline and loads nothing. A slider goes back in its history.

        Raises:
            MissingExtra: pyvis is not installed.
            CaseReadOnly: the file cannot be written.
        """
        from clew.views.explorer.case_page import write_page

        return write_page(self, Path(path))

    def timeline_plot(self) -> figure:
        """A Bokeh figure: one mark for each claim that says when it happened, by relation.

        Raises:
            MissingExtra: bokeh is not installed.
        """
        from clew.views.charts.timeline import timeline_figure

        return timeline_figure(self)

    def at(self, moment: int | TimeLike) -> Snapshot:
        """The case as it was after a step, or at a time: what was known then. It can be looked at, and not changed.

        Args:
            moment: the number of a step, or a time: absolute, ISO 8601 with its zone, or relative (`-2d`).

        Raises:
            CaseError: there was no case yet.
            QueryError: a time that is none.
        """
        return Snapshot(self.history.store_at(moment))

    def _repr_html_(self) -> str:
        return self._repr_mimebundle_()["text/html"]

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        from clew.views.notebook.case_display import case_bundle

        return case_bundle(self)


class Snapshot(Renderings):
    """A case as it was known at one of its steps."""

    @property
    def title(self) -> str:
        """That of the case, and at which step this is."""
        return f"{super().title} (as known at step {len(self.history):,})"
