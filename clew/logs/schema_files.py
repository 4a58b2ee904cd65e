"""Schemas of logs as YAML files: those of clew, and those in the folders of other packages (`clew.log_schemas`).

A file has any of `views`; `layouts`, `header` and `maps`; and `queries`. Whatever it names has to be there: columns in
the vocabulary, makers, functions and relations in their tables. What is not is an error with file and line.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from typing import NamedTuple, TypeVar

from clew.entities.vocabulary import VOCABULARY
from clew.errors import QueryError, SettingsError
from clew.logs.column_expressions import column_sql, expression_fields
from clew.logs.entity_parts import row_schema
from clew.logs.log_schemas import EventMap, LogSchema, LogSchemas, LogView
from clew.logs.pack_files import PackFile, PackNode, pack_files
from clew.plugins import PluginFailure

Result = TypeVar("Result")
_KEYS = ("views", "layouts", "header", "maps", "queries")
#: What every view has: rows are put in order by them, and tell the raw event they were made from.
ORDER_COLUMNS = ("time", "source", "row")


class SchemaTable(NamedTuple):
    """The schemas, and the plug-ins that have a file which cannot be used."""

    schemas: LogSchemas
    failures: tuple[PluginFailure, ...]


def load_schemas() -> LogSchemas:
    """All views and schemas that are installed. Raises SettingsError for a file of clew's own that is wrong."""
    return schema_table().schemas


@functools.cache
def schema_table() -> SchemaTable:
    """The same with what of other packages cannot be used."""
    packs = pack_files()
    failures = [*packs.failures]
    views: dict[str, LogView] = {}
    for new_views in read_files(packs.files, lambda file: read_views(file, views), failures):
        views.update(new_views)
    schemas = tuple(read_files(packs.files, lambda file: read_schema(file, views), failures))
    texts = [f"{file.name}\0{file.text}" for file in packs.files if {"views", "maps"} & {*file.root.keys}]
    digest = sha256("\0".join(texts).encode())
    found_schemas = tuple(schema for schema in schemas if schema.maps)
    return SchemaTable(LogSchemas(views, found_schemas, digest.hexdigest()), tuple(failures))


def read_files(
    files: tuple[PackFile, ...], read: Callable[[PackFile], Result], failures: list[PluginFailure]
) -> Iterator[Result]:
    """What is read of each file. One of another package that is wrong is left out, and is among the failures."""
    for file in files:
        try:
            yield read(file)
        except SettingsError as error:
            if file.plugin is None:
                raise
            failures.append(PluginFailure(file.plugin, f"{error.message} ({error.location})"))


def read_views(file: PackFile, views: Mapping[str, LogView]) -> dict[str, LogView]:
    """The views of a file, by name, beside those that there are. Raises SettingsError."""
    file.root.check_keys(_KEYS)
    return {name: _read_view(name, node, views) for name, node in file.root.items("views")}


def _read_view(name: str, node: PackNode, views: Mapping[str, LogView]) -> LogView:
    node.check_keys(("columns", "entities", "links", "finish"))
    if name in views:
        raise node.error(f"there is a view {name!r} already")
    column_nodes = node.children("columns")
    for column in column_nodes:
        if column.text() not in VOCABULARY:
            raise column.error(f"no column {column.text()!r} is in the vocabulary")
    columns = tuple(column.text() for column in column_nodes)
    for column_name in ORDER_COLUMNS:
        if column_name not in columns:
            raise node.error(f"the view {name!r} has no column {column_name!r}")
    finish = node.get("finish").text() if "finish" in node.keys else "SELECT * FROM {rows}"
    return LogView(name, columns, row_schema(node, columns), finish)


def read_schema(file: PackFile, views: Mapping[str, LogView]) -> LogSchema:
    """The schema of a file, whose maps fill views that there are. Raises SettingsError."""
    header = {
        name: tuple(path.text() for path in file.root.children("header", name)) for name in file.root.keys_of("header")
    }
    maps = tuple(_read_map(node, header, views) for node in file.root.children("maps"))
    layouts = [node.text() for node in file.root.children("layouts")] or [""]
    paths = dict(header)
    fields: dict[str, str] = {}
    for field in dict.fromkeys(_data_fields(maps, header)):
        # The engine's names have no case: ProcessId and ProcessID are one column, with the paths of both.
        name = fields.setdefault(field.lower(), field)
        paths[name] = (*paths.get(name, ()), *(prefix + field for prefix in layouts))
    return LogSchema(file.schema_name, tuple(header), paths, maps)


def _data_fields(maps: tuple[EventMap, ...], header: Mapping[str, object]) -> Iterator[str]:
    for event_map in maps:
        for expression in event_map.columns.values():
            yield from (field for field in expression_fields(expression) if field not in header)


def _read_map(node: PackNode, header: Mapping[str, object], views: Mapping[str, LogView]) -> EventMap:
    node.check_keys(("dataset", "view", "recognise", "columns"))
    view_node = node.get("view")
    view = views.get(view_node.text())
    if view is None:
        raise view_node.error(f"there is no view {view_node.text()!r}")
    conditions: dict[str, tuple[str, ...]] = {}
    for name in node.keys_of("recognise"):
        if name not in header:
            raise node.get("recognise", name).error(f"the header has no field {name!r}")
        conditions[name] = tuple(value.text() for value in node.children("recognise", name))
    if not conditions:
        raise node.error("nothing says which events these are")
    columns = dict(_read_columns(node, view))
    return EventMap(node.get("dataset").text(), view.name, conditions, columns)


def _read_columns(node: PackNode, view: LogView) -> Iterator[tuple[str, str]]:
    for name, expression in node.items("columns"):
        if name not in view.columns:
            raise expression.error(f"the view {view.name!r} has no column {name!r}")
        try:
            column_sql(expression.text(), expression.location)
        except QueryError as error:
            raise expression.error(f"{error.message}; {error.next_step}") from None
        yield name, expression.text()
