"""What the command line prints: text for people, in which data is never markup."""

from __future__ import annotations

import re
import sys
from collections.abc import Generator
from contextlib import contextmanager

from rich.console import Console
from rich.table import Table
from rich.text import Text

from clew.entities import Finding
from clew.entities.display import visible

# What is piped is not cut to the width of a screen.
console = Console(
    soft_wrap=True, highlight=False, markup=False, emoji=False, width=None if sys.stdout.isatty() else 240
)
error_console = Console(stderr=True, soft_wrap=True, highlight=False, markup=False, emoji=False)

ROWS_SHOWN = 20
# Columns that a person does not read in a terminal: hashes, GUIDs, and where the row stands in which file.
_UNREADABLE = re.compile(r"_hash_|_entity_id$|^(?:source|row|connection|dataset|logon_id)$")


@contextmanager
def reading_shown() -> Generator[None]:
    """Show on a terminal how far the logs of the block are read; nothing where errors go elsewhere."""
    if not error_console.is_terminal:
        yield
        return
    from clew.logs.engines.reading_progress import ReadingProgress, progress_listener

    with error_console.status("reading logs") as status:

        def show(progress: ReadingProgress) -> None:
            total = f" of {progress.total_size / 2**20:,.0f}" if progress.total_size else ""
            sizes = f"{progress.size / 2**20:,.0f}{total} MiB"
            status.update(Text(f"{visible(progress.file, 60)}: {progress.rows:,} rows, {sizes}"))

        with progress_listener(show):
            yield


def show_finding(finding: Finding) -> None:
    """The finding, and the first of its rows: what is the same in all of them once, identifiers left to the frame."""
    console.print(str(finding))
    if finding.table is None or not finding.table.rows:
        return
    records = [*finding.table.records()][:ROWS_SHOWN]
    names = [name for name in finding.table.columns if not _UNREADABLE.search(name)]
    filled_columns = [name for name in names if any(record[name] is not None for record in records)]
    constant_columns = [
        name for name in filled_columns if len(records) > 1 and len({record[name] for record in records}) == 1
    ]
    for name in constant_columns:
        console.print(Text(f"  {name}: {visible(records[0][name], 200)}"))
    varying_columns = [name for name in filled_columns if name not in constant_columns]
    show_table(
        [
            varying_columns,
            *(["" if record[name] is None else str(record[name]) for name in varying_columns] for record in records),
        ]
    )
    if len(finding.table) > ROWS_SHOWN:
        console.print(f"{ROWS_SHOWN} of {len(finding.table):,} rows")


def show_table(records: list[list[str]]) -> None:
    """Rows under a header. Cells are data, never markup."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in records[0]:
        table.add_column(Text(visible(name)), overflow="fold")
    for row in records[1:]:
        table.add_row(*(Text(visible(cell, 200)) for cell in row))
    console.print(table)
