"""The tables of a case with the keys of nodes in the place of their numbers."""

from __future__ import annotations

from clew.graph.projection.verdict import ANSWERS_OF_SOURCES, COUNTED_VERDICT
from clew.sqlite import Connection

_VIEWS = (
    "CREATE TEMP VIEW said AS SELECT c.id, s.key AS source, c.relation, t.key AS target, o.step, o.provider, o.pivot, "
    "o.asked_at, o.evidence, c.pointers, c.observed_first, c.observed_last, c.inferred, "
    "coalesce(nullif(c.said_source, ''), s.key) AS said_source, "
    "coalesce(nullif(c.said_target, ''), t.key) AS said_target "
    "FROM main.claims c JOIN main.nodes s ON s.id = c.source JOIN main.nodes t ON t.id = c.target "
    "JOIN main.origins o ON o.id = c.origin",
    "CREATE TEMP VIEW answers AS SELECT f.step, f.answer, f.part, n.key AS subject, f.pivot, f.provider, f.outcome, "  # noqa: S608 - constants of ours
    "f.verdict, f.severity, f.reason, f.reference, f.asked_at, f.returned, f.available, f.truncated_by, f.evidence, "
    f"{COUNTED_VERDICT} AS counted "
    f"FROM main.{ANSWERS_OF_SOURCES} JOIN main.nodes n ON n.id = f.subject",
    "CREATE TEMP VIEW names AS SELECT key AS alias, id AS node FROM main.nodes UNION ALL SELECT alias, node FROM "
    "main.aliases",
)


def create_key_views(connection: Connection) -> None:
    """Make the views `said`, `answers` and `names`. They belong to the connection, never to the file."""
    for view in _VIEWS:
        connection.execute(view)
