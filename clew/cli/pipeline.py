"""Pipelines from the command line."""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clew.cli.case import open_existing
from clew.cli.terminal import console, error_console, show_table
from clew.entities import Verdict, entity_type
from clew.entities.display import visible
from clew.errors import PipelineError
from clew.graph.export.table_files import json_value, read_table
from clew.pipelines import Pipeline, selection
from clew.views.investigation import Investigation

if TYPE_CHECKING:
    import pandas as pd


def run(
    *,
    file: Annotated[Path, typer.Argument(metavar="PIPELINE", help="the pipeline, a YAML file")],
    case: Annotated[Path | None, typer.Option("--case", help="the case that the answers are recorded in")] = None,
    table: Annotated[Path | None, typer.Option("--input", help="a table: .csv, .json, .jsonl or .parquet")] = None,
    column: Annotated[str, typer.Option("--column", help="the column of the table that pivots ask about")] = "",
    select: Annotated[str, typer.Option("--select", help="nodes of the case: ip, or ip:malicious")] = "",
    to: Annotated[Path | None, typer.Option("--out", help="the folder that tables are written to")] = None,
    check: Annotated[bool, typer.Option("--check", help="only say whether the pipeline is right")] = False,
) -> None:
    """Run a pipeline over a table, or over nodes of a case."""
    pipeline = _load_pipeline(file)
    if check:
        asks = ", ".join(dict.fromkeys(f"{step.entity}.{step.pivot}" for step in pipeline.pivots)) or "nobody"
        console.print(
            f"{visible(pipeline.name)}, version {pipeline.version}: {len(pipeline.all_steps)} steps, asks {asks}"
        )
        return
    if (table is None) == (not select):
        raise typer.BadParameter("give a table with --input, or nodes of the case with --select")
    if select and case is None:
        raise typer.BadParameter("--select takes nodes of a case: name it with --case")
    with _open_case(case, must_exist=bool(select)) as investigation:
        if select and investigation is not None:
            frame, column = _select_nodes(investigation, select), column or "entity"
        else:
            frame = read_table(table or Path())
        result = pipeline.run(frame, column=column, show=_show, folder=to)
    console.print(str(result))


def _load_pipeline(file: Path) -> Pipeline:
    """The pipeline; where several things are wrong with it, all of them are printed."""
    try:
        return Pipeline.load(file)
    except PipelineError as error:
        if len(error.problems) == 1:
            raise
        error_console.print(f"clew: {visible(error.message)}")
        for problem in error.problems:
            error_console.print(f"  {visible(problem.location)}: {visible(problem.message)}")
            if problem.next_step:
                error_console.print(f"    next: {visible(problem.next_step)}")
        raise typer.Exit(1) from None


@contextlib.contextmanager
def _open_case(case: Path | None, *, must_exist: bool) -> Generator[Investigation | None]:
    if case is None:
        yield None
    else:
        with open_existing(case) if must_exist else Investigation.open(case) as investigation:
            yield investigation


def _select_nodes(case: Investigation, select: str) -> pd.DataFrame:
    kind, _, verdict = select.partition(":")
    if verdict and verdict not in [*Verdict]:
        raise typer.BadParameter(f"there is no verdict {visible(verdict)}; there are {', '.join(Verdict)}")
    return selection(case, entity_type(kind), verdict=Verdict(verdict) if verdict else None)


def _show(title: str, frame: pd.DataFrame, rows: int) -> None:
    console.print(visible(title))
    table = frame.loc[:, frame.notna().any()]
    cells = [
        ["" if json_value(cell) is None else str(json_value(cell)) for cell in row]
        for row in table.itertuples(index=False)
    ]
    if cells:
        show_table([[str(name) for name in table.columns], *cells])
    if rows > len(frame):
        console.print(f"{len(frame):,} of {rows:,} rows")
