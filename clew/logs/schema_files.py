"""Schemas of logs as YAML files: those of clew, and those in the folders of other packages (`clew.log_schemas`).

A file has any of `views`; `layouts`, `header`, `identify`, `parse`, `messages`, `kinds` and `maps`; `queries`. Whatever
it names has to be there: columns in the vocabulary, makers, functions and relations in their tables. What is not is an
error with file and line.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from typing import NamedTuple, TypeVar

from clew.entities.vocabulary import VOCABULARY
from clew.errors import SettingsError
from clew.logs.column_rules import ColumnRule, read_column
from clew.logs.entity_parts import row_schema
from clew.logs.log_schemas import ORDER_COLUMNS, EventMap, LogSchema, LogSchemas, LogView
from clew.logs.pack_files import PackFile, PackNode, pack_files
from clew.plugins import PluginFailure

Result = TypeVar("Result")
_KEYS = ("views", "layouts", "header", "identify", "parse", "messages", "kinds", "maps", "queries")


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
    node.check_keys(("columns", "working", "index", "entities", "links", "finish"))
    if name in views:
        raise node.error(f"there is a view {name!r} already")
    columns, working = (_read_names(node, key) for key in ("columns", "working"))
    for column in node.children("index"):
        if column.text() not in columns:
            raise column.error(f"the view {name!r} has no column {column.text()!r}")
    index = tuple(column.text() for column in node.children("index"))
    for column_name in ORDER_COLUMNS:
        if column_name not in columns:
            raise node.error(f"the view {name!r} has no column {column_name!r}")
    finish = node.get("finish").text() if "finish" in node.keys else ""
    return LogView(name, columns, working, index, row_schema(node, columns), finish)


def _read_names(node: PackNode, key: str) -> tuple[str, ...]:
    column_nodes = node.children(key)
    for column in column_nodes:
        if column.text() not in VOCABULARY:
            raise column.error(f"no column {column.text()!r} is in the vocabulary")
    return tuple(column.text() for column in column_nodes)


def read_schema(file: PackFile, views: Mapping[str, LogView]) -> LogSchema:
    """The schema of a file, whose maps fill views that there are. Raises SettingsError."""
    root = file.root
    header = {name: tuple(path.text() for path in root.children("header", name)) for name in root.keys_of("header")}
    identify_nodes = root.children("identify")
    for node in identify_nodes:
        if node.text() not in header:
            raise node.error(f"the header has no field {node.text()!r}")
    maps = tuple(event_map for node in root.children("maps") for event_map in _read_maps(node, header, views))
    layouts = tuple(node.text() for node in root.children("layouts")) or ("",)
    identify, json_fields, message_fields = (
        tuple(node.text() for node in root.children(key)) for key in ("identify", "parse", "messages")
    )
    kinds = {name: tuple(field.text() for field in root.children("kinds", name)) for name in root.keys_of("kinds")}
    return LogSchema(file.schema_name, layouts, header, identify, json_fields, message_fields, maps, kinds)


def _read_maps(node: PackNode, header: Mapping[str, object], views: Mapping[str, LogView]) -> Iterator[EventMap]:
    """The maps of an entry: one for each way in which its events are recognised."""
    node.check_keys(("dataset", "view", "recognise", "columns"))
    view_node = node.get("view")
    view = views.get(view_node.text())
    if view is None:
        raise view_node.error(f"there is no view {view_node.text()!r}")
    columns = dict(_read_columns(node, view))
    recognise = node.get("recognise")
    ways = node.children("recognise") if isinstance(recognise.value, list) else (recognise,)
    if not ways:
        raise node.error("nothing says which events these are")
    for way in ways:
        yield _read_way(node, way, header, EventMap(node.get("dataset").text(), view.name, {}, (), (), columns))


def _read_way(node: PackNode, way: PackNode, header: Mapping[str, object], event_map: EventMap) -> EventMap:
    conditions: dict[str, tuple[str, ...]] = {}
    fields = {key: tuple(item.text() for item in way.children(key)) for key in ("present", "absent") if key in way.keys}
    for name in way.keys:
        if name in fields:
            continue
        if name not in header:
            raise way.get(name).error(f"the header has no field {name!r}")
        conditions[name] = tuple(value.text().lower() for value in way.children(name))
    if not conditions and not fields.get("present"):
        raise node.error("nothing says which events these are")
    present, absent = fields.get("present", ()), fields.get("absent", ())
    return dataclasses.replace(event_map, conditions=conditions, present=present, absent=absent)


def _read_columns(node: PackNode, view: LogView) -> Iterator[tuple[str, ColumnRule]]:
    for name, rule in node.items("columns"):
        if name not in (*view.columns, *view.working):
            raise rule.error(f"the view {view.name!r} has no column {name!r}")
        column, expected_type = read_column(rule), VOCABULARY[name].type
        if wrong_types := sorted(item.__name__ for item in column.types if item is not expected_type):
            raise rule.error(f"{name} is {expected_type.__name__}, and not {', '.join(wrong_types)}")
        yield name, column
