"""The command for the time that the queries of a case are asked about."""

from __future__ import annotations

from typing import Annotated

import typer

from clew.cli.case import CasePath, open_existing
from clew.cli.terminal import console
from clew.entities.display import visible


def window(
    *,
    case: CasePath,
    start: Annotated[str, typer.Argument(help="from when on: 2020-10-22T08:00Z, -2d, -3h@h; '' for open")] = "",
    end: Annotated[str, typer.Argument(help="before when: the same, or now; open, if not given")] = "",
    zone: Annotated[str, typer.Option(help="of times that name none, and of days: Europe/Berlin")] = "",
    clear: Annotated[bool, typer.Option("--clear", help="ask about any time again")] = False,
) -> None:
    """Ask the queries of a case about one window of time; without times, say which it is."""
    if (clear or not (start or end)) and (start or end or zone):
        raise typer.BadParameter("--clear takes no times" if clear else "a zone alone is no window")
    with open_existing(case) as investigation:
        time_window = (
            investigation.set_window(start or None, end or None, zone=zone)
            if clear or start or end
            else investigation.window
        )
        console.print(visible(f"queries ask for what was {time_window}"))
