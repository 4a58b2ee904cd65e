"""Commands that say what there is to ask."""

from __future__ import annotations

from typing import Annotated

import typer

from clew.cli.terminal import show_table
from clew.entities import entity_type
from clew.pivots.registry import pivots_for


def pivots(kind: Annotated[str, typer.Argument(metavar="TYPE", help="IpAddress, Host, Process, ...")]) -> None:
    """Which pivots an entity has: what they do, whom they ask, what leaves the machine."""
    rows = [["pivot", "what", "asks", "calls", "leaves"]]
    for name, pivot in pivots_for(entity_type(kind)).items():
        asks = ", ".join(dict.fromkeys(provider.name for provider in pivot.providers))
        leaves = ", ".join(provider.name for provider in pivot.providers if provider.leaves) or "nothing"
        signature = str(pivot.signature.replace(return_annotation=pivot.signature.empty)).replace("'", "")
        rows.append([f"{name}{signature}", pivot.about, asks, str(pivot.calls), leaves])
    show_table(rows)
