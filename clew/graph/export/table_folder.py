"""The tables of a case as files of a folder: CSV for spreadsheets, JSON Lines and Parquet for programs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from clew.graph.case_tables import CaseTables
from clew.graph.export.exporter import Exporter, ExportSource, Writer
from clew.graph.export.table_files import write_table

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class CaseTable:
    """One table of a case: the name of its file without an ending, what is in it, and how it is read."""

    name: str
    about: str
    frame: Callable[[CaseTables], pd.DataFrame]


#: What is known of the graph.
GRAPH_TABLES = (
    CaseTable("nodes", "entities, one per row", CaseTables.nodes),
    CaseTable("edges", "edges, one per row", CaseTables.edges),
    CaseTable("claims", "what each source said of edges, one claim per row", CaseTables.claims),
    CaseTable("findings", "what each source answered, one answer per row", CaseTables.findings),
)
_TABLES = (
    *GRAPH_TABLES,
    CaseTable("remarks", "notes, tags and windows of time, one per row", CaseTables.remarks),
    CaseTable("merges", "nodes that became one, one merge per row", CaseTables.merges),
    CaseTable("audit", "what was sent to whom, one ask per row", CaseTables.audit),
)
_LOSSES = (
    "raw replies and rows of logs: of each there is the hash",
    "the fields of entities beyond key, kind and label, and the tables of answers",
    "the hashes of the steps, and signatures",
    "what was hidden, folded or placed by hand",
)


def write_tables(case: CaseTables, folder: Path, suffix: str, tables: Iterable[CaseTable]) -> Iterator[CaseTable]:
    """Write tables into a folder, a file each; yields each table when its file is there.

    Args:
        suffix: `csv`, `jsonl` or `parquet`.

    Raises:
        PipelineError: a file is there already, or cannot be written.
        MissingExtra: Parquet, without the log engine.
    """
    for table in tables:
        write_table(table.frame(case), folder / f"{table.name}.{suffix}")
        yield table


def _writer(suffix: str) -> Writer:
    def write(source: ExportSource, folder: Path) -> None:
        for _ in write_tables(CaseTables(source.store), folder, suffix, _TABLES):
            pass

    return write


CSV = Exporter(
    "csv",
    "tables as CSV",
    "",
    _writer("csv"),
    (*_LOSSES, "the types of values: every cell is text, and one that begins a formula has an apostrophe before it"),
)
JSONL = Exporter("jsonl", "tables as JSON Lines", "", _writer("jsonl"), (*_LOSSES, "the types of times: they are text"))
PARQUET = Exporter(
    "parquet", "tables as Parquet", "", _writer("parquet"), (*_LOSSES, "the types of times: they are text")
)
