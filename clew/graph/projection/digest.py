"""One number for a graph: equal digests, equal nodes, edges and claims."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from clew.providers.base import canonical_json
from clew.sqlite import Connection

_QUERIES = {
    "node": "SELECT key, entity, verdict, severity, first_step FROM nodes ORDER BY key",
    "alias": "SELECT alias, key FROM names JOIN nodes ON nodes.id = names.node ORDER BY alias",
    "common": "SELECT alias FROM aliases WHERE node = 0 ORDER BY alias",
    "claim": "SELECT source, relation, target, said_source, said_target, step, provider, pivot, asked_at, evidence, "
    "pointers, observed_first, observed_last, inferred FROM said "
    "ORDER BY source, relation, target, step, provider, pivot, evidence, pointers, said_source, said_target",
    "finding": "SELECT step, answer, part, subject, pivot, provider, outcome, verdict, severity, reason, reference, "
    "asked_at, returned, available, truncated_by, evidence FROM answers ORDER BY step, answer, part",
    "remark": "SELECT step, about, kind, text FROM remarks ORDER BY step",
    "layout": "SELECT node, x, y, pinned, hidden, collapsed FROM layout ORDER BY node",
    "merge": "SELECT step, keep, gone, reason, undone_by FROM merges ORDER BY step",
}


def digest_lines(connection: Connection) -> Iterator[str]:
    """Everything that the graph is, in one order and one spelling, a line each."""
    for section, sql in _QUERIES.items():
        for row in connection.execute(sql):
            yield canonical_json([section, *row])


def digest(connection: Connection) -> str:
    """sha256 over the lines."""
    hasher = sha256()
    for line in digest_lines(connection):
        hasher.update(line.encode() + b"\n")
    return hasher.hexdigest()
