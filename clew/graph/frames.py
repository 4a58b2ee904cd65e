"""A case as DataFrames and as a networkx graph."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from clew.entities import Claim, Key, Relation, load

if TYPE_CHECKING:
    import networkx as nx
    import pandas as pd

_TIMES = ("asked_at", "observed_first", "observed_last", "time", "at")


def frame(connection: sqlite3.Connection, sql: str, values: tuple[str, ...] = ()) -> pd.DataFrame:
    """A query as a DataFrame; time columns are UTC timestamps."""
    import pandas as pd

    cursor = connection.execute(sql, values)
    columns = [column[0] for column in cursor.description]
    table = pd.DataFrame(cursor.fetchall(), columns=columns)
    for name in _TIMES:
        if name in table:
            table[name] = pd.to_datetime(table[name].replace("", None), utc=True, format="ISO8601")
    return table


def claims(connection: sqlite3.Connection, where: str = "", values: tuple[str, ...] = ()) -> Iterator[Claim]:
    """Claims in the order in which they were made."""
    rows = connection.execute(
        "SELECT source, relation, target, provider, pivot, step, asked_at, evidence, pointers, observed_first, "
        f"observed_last, inferred FROM claims {where} ORDER BY id",  # noqa: S608 - `where` is a constant of the caller
        values,
    )
    for row in rows:
        source, relation, target, provider, pivot, step, asked_at, evidence, pointers, first, last, inferred = row
        yield Claim(
            Key.parse(source),
            Relation(relation),
            Key.parse(target),
            provider,
            pivot,
            step,
            datetime.fromisoformat(asked_at),
            evidence,
            tuple(json.loads(pointers)),
            _moment(first),
            _moment(last),
            bool(inferred),
        )


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def graph(connection: sqlite3.Connection) -> nx.MultiDiGraph[Key]:
    """The investigation graph.

    Nodes are `Key`s with `entity`, `kind`, `label`, `verdict`, `severity` and `tags`; an edge is keyed by its relation
    and carries `claims`, a tuple with one `Claim` for each time that a source said so.
    """
    import networkx as nx

    built: nx.MultiDiGraph[Key] = nx.MultiDiGraph()
    tags: dict[str, list[str]] = {}
    for about, tag in connection.execute("SELECT about, text FROM remarks WHERE kind = 'tag' ORDER BY step"):
        tags.setdefault(about, []).append(tag)
    rows = connection.execute("SELECT key, kind, label, entity, verdict, severity FROM nodes ORDER BY first_step, key")
    for key, kind, label, entity, verdict, severity in rows:
        built.add_node(
            Key.parse(key),
            entity=load(json.loads(entity)),
            kind=kind,
            label=label,
            verdict=verdict,
            severity=severity,
            tags=tuple(tags.get(key, ())),
        )
    for claim in claims(connection):
        said = built.get_edge_data(claim.source, claim.target, key=claim.relation)
        earlier: tuple[Claim, ...] = said["claims"] if said else ()
        built.add_edge(claim.source, claim.target, key=claim.relation, claims=(*earlier, claim))
    return built
