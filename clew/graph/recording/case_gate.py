"""What may leave a case: the settings, what was changed for this case, and how its entities are marked."""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING

from clew.entities import Entity
from clew.entities.tlp import Tlp
from clew.graph.format.events import Gated, Step, pivot_events
from clew.graph.projection.nodes import NodeTable
from clew.graph.store import Store
from clew.providers.gate import Gate
from clew.sqlite import Connection

if TYPE_CHECKING:
    import pandas as pd

_AUDIT_COLUMNS = (
    "step",
    "at",
    "by",
    "provider",
    "subject",
    "method",
    "where",
    "asked",
    "status",
    "attempts",
    "together",
    "trouble",
)


def effective_gate(store: Store, gate: Gate, analyst: str) -> Gate:
    """The gate of the settings as a case has changed it.

    What makes it stricter counts for everybody. That active providers may be asked counts for the analyst who allowed
    it, for a case may come from somebody else. What the settings forbid a case cannot allow.
    """
    active: bool | None = None
    offline, tlp = False, Tlp.CLEAR
    for event, by in _gate_changes(store):
        active = event.active if event.active is False or (event.active and by == analyst) else active
        offline = offline if event.offline is None else event.offline
        tlp = event.tlp or tlp
    return dataclasses.replace(
        gate,
        offline=gate.offline or offline,
        allow_active=gate.allow_active if active is None else active,
        tlp=max(gate.tlp, tlp, key=lambda marking: marking.rank),
        marking_of=functools.partial(_marking, store),
    )


def _gate_changes(store: Store) -> list[tuple[Gated, str]]:
    with store.reading() as connection:
        numbers = [row[0] for row in connection.execute("SELECT step FROM remarks WHERE kind = 'gate' ORDER BY step")]
    steps = map(store.step, numbers)
    return [(step.event, step.by) for step in steps if isinstance(step.event, Gated)]


def _marking(store: Store, entity: Entity) -> Tlp:
    """The strictest marking that the tags of an entity give."""
    with store.reading() as connection:
        markings = [marking for tag in _tags(connection, entity) if (marking := Tlp.of_tag(tag)) is not None]
    return max(markings, key=lambda marking: marking.rank, default=Tlp.CLEAR)


def _tags(connection: Connection, entity: Entity) -> list[str]:
    node = NodeTable(connection).resolve(entity.key) or str(entity.key)
    sql = "SELECT text FROM remarks WHERE kind = 'tag' AND about = ? AND text LIKE 'tlp:%'"
    return [str(row[0]) for row in connection.execute(sql, (node,))]


def audit(steps: list[Step]) -> pd.DataFrame:
    """What was sent to whom, in order; see `CaseTables.audit`."""
    import pandas as pd

    rows = [
        (
            step.number,
            exchange.at,
            step.by,
            exchange.provider,
            str(pivot_event.invocation.subject.key),
            exchange.ask.get("method", ""),
            exchange.ask.get("url", ""),
            dict(exchange.ask),
            exchange.status or None,
            exchange.attempts,
            exchange.together,
            exchange.trouble.what if exchange.trouble else "",
        )
        for step in steps
        for pivot_event in pivot_events(step.event)
        for exchange in pivot_event.exchanges
        if exchange.sent and exchange.leaves
    ]
    table = pd.DataFrame(rows, columns=[*_AUDIT_COLUMNS])
    table["at"] = pd.to_datetime(table["at"], utc=True)
    table["status"] = table["status"].astype("Int64")
    return table
