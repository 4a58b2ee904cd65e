"""Commands over one case file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from clew.cli.terminal import console, reading_shown, show_finding, show_table
from clew.entities import parse
from clew.entities.display import visible
from clew.errors import CaseNotFound
from clew.graph.expansion.plan import Budget
from clew.views.investigation import Investigation

#: The exit code of a replay that is not what was saved.
EXIT_DIFFERENT = 3

CasePath = Annotated[Path, typer.Argument(help="the case file")]
EntityText = Annotated[
    str, typer.Argument(help="the entity: 198.51.100.7, evil[.]example, host:ws01, CORP\\alice, ...")
]
Calls = Annotated[int, typer.Option(min=1, help="the most asks, to logs, databases and services together")]


def connect(
    case: CasePath,
    logs: Annotated[str, typer.Argument(metavar="LOGS", help="a folder, a file or an archive of logs")],
    columns: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="COLUMN=TARGET", help="what a column is: src=source.ip; may be given again"),
    ] = None,
    view: Annotated[str, typer.Option(help="the view that rows of such tables are of")] = "",
    host: Annotated[str, typer.Option(help="the machine of the rows that name none")] = "",
) -> None:
    """Make logs queryable for a case, which is made if there is none."""
    named_columns = dict(_column_and_target(text) for text in columns or ())
    with Investigation.open(case) as investigation:
        with reading_shown():
            source = investigation.connect(logs, map=named_columns, view=view, host=host)
        description = source.description
        counts = f": {description.count_text}" if description.count_text else ""
        console.print(f"connected {visible(description.name)}{counts}")
        for line in source.coverage.lines(is_for_commands=True):
            console.print(f"  {line}", highlight=False, markup=False)


def _column_and_target(text: str) -> tuple[str, str]:
    column, equals, target = text.rpartition("=")
    if not equals or not column or not target:
        raise typer.BadParameter(f"{visible(text)} is not column=target: --map src=source.ip")
    return column, target


def pivot(
    case: CasePath,
    entity: EntityText,
    name: Annotated[str, typer.Argument(metavar="PIVOT", help="ti.lookup, query.connections, ...")],
    set_: Annotated[list[str], typer.Option("--set", help="an argument, as name=value; repeatable")] = [],  # noqa: B006 - typer wants the default
) -> None:
    """Run one pivot of one entity, and keep the answer in the case."""
    with Investigation.open(case) as investigation:
        finding = investigation.pivot(parse(entity), name, dict(_argument(text) for text in set_))
        show_finding(finding)


def expand(
    *,
    case: CasePath,
    entity: EntityText,
    depth: Annotated[int, typer.Option(min=1, help="how many waves")] = 2,
    calls: Calls = 40,
    plan: Annotated[bool, typer.Option("--plan", help="only say what would be asked first")] = False,
) -> None:
    """Ask about an entity, then about what that named, within a budget."""
    with open_existing(case) as investigation:
        start, budget = parse(entity), Budget(calls=calls)
        console.print(
            str(
                investigation.plan(start, budget=budget)
                if plan
                else investigation.expand(start, depth=depth, budget=budget)
            )
        )


def show(
    case: CasePath,
    table: Annotated[
        str, typer.Argument(help="story, nodes, edges, claims, findings, timeline, merges, remarks, audit")
    ] = "story",
    rows: Annotated[int, typer.Option(min=1, help="the most rows")] = 50,
) -> None:
    """What a case knows."""
    with open_existing(case) as investigation:
        if table == "story":
            console.print(investigation.story())
        elif table in ("nodes", "edges", "claims", "findings", "timeline", "merges", "remarks", "audit"):
            frame = getattr(investigation.tables, table)()
            records = [[str(name) for name in frame.columns], *frame.head(rows).astype(str).to_numpy().tolist()]
            show_table(records)
            if len(frame) > rows:
                console.print(f"{rows:,} of {len(frame):,} rows: --rows shows more")
        else:
            raise typer.BadParameter(f"there is nothing called {visible(table)} to show")


def html(
    case: CasePath,
    to: Annotated[Path | None, typer.Option("--to", help="the page; beside the case, if not given")] = None,
) -> None:
    """Draw the graph as one page that opens offline."""
    with open_existing(case) as investigation:
        console.print(f"wrote {visible(investigation.to_html(to or case.with_suffix('.html')))}")


def open_existing(case: Path) -> Investigation:
    """A case that is there: commands that read must not make one by a misspelt name."""
    if not case.exists():
        raise CaseNotFound("there is no such case", location=str(case), next_step=f"clew connect {case} LOGS makes one")
    return Investigation.open(case)


def _argument(text: str) -> tuple[str, Any]:
    """`limit=5` as a name and a value; what is not JSON is text."""
    name, equals, value = text.partition("=")
    if not equals:
        raise typer.BadParameter(f"{visible(text)} is not name=value")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value
