"""Commands that say what there is to ask, and what works."""

from __future__ import annotations

from typing import Annotated

import typer

from clew.cli.diagnosis import STATE_FAILED, checks
from clew.cli.source_probe import probe
from clew.cli.terminal import console, show_table
from clew.entities import entity_type
from clew.entities.display import visible
from clew.pivots.catalog import Catalog, catalog_of
from clew.pivots.catalog import search as search_all
from clew.pivots.description import describe_pivot
from clew.pivots.registry import find_pivot
from clew.pivots.source_catalog import HEAD
from clew.pivots.source_catalog import sources as all_sources


def pivots(
    kind: Annotated[str, typer.Argument(metavar="TYPE", help="IpAddress, Host, Process, ...; all, if not given")] = "",
    name: Annotated[str, typer.Argument(metavar="PIVOT", help="one pivot, with everything about it")] = "",
    search: Annotated[str, typer.Option(help="only those in which every one of these words stands")] = "",
) -> None:
    """Which pivots there are: what they do, whom they ask, what leaves the machine, what comes back."""
    if name:
        entity = entity_type(kind)
        for line in str(describe_pivot(entity, find_pivot(entity, name))).splitlines():
            console.print(visible(line))
    else:
        catalog = catalog_of(entity_type(kind)) if kind else search_all()
        _show_catalog(catalog.search(search))


def sources() -> None:
    """Which sources there are: their keys, whether look-ups ask them, what can be asked of them."""
    show_table([[*HEAD], *([*source.cells] for source in all_sources())])


def doctor(
    *,
    details: Annotated[bool, typer.Option("--details", help="with the tracebacks of what failed")] = False,
    ask: Annotated[
        list[str] | None, typer.Option(metavar="SOURCE", help="ask this source once, about what is nobody's secret")
    ] = None,
    ask_all: Annotated[bool, typer.Option("--ask-all", help="ask each source outside that look-ups ask once")] = False,
) -> None:
    """What works on this machine and what does not. Asks nobody that is not named; ends with 1 if something fails."""
    results = [*checks(), *(probe(ask or ()) if ask or ask_all else ())]
    rows = [[check.state, check.name, check.message, check.next_step] for check in results]
    show_table([["state", "check", "what", "next"], *rows])
    for check in results:
        if details and check.detail:
            console.print(f"\n{visible(check.message)}")
            for line in check.detail.splitlines():
                console.print(f"  {visible(line)}")
    if any(check.state == STATE_FAILED for check in results):
        raise typer.Exit(1)


def _show_catalog(catalog: Catalog) -> None:
    if not catalog:
        console.print("no pivot is like that")
        return
    rows = [
        [
            f"{description.entity}.{description.name}",
            description.about,
            ", ".join(source.name for source in description.sources),
            description.contact,
            str(description.calls),
            description.leaves,
        ]
        for description in catalog
    ]
    show_table([["pivot", "what", "asks", "contact", "calls", "leaves"], *rows])
