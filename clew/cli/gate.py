"""Commands for what may leave a case, and what did."""

from __future__ import annotations

from typing import Annotated

import typer

from clew.cli.case import CasePath, open_existing
from clew.cli.terminal import console
from clew.entities.display import visible
from clew.entities.tlp import Tlp
from clew.providers.gate import Gate


def gate(
    *,
    case: CasePath,
    tlp: Annotated[str, typer.Option(help="how far all of it may be passed on: clear, green, amber, red")] = "",
    active: Annotated[
        bool | None, typer.Option("--active/--no-active", help="ask providers that touch the suspect's own servers")
    ] = None,
    offline: Annotated[bool | None, typer.Option("--offline/--online", help="let nothing leave")] = None,
    reason: Annotated[str, typer.Option(help="kept with the change")] = "",
) -> None:
    """Say what may leave a case, or change it for this case."""
    changes = bool(tlp) or active is not None or offline is not None
    if changes and not reason:
        raise typer.BadParameter("a change needs a reason: --reason")
    with open_existing(case) as investigation:
        if changes:
            investigation.set_gate(active=active, offline=offline, tlp=Tlp.read(tlp) if tlp else None, reason=reason)
        for line in _gate_lines(investigation.gate):
            console.print(visible(line))


def _gate_lines(gate: Gate) -> list[str]:
    domains = ", ".join(gate.own_domains) or "none are set"
    return [
        "offline: nothing leaves" if gate.offline else f"the case is marked {gate.tlp}",
        f"providers that touch the suspect's own servers: {'allowed' if gate.allow_active else 'off'}",
        f"private and reserved values never leave, nor do names below own domains: {domains}",
    ]


def audit(*, case: CasePath) -> None:
    """What was sent to whom: each ask that left the machine."""
    with open_existing(case) as investigation:
        requests = investigation.tables.audit()
        for row in requests.to_dict("records"):
            outcome = row["trouble"] or f"status {row['status']}"
            line = f"{row['step']:>6}  {row['at']:%Y-%m-%d %H:%M:%S}  {row['by']}  {row['provider']}  {row['subject']}"
            console.print(visible(f"{line}  {row['method']} {row['where']}  {outcome}"))
        console.print(f"{len(requests):,} asks left the machine")
