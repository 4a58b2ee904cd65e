"""The command line: each command is a few lines over the library."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from clew.entities import Finding, entity_type, parse
from clew.entities.display import visible
from clew.errors import CaseError, CaseNotFound, ClewError
from clew.graph.plan import Budget
from clew.pivots.registry import pivots_for
from clew.views.investigation import Investigation

app = typer.Typer(
    help="Follow an intrusion from one entity to the next, and keep everything that was asked and answered.",
    no_args_is_help=True, add_completion=True, pretty_exceptions_enable=False, rich_markup_mode=None,
)  # fmt: skip
# What is piped is not cut to the width of a screen.
out = Console(soft_wrap=True, highlight=False, markup=False, emoji=False, width=None if sys.stdout.isatty() else 240)
err = Console(stderr=True, soft_wrap=True, highlight=False, markup=False, emoji=False)

ROWS_SHOWN = 20
# Columns that a person does not read in a terminal: hashes, GUIDs, and where the row stands in which file.
_UNREADABLE = re.compile(r"_hash_|_entity_id$|^(?:source|row|connection|dataset|logon_id)$")
#: Exit codes besides 0 and those of the CaseError classes.
FAILED, DIFFERENT = 1, 3

CasePath = Annotated[Path, typer.Argument(help="the case file")]
EntityText = Annotated[
    str, typer.Argument(help="the entity: 198.51.100.7, evil[.]example, host:ws01, CORP\\alice, ...")
]
Calls = Annotated[int, typer.Option(min=1, help="the most asks, to logs, databases and services together")]


@app.command()
def demo(
    *,
    folder: Annotated[Path, typer.Option("--in", help="where demo.clew and demo.html are written")] = Path(),
    force: Annotated[bool, typer.Option("--force", help="replace what an earlier run left")] = False,
) -> None:
    """A tour on a made-up intrusion, offline: plan, expand, tell the story, save, replay, draw."""
    from clew.demo.tour import run_tour

    if force:
        (folder / "demo.clew").unlink(missing_ok=True)
    replay = run_tour(folder, out.print)
    if not replay.identical:
        raise typer.Exit(DIFFERENT)


@app.command()
def connect(case: CasePath, logs: Annotated[Path, typer.Argument(help="a folder, a file or a zip of logs")]) -> None:
    """Make logs queryable for a case, which is made if there is none."""
    with Investigation.open(case) as opened:
        store = opened.connect(logs)
        damaged = f", {store.damaged:,} damaged rows left out" if store.damaged else ""
        out.print(f"connected {visible(store.name)}: {store.files:,} files, {store.rows:,} rows{damaged}")


@app.command()
def pivot(
    case: CasePath,
    entity: EntityText,
    name: Annotated[str, typer.Argument(metavar="PIVOT", help="ti.lookup, query.connections, ...")],
    set_: Annotated[list[str], typer.Option("--set", help="an argument, as name=value; repeatable")] = [],  # noqa: B006 - typer wants the default
) -> None:
    """Run one pivot of one entity, and keep the answer in the case."""
    with Investigation.open(case) as opened:
        finding = opened.pivot(parse(entity), name, dict(_argument(text) for text in set_))
        _show_finding(finding)


@app.command()
def expand(
    *,
    case: CasePath,
    entity: EntityText,
    depth: Annotated[int, typer.Option(min=1, help="how many waves")] = 2,
    calls: Calls = 40,
    plan: Annotated[bool, typer.Option("--plan", help="only say what would be asked first")] = False,
) -> None:
    """Ask about an entity, then about what that named, within a budget."""
    with _existing(case) as opened:
        start, budget = parse(entity), Budget(calls=calls)
        out.print(str(opened.plan(start, budget=budget) if plan else opened.expand(start, depth=depth, budget=budget)))


@app.command()
def show(
    case: CasePath,
    what: Annotated[
        str, typer.Argument(help="story, nodes, edges, claims, findings, timeline, merges, remarks, history")
    ] = "story",
    rows: Annotated[int, typer.Option(min=1, help="the most rows")] = 50,
) -> None:
    """What a case knows."""
    with _existing(case) as opened:
        if what == "story":
            out.print(opened.story())
        elif what == "history":
            for step in opened.history():
                out.print(
                    f"{step.number:>5}  {step.at:%Y-%m-%d %H:%M:%S}  {visible(step.by, 20):<12} {step.event.kind}"
                )
        elif what in ("nodes", "edges", "claims", "findings", "timeline", "merges", "remarks"):
            frame = getattr(opened, what)()
            records = [[str(name) for name in frame.columns], *frame.head(rows).astype(str).to_numpy().tolist()]
            _table(records)
            if len(frame) > rows:
                out.print(f"{rows:,} of {len(frame):,} rows: --rows shows more")
        else:
            raise typer.BadParameter(f"there is nothing called {visible(what)} to show")


@app.command()
def html(
    case: CasePath,
    to: Annotated[Path | None, typer.Option("--to", help="the page; beside the case, if not given")] = None,
) -> None:
    """Draw the graph as one page that opens offline."""
    with _existing(case) as opened:
        out.print(f"wrote {visible(opened.to_html(to or case.with_suffix('.html')))}")


@app.command()
def replay(case: CasePath) -> None:
    """Run every recorded pivot again on what was recorded, asking nobody; says "identical" or the first difference."""
    result = Investigation.replay(case)
    out.print(str(result))
    if not result.identical:
        raise typer.Exit(DIFFERENT)


@app.command()
def pivots(kind: Annotated[str, typer.Argument(metavar="TYPE", help="IpAddress, Host, Process, ...")]) -> None:
    """Which pivots an entity has: what they do, whom they ask, what leaves the machine."""
    rows = [["pivot", "what", "asks", "calls", "leaves"]]
    for name, pivot in pivots_for(entity_type(kind)).items():
        asks = ", ".join(dict.fromkeys(provider.name for provider in pivot.providers))
        leaves = ", ".join(provider.name for provider in pivot.providers if provider.leaves) or "nothing"
        signature = str(pivot.signature.replace(return_annotation=pivot.signature.empty)).replace("'", "")
        rows.append([f"{name}{signature}", pivot.about, asks, str(pivot.calls), leaves])
    _table(rows)


def _existing(case: Path) -> Investigation:
    """A case that is there: commands that read must not make one by a misspelt name."""
    if not case.exists():
        raise CaseNotFound("there is no such case", where=str(case), next_step=f"clew connect {case} LOGS makes one")
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


def _show_finding(finding: Finding) -> None:
    """The finding, and the first of its rows: what is the same in all of them once, identifiers left to the frame."""
    out.print(str(finding))
    if finding.table is None or not finding.table.rows:
        return
    records = [*finding.table.records()][:ROWS_SHOWN]
    names = [name for name in finding.table.columns if not _UNREADABLE.search(name)]
    filled = [name for name in names if any(record[name] is not None for record in records)]
    same = [name for name in filled if len(records) > 1 and len({record[name] for record in records}) == 1]
    for name in same:
        out.print(Text(f"  {name}: {visible(records[0][name], 200)}"))
    shown = [name for name in filled if name not in same]
    _table([shown, *(["" if record[name] is None else str(record[name]) for name in shown] for record in records)])
    if len(finding.table) > ROWS_SHOWN:
        out.print(f"{ROWS_SHOWN} of {len(finding.table):,} rows")


def _table(records: list[list[str]]) -> None:
    """Rows under a header. Cells are data, never markup."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in records[0]:
        table.add_column(Text(visible(name)), overflow="fold")
    for row in records[1:]:
        table.add_row(*(Text(visible(cell, 200)) for cell in row))
    out.print(table)


def main() -> None:
    """Run the command line; errors that clew raises on purpose become one message and an exit code."""
    try:
        app()
    except ClewError as error:
        err.print(f"clew: {visible(error.what)}{f' ({visible(error.where)})' if error.where else ''}")
        if error.next_step:
            err.print(f"  next: {visible(error.next_step)}")
        sys.exit(error.exit_code if isinstance(error, CaseError) else FAILED)
    except (FileExistsError, ValueError, TypeError) as error:
        err.print(f"clew: {visible(error)}")
        sys.exit(FAILED)
