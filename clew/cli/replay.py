"""Commands that hold what a case says against something else: its own record, the sources of today, another case."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clew.cli.case import EXIT_DIFFERENT, CasePath, open_existing
from clew.cli.terminal import console
from clew.entities.display import visible
from clew.graph.expansion.plan import Budget
from clew.graph.replay.difference import Difference
from clew.views.investigation import Investigation

Diff = Annotated[
    Path | None, typer.Option("--diff", help="write the difference to this file: .html, .json, .csv or .txt")
]


def replay(
    *,
    case: CasePath,
    live: Annotated[bool, typer.Option("--live", help="ask everybody again, within the budget")] = False,
    reparse: Annotated[bool, typer.Option("--reparse", help="say all that is read in another way today")] = False,
    older_than: Annotated[str, typer.Option(help="ask only what was asked longer ago: 7d, 12h; with --live")] = "",
    calls: Annotated[int | None, typer.Option(min=1, help="the most asks, 40 if not given; with --live")] = None,
    diff: Diff = None,
) -> None:
    """Run every recorded pivot again on what was recorded, asking nobody; says "identical" or the first difference."""
    if live and reparse:
        raise typer.BadParameter("--live asks again and --reparse reads again: choose one")
    if (older_than or calls) and not live:
        raise typer.BadParameter("--older-than and --calls go with --live")
    if diff is not None and not (live or reparse):
        raise typer.BadParameter("--diff goes with --live or --reparse")
    if live:
        budget = Budget(calls=calls) if calls else None
        _report_difference(Investigation.replay(case, live=True, budget=budget, older_than=older_than or None), diff)
    elif reparse:
        _report_difference(Investigation.replay(case, reparse=True), diff)
    else:
        result = Investigation.replay(case)
        console.print(str(result))
        if not result.identical:
            raise typer.Exit(EXIT_DIFFERENT)


def compare(
    *, case: CasePath, other: Annotated[Path, typer.Argument(help="the case to compare it with")], diff: Diff = None
) -> None:
    """What differs in another case from what is known in this one."""
    with open_existing(case) as investigation:
        _report_difference(investigation.compare(other), diff)


def _report_difference(difference: Difference, diff: Path | None) -> None:
    if diff is not None:
        difference.save(diff)
    console.print(str(difference))
    if diff is not None:
        console.print(f"wrote {visible(diff)}")
    if difference:
        raise typer.Exit(EXIT_DIFFERENT)
