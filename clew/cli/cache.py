"""The command for what is kept of logs that were read."""

from __future__ import annotations

from typing import Annotated

import typer

from clew.cli.terminal import console
from clew.entities.display import plural, visible
from clew.settings import Settings


def cache(
    *,
    clear: Annotated[
        bool, typer.Option("--clear", help="delete all of it; connecting again reads the files again")
    ] = False,
) -> None:
    """Say which logs are kept as they were read, and how much room they take; or delete them."""
    # Loaded here: most commands need no logs.
    from clew.logs.log_cache import list_kept_logs, trim_kept_logs

    settings = Settings.load()
    if clear:
        sources = trim_kept_logs(settings.cache, 0)
        console.print(f"deleted {plural(len(sources), 'source')}, {_size(sum(item.size for item in sources))}")
        return
    kept_logs = list_kept_logs(settings.cache)
    for item in kept_logs:
        line = f"{_size(item.size):>10}  {item.used:%Y-%m-%d %H:%M}Z  {visible(item.location)}"
        console.print(line, highlight=False, markup=False)
    total = sum(item.size for item in kept_logs)
    room = f"{_size(total)} of {_size(settings.log_cache)}"
    console.print(f"{plural(len(kept_logs), 'source')}, {room} in {settings.cache}", highlight=False, markup=False)


def _size(count: int) -> str:
    return f"{count / 2**30:,.1f} GiB" if count >= 2**30 else f"{count / 2**20:,.1f} MiB"
