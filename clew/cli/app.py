"""The command line: its commands, and what becomes of errors."""

from __future__ import annotations

import sys

import typer

from clew.cli.case import connect, expand, html, pivot, replay, show
from clew.cli.demo import demo
from clew.cli.discover import pivots
from clew.cli.terminal import err
from clew.entities.display import visible
from clew.errors import CaseError, ClewError

FAILED = 1

app = typer.Typer(
    help="Follow an intrusion from one entity to the next, and keep everything that was asked and answered.",
    no_args_is_help=True, add_completion=True, pretty_exceptions_enable=False, rich_markup_mode=None,
)  # fmt: skip
for command in (demo, connect, pivot, expand, show, html, replay, pivots):
    app.command()(command)


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
