"""The command for what happened in a case, step by step."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from clew.cli.case import CasePath, open_existing
from clew.cli.terminal import console


def history(
    *,
    case: CasePath,
    as_json: Annotated[bool, typer.Option("--json", help="one list of records, for programs")] = False,
) -> None:
    """What was done in each step, by whom and when, and what was taken back."""
    with open_existing(case) as investigation:
        log = investigation.log()
        # As ASCII, in which nothing hides: a terminal may show it too.
        console.print(json.dumps(log.records(), indent=1) if as_json else str(log))
