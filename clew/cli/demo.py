"""The tour."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clew.cli.case import EXIT_DIFFERENT
from clew.cli.terminal import console


def demo(
    *,
    folder: Annotated[Path, typer.Option("--in", help="where demo.clew and demo.html are written")] = Path(),
    force: Annotated[bool, typer.Option("--force", help="replace what an earlier run left")] = False,
) -> None:
    """A tour on a made-up intrusion, offline: plan, expand, tell the story, save, replay, draw."""
    from clew.demo.tour import run_tour

    if force:
        (folder / "demo.clew").unlink(missing_ok=True)
    replay = run_tour(folder, console.print)
    if not replay.identical:
        raise typer.Exit(EXIT_DIFFERENT)
