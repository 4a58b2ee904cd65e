"""The investigation: a case with its renderings."""

from __future__ import annotations

from clew.graph.case import Case
from clew.graph.export.exporter import register_exporter
from clew.views.explorer.page_export import HTML
from clew.views.renderings import Renderings


class Investigation(Renderings, Case):
    """A case that can be looked at: in a notebook, as one HTML page, as a timeline, as a story and a log in text."""


# A case knows nothing of pages, and can be written as one all the same.
register_exporter(HTML)
