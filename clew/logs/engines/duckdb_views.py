"""The rows of the views, as SQL over the table of events: a column for each field of each schema."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from clew.entities.vocabulary import VOCABULARY
from clew.logs.column_expressions import Sql, column_sql
from clew.logs.dialects import CANONICAL
from clew.logs.log_schemas import EventMap, LogSchema, LogSchemas, LogView

_TYPES: Mapping[type, str] = MappingProxyType(
    {str: "VARCHAR", int: "BIGINT", float: "DOUBLE", bool: "BOOLEAN", datetime: "TIMESTAMP"}
)


def field_paths(schemas: LogSchemas) -> dict[str, tuple[str, ...]]:
    """For each column of the table of events, the JSON paths at which its field may stand, best first."""
    return {
        schema.field_column(field): tuple(f"$.{_quote_path(path)}" for path in paths)
        for schema in schemas.schemas
        for field, paths in schema.paths.items()
    }


def _quote_path(path: str) -> str:
    return ".".join(f'"{part}"' for part in path.split("."))


def view_sql(schemas: LogSchemas, view: LogView) -> Sql:
    """A SELECT that makes the rows of a view out of the table `events`."""
    selects = [
        _map_sql(schema, event_map, view)
        for schema in schemas.schemas
        for event_map in schema.maps
        if event_map.view == view.name
    ]
    return view.finish.replace("{rows}", f"({' UNION ALL '.join(selects or [_no_rows_sql(view)])})")


def host_names_sql(schemas: LogSchemas) -> Sql:
    """A SELECT of the names that machines have in the events."""
    columns = [schema.field_column("host") for schema in schemas.schemas if "host" in schema.header]
    selects = [f"SELECT {CANONICAL.quote(column)} AS name FROM events" for column in columns]
    names = " UNION ALL ".join(selects or ["SELECT NULL AS name"])
    return f"SELECT DISTINCT lower(name) AS name FROM ({names}) WHERE name IS NOT NULL"


def _no_rows_sql(view: LogView) -> Sql:
    columns = ", ".join(_typed_column(name, "NULL") for name in view.columns)
    return f"SELECT {columns} WHERE false"


def _map_sql(schema: LogSchema, event_map: EventMap, view: LogView) -> Sql:
    def quote_field(field: str) -> Sql:
        return CANONICAL.quote(schema.field_column(field))

    def column(name: str) -> Sql:
        if name in ("source", "row"):
            return _typed_column(name, name)
        if name == "dataset":
            return _typed_column(name, _quote_text(event_map.dataset))
        expression = event_map.columns.get(name)
        sql = column_sql(expression, f"{schema.name} {name}", quote_field) if expression else "NULL"
        return _typed_column(name, sql)

    conditions = " AND ".join(
        _condition_sql(quote_field(name), values) for name, values in event_map.conditions.items()
    )
    return f"SELECT {', '.join(map(column, view.columns))} FROM events WHERE {conditions}"


def _typed_column(name: str, sql: Sql) -> Sql:
    return f"CAST({sql} AS {_TYPES[VOCABULARY[name].type]}) AS {CANONICAL.quote(name)}"


def _condition_sql(field: Sql, values: tuple[str, ...]) -> Sql:
    if not values:
        return f"{field} IS NOT NULL"
    return f"lower({field}) IN ({', '.join(_quote_text(value.lower()) for value in values)})"


def _quote_text(text: str) -> Sql:
    return "'" + text.replace("'", "''") + "'"
