"""A case as DataFrames and as a networkx graph."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from clew.entities import Claim, Entity, Key, Relation, Severity, Verdict, load
from clew.entities.finding import EvidenceStore
from clew.sqlite import Connection, query

if TYPE_CHECKING:
    import networkx as nx
    import pandas as pd

# Whole numbers that may be unknown.
_COUNT_COLUMNS = ("available", "undone_by")
# What was brought in from elsewhere was not asked.
_NO_TIME = datetime.min.replace(tzinfo=UTC)
_TIME_COLUMNS = ("asked_at", "observed_first", "observed_last", "time", "at")


def frame(connection: Connection, sql: str, values: tuple[str, ...] = ()) -> pd.DataFrame:
    """A query as a DataFrame; time columns are UTC timestamps."""
    import pandas as pd

    result = query(connection, sql, values)
    dataframe = pd.DataFrame(result.rows, columns=result.columns)
    for name in _TIME_COLUMNS:
        if name in dataframe:
            dataframe[name] = pd.to_datetime(dataframe[name].replace("", None), utc=True, format="ISO8601")
    for name in _COUNT_COLUMNS:
        if name in dataframe:
            dataframe[name] = dataframe[name].astype("Int64")
    return dataframe


def claims(
    connection: Connection,
    evidence_store: EvidenceStore | None = None,
    clause: str = "",
    values: tuple[str | None, ...] = (),
) -> Iterator[Claim]:
    """Claims in the order in which they were made."""
    rows = connection.execute(
        "SELECT source, relation, target, provider, pivot, step, asked_at, evidence, pointers, observed_first, "
        f"observed_last, inferred FROM said {clause} ORDER BY id",
        values,
    )
    for row in rows:
        source, relation, target, provider, pivot, step, asked_at, evidence, pointers, first, last, is_inferred = row
        yield Claim(
            Key.parse(source),
            Relation(relation),
            Key.parse(target),
            provider,
            pivot,
            step,
            _moment(asked_at) or _NO_TIME,
            tuple(filter(None, evidence.split(","))),
            tuple(json.loads(pointers)),
            _moment(first),
            _moment(last),
            bool(is_inferred),
            evidence_store,
        )


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


@dataclass(frozen=True, slots=True)
class Node:
    """An entity as a case knows it: with the worst verdict of those who spoke, and with the analyst's tags."""

    key: Key
    entity: Entity
    label: str
    verdict: Verdict
    severity: Severity
    first_step: int
    tags: tuple[str, ...] = ()


def nodes(connection: Connection, clause: str = "") -> Iterator[Node]:
    """Nodes in the order in which they were first heard of; with a clause, some of them."""
    tags: dict[str, list[str]] = {}
    for about, tag in connection.execute("SELECT about, text FROM remarks WHERE kind = 'tag' ORDER BY step"):
        tags.setdefault(about, []).append(tag)
    rows = connection.execute(
        f"SELECT key, label, entity, verdict, severity, first_step FROM nodes {clause} ORDER BY first_step, key"
    )
    for key, label, entity, verdict, severity, step in rows:
        node_entity = load(json.loads(entity))
        yield Node(
            Key.parse(key), node_entity, label, Verdict(verdict), Severity(severity), step, tuple(tags.get(key, ()))
        )


def graph(
    connection: Connection,
    evidence_store: EvidenceStore | None = None,
    clause: str = "",
    values: tuple[str | None, ...] = (),
) -> nx.MultiDiGraph[Key]:
    """The investigation graph; of some claims only and their nodes, with a clause.

    Nodes are `Key`s with `entity`, `kind`, `label`, `verdict`, `severity` and `tags`; an edge is keyed by its relation
    and carries `claims`, a tuple with one `Claim` for each time that a source said so.
    """
    import networkx as nx

    multigraph: nx.MultiDiGraph[Key] = nx.MultiDiGraph()
    for node in nodes(connection):
        multigraph.add_node(
            node.key,
            entity=node.entity,
            kind=node.key.kind,
            label=node.label,
            verdict=node.verdict.value,
            severity=node.severity.value,
            tags=node.tags,
        )
    edges: dict[tuple[Key, Key, Relation], list[Claim]] = {}
    for claim in claims(connection, evidence_store, clause, values):
        edges.setdefault((claim.source, claim.target, claim.relation), []).append(claim)
    for (source, target, relation), edge_claims in edges.items():
        multigraph.add_edge(source, target, key=relation, claims=tuple(edge_claims))
    if clause:
        multigraph.remove_nodes_from([*nx.isolates(multigraph)])
    return multigraph
