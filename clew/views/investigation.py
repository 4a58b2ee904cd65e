"""The investigation: a case with its faces."""

from __future__ import annotations

from clew.graph.case import Case
from clew.views.renderings import Renderings


class Investigation(Renderings, Case):
    """A case that can be looked at: in a notebook, as one HTML page, as a timeline, as a story and a log in text."""
