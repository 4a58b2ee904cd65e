"""Events to rows: which schemas know an event, and the rows of views that it becomes."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from clew.logs.cell_values import lower, yes
from clew.logs.column_rules import ColumnRule
from clew.logs.event_paths import Fields, named_values, nest, split_path, unwrap, value_at
from clew.logs.log_schemas import EventMap, LogSchema, LogSchemas, LogView

#: How many shapes and headers of events are remembered.
_MAX_MEMORY = 50_000
_MAX_LABEL_FIELDS = 12


class EventKind(StrEnum):
    """What became of an event. Each event is counted once."""

    IN_VIEWS = "in views"
    NO_TIME = "without a time"
    EMPTY = "empty in its view"
    NO_VIEW = "of no view"
    NO_LAYOUT = "of no known layout"
    DAMAGED = "damaged"


class MappedEvent(NamedTuple):
    """What an event became.

    Attributes:
        label: the views, separated by commas; else what kind of event it is, or which fields it has.
        rows: for each row, the view and the cells of its columns and working columns, but for `source` and `row`.
    """

    kind: EventKind
    label: str
    rows: tuple[tuple[str, list[Any]], ...] = ()


class EventMapper:
    """All schemas together, for the events of one log after the other."""

    def __init__(self, schemas: LogSchemas) -> None:
        self._schemas = [_SchemaMapper(schema, schemas.views) for schema in schemas.schemas]
        self._by_shape: dict[tuple[str, ...], list[_SchemaMapper]] = {}

    def map_event(self, fields: Fields) -> MappedEvent:
        """The rows of an event, and how it is counted."""
        fields = unwrap(fields)
        outcome = self._map(fields)
        if outcome is None and any("." in name for name in fields):
            outcome = self._map(nest(fields))
        if outcome is None:
            names = [*fields]
            ellipsis = ", ..." if len(names) > _MAX_LABEL_FIELDS else ""
            return MappedEvent(EventKind.NO_LAYOUT, ", ".join(map(str, names[:_MAX_LABEL_FIELDS])) + ellipsis)
        return outcome

    def _map(self, fields: Fields) -> MappedEvent | None:
        label = ""
        for schema in self._candidates(fields):
            header = schema.header(fields)
            maps = schema.matching_maps(header)
            if maps and (outcome := _map_rows(schema, maps, fields, header)) is not None:
                return outcome
            label = label or schema.label(header)
        return MappedEvent(EventKind.NO_VIEW, label) if label else None

    def _candidates(self, fields: Fields) -> list[_SchemaMapper]:
        shape = tuple(fields)
        candidates = self._by_shape.get(shape)
        if candidates is None:
            if len(self._by_shape) >= _MAX_MEMORY:
                self._by_shape.clear()
            tops = {name.split(".")[0] for name in fields} | {*fields}
            candidates = self._by_shape[shape] = [schema for schema in self._schemas if schema.may_know(tops)]
        return candidates


def _map_rows(
    schema: _SchemaMapper, maps: list[_MapPlan], fields: Fields, header: Mapping[str, Any]
) -> MappedEvent | None:
    data = schema.data(fields)
    rows = [(plan.view, plan.cells(data, header)) for plan in maps if plan.accepts(data, header)]
    if not rows:
        return None
    views = ", ".join(dict.fromkeys(view for view, _ in rows))
    plans = {plan.view: plan for plan in maps}
    filled_rows = tuple((view, cells) for view, cells in rows if plans[view].is_filled(cells))
    if not filled_rows:
        return MappedEvent(EventKind.EMPTY, views)
    has_time = all(cells[plans[view].time_index] is not None for view, cells in filled_rows)
    return MappedEvent(EventKind.IN_VIEWS if has_time else EventKind.NO_TIME, views, filled_rows)


class _SchemaMapper:
    def __init__(self, schema: LogSchema, views: Mapping[str, LogView]) -> None:
        self._schema = schema
        self._header = [(name, [(path, split_path(path)) for path in paths]) for name, paths in schema.header.items()]
        self._layouts = [(path, split_path(path)) for path in (layout.strip(".") for layout in schema.layouts)]
        self._plans = [_MapPlan(event_map, views[event_map.view], schema.header) for event_map in schema.maps]
        self._conditions = sorted({name for event_map in schema.maps for name in event_map.conditions})
        self._by_header: dict[tuple[Any, ...], list[_MapPlan]] = {}

    def may_know(self, tops: set[str]) -> bool:
        """Whether an event with these names at its top may be of this schema."""
        names = self._schema.identify or self._schema.header
        return any(keys[0] in tops for name, paths in self._header if name in names for _, keys in paths)

    def header(self, fields: Fields) -> dict[str, Any]:
        """The fields of the event itself."""
        header: dict[str, Any] = {}
        for name, paths in self._header:
            for path, keys in paths:
                value = value_at(fields, path, keys)
                if value is not None and value != "":
                    header[name] = value
                    break
        return header

    def label(self, header: Mapping[str, Any]) -> str:
        """What kind of event it is, for people; empty if it is none of this schema."""
        names = self._schema.identify
        if not names or any(name not in header for name in names):
            return ""
        return f"{self._schema.name}: {' '.join(lower(header[name]) or '-' for name in names)}"

    def matching_maps(self, header: Mapping[str, Any]) -> list[_MapPlan]:
        """The maps whose conditions on the header hold."""
        key = tuple(lower(header.get(name)) for name in self._conditions)
        plans = self._by_header.get(key)
        if plans is None:
            if len(self._by_header) >= _MAX_MEMORY:
                self._by_header.clear()
            values = dict(zip(self._conditions, key, strict=True))
            plans = self._by_header[key] = [plan for plan in self._plans if plan.matches(values)]
        return plans

    def data(self, fields: Fields) -> Fields:
        """The fields of its kind of event."""
        for path, keys in self._layouts:
            node = named_values(value_at(fields, path, keys)) if path else fields
            if node:
                return node
        return fields


class _MapPlan:
    """A map, made ready for many events."""

    def __init__(self, event_map: EventMap, view: LogView, header: Mapping[str, object]) -> None:
        self._map = event_map
        self.view = view.name
        names = view.cell_names
        self.time_index = names.index("time")
        self._columns: list[ColumnRule | None] = [
            ColumnRule(lower, (), default=event_map.dataset) if name == "dataset" else event_map.columns.get(name)
            for name in names
        ]
        self._header = frozenset(header)
        self._own_columns = [
            index for index, name in enumerate(names) if name in event_map.columns and name not in ("time", "host_name")
        ]

    def matches(self, values: Mapping[str, str | None]) -> bool:
        """Whether the conditions on the header hold."""
        for name, accepted_values in self._map.conditions.items():
            value = values[name]
            if value is None or not _is_accepted(value, accepted_values):
                return False
        return True

    def accepts(self, data: Fields, header: Mapping[str, Any]) -> bool:
        """Whether the fields are there that have to be, and no other."""
        return all(name in data or name in header for name in self._map.present) and not any(
            data.get(name) or header.get(name) for name in self._map.absent
        )

    def cells(self, data: Fields, header: Mapping[str, Any]) -> list[Any]:
        """The cells of the row."""
        cells: list[Any] = []
        for rule in self._columns:
            if rule is None:
                cells.append(None)
                continue
            cell = None
            fields = rule.fields
            if rule.flag and yes(data.get(rule.flag)) is False:
                fields = fields[1:]
            elif rule.flag:
                fields = fields[:1]
            for name in fields:
                value = header.get(name) if name in self._header else _field(data, name)
                if value is not None and (cell := rule.function(value)) is not None:
                    break
            cells.append(rule.translate(cell) if rule.values or not fields else cell)
        return cells

    def is_filled(self, cells: list[Any]) -> bool:
        """Whether any column of its own says something: a time and a host alone say nothing."""
        return not self._own_columns or any(cells[index] is not None for index in self._own_columns)


def _is_accepted(value: str, accepted_values: tuple[str, ...]) -> bool:
    if not accepted_values or value in accepted_values:
        return True
    return any(text.endswith("*") and value.startswith(text[:-1]) for text in accepted_values)


def _field(data: Fields, name: str) -> Any:
    value = data.get(name)
    return value_at(data, name, split_path(name)) if value is None and "." in name else value
