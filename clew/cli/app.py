"""The command line: its commands, and what becomes of errors."""

from __future__ import annotations

import sys

import typer

from clew.cli.cache import cache
from clew.cli.case import connect, expand, html, pivot, show
from clew.cli.custody import branch, copy, redo, undo, verify
from clew.cli.demo import demo
from clew.cli.detect import detect
from clew.cli.discover import doctor, pivots, sources
from clew.cli.feeds import feeds
from clew.cli.gate import audit, gate
from clew.cli.history import history
from clew.cli.pipeline import run
from clew.cli.redact import redact, restore
from clew.cli.replay import compare, replay
from clew.cli.share import crate, export, sign
from clew.cli.terminal import error_console
from clew.cli.window import window
from clew.entities.display import visible
from clew.errors import CaseError, ClewError

EXIT_FAILED = 1

app = typer.Typer(
    help="Follow an intrusion from one entity to the next, and keep everything that was asked and answered.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for command in (
    demo,
    connect,
    detect,
    pivot,
    expand,
    show,
    history,
    gate,
    audit,
    html,
    replay,
    compare,
    run,
    pivots,
    sources,
    doctor,
    cache,
    verify,
    copy,
    undo,
    redo,
    branch,
    sign,
    export,
    crate,
    redact,
    restore,
):
    app.command()(command)
# So that -2d is a time.
app.command(context_settings={"ignore_unknown_options": True})(window)
app.add_typer(feeds, name="feeds")


def main() -> None:
    """Run the command line; errors that clew raises on purpose become one message and an exit code."""
    try:
        app()
    except ClewError as error:
        error_console.print(
            f"clew: {visible(error.message)}{f' ({visible(error.location)})' if error.location else ''}"
        )
        if error.next_step:
            error_console.print(f"  next: {visible(error.next_step)}")
        sys.exit(error.exit_code if isinstance(error, CaseError) else EXIT_FAILED)
    except (FileExistsError, ValueError, TypeError) as error:
        error_console.print(f"clew: {visible(error)}")
        sys.exit(EXIT_FAILED)
