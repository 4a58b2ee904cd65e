"""Results of osquery that hold many rows: a snapshot, or what was added and removed since the last run.

Each row becomes a result of its own, as `--logger_event_type=true` writes them: `columns` with its `action`.
See https://osquery.readthedocs.io/en/stable/deployment/logging/ for the three shapes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

_BATCHES = ("snapshot", "diffResults")


def batch_rows(document: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """A result for each row of a batch; None for what is no batch of osquery, or has no rows."""
    key = next((name for name in _BATCHES if name in document), "")
    if not key or "name" not in document:
        return None
    header = {name: value for name, value in document.items() if name != key}
    rows = [{**header, "columns": row, "action": action} for action, row in _rows(key, document[key])]
    return rows or None


def _rows(key: str, content: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    groups = {"snapshot": content} if key == "snapshot" else content
    if not isinstance(groups, dict):
        return
    for action, rows in cast("dict[str, Any]", groups).items():
        items: list[Any] = cast("Any", rows) if isinstance(rows, list) else []
        yield from ((action, cast("dict[str, Any]", row)) for row in items if isinstance(row, dict))
