"""The page of a case as one of the formats that it can be written in."""

from __future__ import annotations

from pathlib import Path

from clew.graph.export.exporter import Exporter, ExportSource


def _write(source: ExportSource, path: Path) -> None:
    # Loaded here: who only wants to know which formats there are draws nothing.
    from clew.views.explorer.case_page import page_text

    path.write_text(page_text(source.case), encoding="utf-8", errors="backslashreplace", newline="")


HTML = Exporter(
    "html",
    "HTML",
    ".html",
    _write,
    (
        "raw replies and rows of logs, as far as they have no room in a page of 3 MB; the page says where",
        "what is only counted: edges beyond 6,000, claims of an edge beyond 10, members of a group beyond 100",
        "the tables and facts of answers, the hashes of the steps, and signatures",
    ),
)
