"""Rules over the logs of a case, from the command line."""

from __future__ import annotations

from typing import Annotated

import typer

from clew.cli.case import CasePath, open_existing
from clew.cli.terminal import console, show_table
from clew.entities.display import visible


def detect(
    *,
    case: CasePath,
    rules: Annotated[list[str], typer.Argument(metavar="RULES", help="files, folders or zip archives of Sigma rules")],
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="a placeholder and its values, as name=value,value; repeatable")
    ] = None,
    rows: Annotated[int, typer.Option(min=0, help="the most rules that are listed of each state")] = 20,
    limit: Annotated[int, typer.Option(min=1, help="the most matches of each rule that are recorded")] = 1_000,
) -> None:
    """Run Sigma rules over the connected logs of a case, and keep what they match in it."""
    # Loaded here: most commands need no logs.
    from clew.logs.sigma.detections import RuleState

    with open_existing(case) as investigation:
        placeholders = dict(_placeholder(text) for text in set_ or ())
        detection = investigation.detect(rules, placeholders=placeholders, limit=limit)
    for line in str(detection).splitlines():
        console.print(visible(line), highlight=False, markup=False)
    for state in RuleState:
        outcomes = [item for item in detection.outcomes if item.state is state]
        if not outcomes or state in (RuleState.RAN, RuleState.NO_EVENTS):
            continue
        console.print(f"\n{state}", highlight=False, markup=False)
        cells = [[f"{item.matches:,}", item.rule.level, item.rule.title, item.reason] for item in outcomes[:rows]]
        show_table([["matches", "level", "rule", "why"], *cells])
        if len(outcomes) > rows:
            console.print(f"{rows:,} of {len(outcomes):,} rules: --rows shows more")


def _placeholder(text: str) -> tuple[str, list[str]]:
    name, equals, values = text.partition("=")
    if not equals:
        raise typer.BadParameter(f"{visible(text)} is not name=value,value")
    return name, values.split(",")
