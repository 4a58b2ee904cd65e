"""Field maps: from the fields of raw events to the views that queries read."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from typing import Any

from clew.logs.column_expressions import column_sql, expression_fields, quote_identifier

#: The SQL type of a column that is not text.
_TYPES = {
    "time": "TIMESTAMP",
    "process_started": "TIMESTAMP",
    "parent_started": "TIMESTAMP",
    "process_pid": "BIGINT",
    "parent_pid": "BIGINT",
    "target_pid": "BIGINT",
    "logon_type": "BIGINT",
    "source_port": "BIGINT",
    "local_port": "BIGINT",
    "peer_port": "BIGINT",
    "initiated": "BOOLEAN",
    "row": "BIGINT",
}


@dataclass(frozen=True, slots=True)
class FieldMap:
    """One kind of event as rows of one view."""

    dataset: str
    view: str
    channel: str
    codes: tuple[str, ...]
    columns: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class FieldMaps:
    """All maps that came with clew.

    Attributes:
        paths: for each field, the JSON paths at which it may stand, best first.
        views: the columns of each view.
        finish: SQL over all rows of a view, with `{rows}` for them.
        version: changes when any map changes.
    """

    paths: Mapping[str, tuple[str, ...]]
    views: Mapping[str, tuple[str, ...]]
    maps: tuple[FieldMap, ...]
    finish: Mapping[str, str]
    version: str

    def view_sql(self, view: str) -> str:
        """A SELECT that makes the rows of a view out of the table `events`."""
        selects = [self._map_sql(field_map) for field_map in self.maps if field_map.view == view]
        rows = f"({' UNION ALL '.join(selects)})"
        return self.finish.get(view, "SELECT * FROM {rows}").replace("{rows}", rows)

    def _map_sql(self, field_map: FieldMap) -> str:
        def column(name: str) -> str:
            kind = _TYPES.get(name, "VARCHAR")
            if name in ("source", "row"):
                sql = name
            elif name == "dataset":
                sql = f"'{field_map.dataset}'"
            elif name in field_map.columns:
                sql = column_sql(field_map.columns[name], f"{field_map.dataset} {name}")
            else:
                sql = "NULL"
            return f"CAST({sql} AS {kind}) AS {quote_identifier(name)}"

        codes = ", ".join(f"'{code}'" for code in field_map.codes)
        selection = ", ".join(column(name) for name in self.views[field_map.view])
        return (
            f'SELECT {selection} FROM events WHERE "code" IN ({codes}) AND lower("channel") = \'{field_map.channel}\''
        )


@functools.cache
def load_field_maps() -> FieldMaps:
    """The maps in `clew/logs/maps`."""
    # Loaded here: who asks no logs needs no YAML.
    from clew.yaml_files import read_yaml

    folder = files("clew.logs") / "maps"
    text = (folder / "windows.yaml").read_text("utf-8")
    content: dict[str, Any] = read_yaml(text, "windows.yaml")
    maps = tuple(
        FieldMap(item["dataset"], item["view"], item["channel"], tuple(item["codes"]), item["columns"])
        for item in content["maps"]
    )
    header: dict[str, list[str]] = content["header"]
    paths = {name: tuple(f"$.{_quote_path(path)}" for path in dotted_paths) for name, dotted_paths in header.items()}
    columns: dict[str, str] = {}
    for field in dict.fromkeys(_data_fields(maps, header)):
        # The engine's names have no case: ProcessId and ProcessID are one column, with the paths of both.
        name = columns.setdefault(field.lower(), field)
        json_paths = (f"$.{_quote_path(prefix + field)}" for prefix in content["layouts"])
        paths[name] = (*paths.get(name, ()), *json_paths)
    views = {name: tuple(view["columns"]) for name, view in content["views"].items()}
    return FieldMaps(paths, views, maps, content["finish"], sha256(text.encode()).hexdigest())


def _data_fields(maps: tuple[FieldMap, ...], header: Mapping[str, object]) -> Iterator[str]:
    for field_map in maps:
        for expression in field_map.columns.values():
            yield from (field for field in expression_fields(expression) if field not in header)


def _quote_path(path: str) -> str:
    """A dotted path with every part quoted, as DuckDB's JSON paths want it."""
    return ".".join(f'"{part}"' for part in path.split("."))
