"""A difference for people and for programs: text, tables of HTML, and files. Everything in it is data, never markup."""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from clew.entities.display import escape_html, html_table, visible
from clew.errors import QueryError
from clew.graph.export.table_files import escape_formula
from clew.graph.format.atomic_write import atomic_write
from clew.graph.replay.changes import Change, Row

if TYPE_CHECKING:
    from clew.graph.replay.difference import Difference

#: How many changes of each sort are shown where there is little room.
MAX_CHANGES = 40
LINE_WIDTH = 240
_COLUMNS = ("what", "subject", "relation", "target", "before", "after", "why")
_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem;color:#1f2328;background:#fff}"
    "table{border-collapse:collapse}th,td{border:1px solid #d0d7de;padding:.2rem .6rem;text-align:left;"
    "vertical-align:top;overflow-wrap:anywhere}"
)


def difference_text(difference: Difference, limit: int = MAX_CHANGES) -> str:
    """The difference for a terminal: the counts, then each sort with its changes; 0 is no limit."""
    return "\n".join(visible(line, LINE_WIDTH if limit else 0) for line in _lines(difference, limit))


def _lines(difference: Difference, limit: int) -> Iterator[str]:
    yield from _head(difference)
    for change in Change:
        changes = difference.filter(change).changes
        if changes:
            yield str(change)
            excerpt = changes[:limit] if limit else changes
            yield from (f"  {row}" for row in excerpt)
            if len(changes) > len(excerpt):
                yield f"  and {len(changes) - len(excerpt):,} more: see .to_frame()"


def _head(difference: Difference) -> Iterator[str]:
    yield ", ".join(f"{count:,} {change}" for change, count in difference.counts.items()) or "no difference"
    if difference.about:
        yield difference.about


def html_fragment(difference: Difference, limit: int = MAX_CHANGES) -> str:
    """The difference as HTML for a notebook, or all of it with 0 as the limit."""
    parts = [f"<p>{escape_html(line)}</p>" for line in _head(difference)]
    for change in Change:
        rows = [*difference.filter(change).rows()]
        if rows:
            excerpt = rows[:limit] if limit else rows
            parts += [f"<p><b>{escape_html(change)}</b></p>", html_table(_COLUMNS, [_cells(row) for row in excerpt])]
            if len(rows) > len(excerpt):
                parts.append(f"<p>and {len(rows) - len(excerpt):,} more: see .to_frame()</p>")
    return f"<div>{''.join(parts)}</div>"


def _cells(row: Row) -> tuple[str, ...]:
    return row.kind, *row[2:]


def html_page(difference: Difference) -> str:
    """One page with every change. It loads nothing, and nothing in it runs."""
    style = base64.b64encode(sha256(_STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'"
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="referrer" content="no-referrer">\n<title>What differs</title>\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<h1>What differs</h1>\n{html_fragment(difference, 0)}\n"
        "</body>\n</html>\n"
    )


def save(difference: Difference, path: Path) -> Path:
    """Write it as the ending of the file says. Raises QueryError for another ending."""
    write = _WRITERS.get(path.suffix.lower())
    if write is None:
        raise QueryError(
            f"a difference is not written as {visible(path.name, 80)}",
            next_step=f"end the name in {', '.join(_WRITERS)}",
        )
    return atomic_write(write(difference), path, "the difference")


def _csv(difference: Difference) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(Row._fields)
    writer.writerows([escape_formula(cell) for cell in row] for row in difference.rows())
    return text.getvalue()


_WRITERS: Mapping[str, Callable[[Difference], str]] = {
    ".html": html_page,
    ".json": lambda difference: f"{difference.to_json()}\n",
    ".csv": _csv,
    ".txt": lambda difference: f"{difference_text(difference, 0)}\n",
}
