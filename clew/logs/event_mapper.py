"""Events to rows: which schemas know an event, and the rows of views that it becomes."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from clew.logs.cell_values import CellFunction, lower, yes
from clew.logs.column_rules import ColumnRule
from clew.logs.event_paths import Fields, message_fields, named_values, nest, split_path, text_object, unwrap, value_at
from clew.logs.log_schemas import EventMap, LogSchema, LogSchemas, LogView

#: How many shapes and headers of events are remembered.
_MAX_MEMORY = 50_000
_MAX_LABEL_FIELDS = 12
#: With fewer fields of its own than this, an event says what happened in its message, if anywhere.
_FEW_FIELDS = 3


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


class LocatedEvent(NamedTuple):
    """Where the parts of an event stand, whatever exporter wrote it.

    Attributes:
        schema: the name of the schema that knows it; empty where none does.
        header: the fields of the event itself, by the names of the schema.
        data: the fields of its kind of event.
        fields: all of it, without what an exporter wrapped around it.
    """

    schema: str
    header: Mapping[str, Any]
    data: Fields
    fields: Fields


class EventMapper:
    """All schemas together, for the events of one log after the other."""

    def __init__(self, schemas: LogSchemas) -> None:
        self._schemas = [_SchemaMapper(schema, schemas.views) for schema in schemas.schemas]
        self._by_shape: dict[tuple[str, ...], list[_ShapePlan]] = {}

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

    def locate(self, fields: Fields) -> LocatedEvent:
        """The header and the data of an event, as the schema that knows it finds them; of no view too."""
        fields = unwrap(fields)
        located_event = self._locate(fields)
        if located_event is None and any("." in name for name in fields):
            located_event = self._locate(nest(fields))
        return located_event or LocatedEvent("", {}, fields, fields)

    def _locate(self, fields: Fields) -> LocatedEvent | None:
        shape = tuple(fields)
        best: tuple[int, bool, int] = (0, False, 0)
        located_event: LocatedEvent | None = None
        for plan in self._by_shape.get(shape) or self._plan(shape):
            header = plan.header(fields)
            # Several schemas may know an event by its host alone: who knows it by most fields is right.
            rank = len(plan.schema.identify) if plan.schema.is_identified(header) else 0
            score = (rank, bool(plan.schema.matching_maps(header)), len(header))
            if (rank or score[1]) and score > best:
                best, located_event = score, LocatedEvent(plan.schema.name, header, plan.data(fields), fields)
        return located_event

    def _map(self, fields: Fields) -> MappedEvent | None:
        label = ""
        shape = tuple(fields)
        plans = self._by_shape.get(shape)
        if plans is None:
            plans = self._plan(shape)
        for plan in plans:
            all_fields = plan.read_texts(fields)
            header = plan.header(all_fields)
            maps = plan.schema.matching_maps(header)
            if maps and (outcome := _map_rows(maps, plan.data(all_fields), header)) is not None:
                return outcome
            label = label or plan.schema.label(header) or plan.kind
        return MappedEvent(EventKind.NO_VIEW, label) if label else None

    def _plan(self, shape: tuple[str, ...]) -> list[_ShapePlan]:
        if len(self._by_shape) >= _MAX_MEMORY:
            self._by_shape.clear()
        names = {*shape}
        plans = [_ShapePlan(schema, names) for schema in self._schemas]
        self._by_shape[shape] = [plan for plan in plans if plan.is_possible]
        return self._by_shape[shape]


def _map_rows(maps: list[_MapPlan], data: Fields, header: Mapping[str, Any]) -> MappedEvent | None:
    plans = [plan for plan in maps if plan.is_unconditional or plan.accepts(data, header)]
    if len(plans) > 1:  # what is recognised in two ways is one row
        plans = [*{plan.entry: plan for plan in plans}.values()]
    rows = [(plan, plan.cells(data, header)) for plan in plans]
    if not rows:
        return None
    views = rows[0][0].view if len(rows) == 1 else ", ".join(dict.fromkeys(plan.view for plan, _ in rows))
    filled_rows = [(plan, cells) for plan, cells in rows if plan.is_filled(cells)]
    if not filled_rows:
        return MappedEvent(EventKind.EMPTY, views)
    has_time = all(cells[plan.time_index] is not None for plan, cells in filled_rows)
    kind = EventKind.IN_VIEWS if has_time else EventKind.NO_TIME
    return MappedEvent(kind, views, tuple((plan.view, cells) for plan, cells in filled_rows))


class _Path(NamedTuple):
    """A dotted path, and its keys one below the other."""

    text: str
    keys: tuple[str, ...]


class _ShapePlan:
    """Where the fields of a schema can stand in events with the same names at their top."""

    def __init__(self, schema: _SchemaMapper, names: set[str]) -> None:
        def is_there(path: _Path) -> bool:
            return path.text in names or path.keys[0] in names

        self.schema = schema
        # Elasticsearch's `winlog.event_data.Image` as one name: then the layout stands nowhere as an object.
        self._is_dotted = any(
            name.startswith(f"{path.text}.") for path in schema.layouts if path.text for name in names
        )
        if self._is_dotted:
            names = names | {name.partition(".")[0] for name in names}
        kinds = (kind for kind, fields in schema.kinds.items() if names.issuperset(fields))
        self.kind = next(kinds, "")
        paths = [(name, [path for path in paths if is_there(path)]) for name, paths in schema.header.items()]
        self._header = [(name, candidates) for name, candidates in paths if candidates]
        self._texts = [name for name in schema.json_fields if name in names]
        has_few_fields = len(names & schema.data_fields) < _FEW_FIELDS
        self._messages = schema.message_fields & names if has_few_fields else frozenset[str]()
        self._layouts = [path for path in schema.layouts if not path.text or is_there(path)]
        needed_names = schema.identify or (*schema.header,)
        is_present = any(names.issuperset(fields) for fields in schema.present_fields)
        self.is_possible = is_present or bool(self.kind) or any(name in needed_names for name, _ in self._header)

    def read_texts(self, fields: Fields) -> Fields:
        """The fields, with those that are texts of fields taken apart."""
        if self._is_dotted:
            fields = {**fields, **nest(fields)}
        if not self._texts and not self._messages:
            return fields
        extra_fields: dict[str, Any] = {}
        for name in self._texts:
            extra_fields[name] = text_object(fields.get(name))
        for name in self._messages:
            extra_fields |= message_fields(fields.get(name))
        return {**fields, **extra_fields}

    def header(self, fields: Fields) -> dict[str, Any]:
        """The fields of the event itself."""
        header: dict[str, Any] = {}
        for name, paths in self._header:
            for path, keys in paths:
                value = fields.get(path)
                if value is None and len(keys) > 1:
                    value = value_at(fields, path, keys)
                if value is not None and value != "":
                    header[name] = value
                    break
        return header

    def data(self, fields: Fields) -> Fields:
        """The fields of its kind of event."""
        for path, keys in self._layouts:
            if not path:
                return fields
            node = named_values(value_at(fields, path, keys))
            if node:
                return node
        return fields


class _SchemaMapper:
    def __init__(self, schema: LogSchema, views: Mapping[str, LogView]) -> None:
        self.name = schema.name
        self.identify = schema.identify
        self.json_fields = schema.json_fields
        self.message_fields = frozenset(schema.message_fields)
        rules = [rule for event_map in schema.maps for rule in event_map.columns.values()]
        self.data_fields = {name for rule in rules for name in rule.fields if name not in schema.header}
        self.present_fields = {event_map.present for event_map in schema.maps if event_map.present}
        self.kinds = {f"{schema.name}: {kind}": fields for kind, fields in schema.kinds.items()}
        self.header = {name: [_Path(path, split_path(path)) for path in paths] for name, paths in schema.header.items()}
        self.layouts = [_Path(path, split_path(path)) for path in (layout.strip(".") for layout in schema.layouts)]
        self._plans = [_MapPlan(event_map, views[event_map.view], schema.header) for event_map in schema.maps]
        self._conditions = sorted({name for event_map in schema.maps for name in event_map.conditions})
        self._by_header: dict[tuple[Any, ...], list[_MapPlan]] = {}

    def is_identified(self, header: Mapping[str, Any]) -> bool:
        """Whether it is an event of this schema, of a view or not."""
        return bool(self.identify) and all(name in header for name in self.identify)

    def label(self, header: Mapping[str, Any]) -> str:
        """What kind of event it is, for people; empty if it is none of this schema."""
        if not self.is_identified(header):
            return ""
        return f"{self.name}: {' '.join(lower(header[name]) or '-' for name in self.identify)}"

    def matching_maps(self, header: Mapping[str, Any]) -> list[_MapPlan]:
        """The maps whose conditions on the header hold."""
        key = tuple([header.get(name) for name in self._conditions])
        try:
            plans = self._by_header.get(key)
        except TypeError:  # a value that is an object
            key = tuple([lower(value) for value in key])
            plans = self._by_header.get(key)
        if plans is None:
            if len(self._by_header) >= _MAX_MEMORY:
                self._by_header.clear()
            values = {name: _condition_text(value) for name, value in zip(self._conditions, key, strict=True)}
            plans = self._by_header[key] = [plan for plan in self._plans if plan.matches(values)]
        return plans


class _Column(NamedTuple):
    """A column, made ready: mostly its first field makes the cell, and the others are not looked at.

    Attributes:
        function: makes the cell; None where there is nothing to make it of.
        is_header: whether the first field is one of the header.
        rule: what is followed where the first field alone does not do; None where it is all there is.
        constant: the cell without a function.
    """

    function: CellFunction | None
    field: str
    is_header: bool
    rule: ColumnRule | None
    constant: Any = None


def _condition_text(value: Any) -> str | None:
    """What conditions compare; a number that a table made a float of is the number."""
    cell = lower(value)
    return cell[:-2] if cell and cell.endswith(".0") and cell[:-2].isdigit() else cell


class _MapPlan:
    """A map, made ready for many events."""

    def __init__(self, event_map: EventMap, view: LogView, header: Mapping[str, object]) -> None:
        self._map = event_map
        self.entry = id(event_map.columns)  # the maps of one entry of a schema share them
        self.view = view.name
        names = view.cell_names
        self.time_index = names.index("time")
        self.is_unconditional = not event_map.present and not event_map.absent
        self._header = frozenset(header)
        self._columns = [
            _Column(None, "", False, None, event_map.dataset)  # noqa: FBT003 - not of the header
            if name == "dataset"
            else self._column(event_map.columns.get(name))
            for name in names
        ]
        self._own_columns = [
            index for index, name in enumerate(names) if name in event_map.columns and name not in ("time", "host_name")
        ]

    def _column(self, rule: ColumnRule | None) -> _Column:
        if rule is None or not rule.fields:
            return _Column(None, "", False, None, rule.default if rule else None)  # noqa: FBT003
        field = rule.fields[0]
        is_simple = len(rule.fields) == 1 and not rule.values and "." not in field
        function = None if rule.values or rule.flag else rule.function
        return _Column(function, field, field in self._header, None if is_simple else rule)

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
        for function, field, is_header, rule, constant in self._columns:
            cell = constant
            if function is not None:
                value = header.get(field) if is_header else data.get(field)
                if value is not None:
                    cell = function(value)
            if cell is None and rule is not None:
                cell = self._ruled_cell(rule, data, header)
            cells.append(cell)
        return cells

    def _ruled_cell(self, rule: ColumnRule, data: Fields, header: Mapping[str, Any]) -> Any:
        fields = rule.fields
        if rule.flag:
            fields = fields[1:] if yes(data.get(rule.flag)) is False else fields[:1]
        cell = None
        for name in fields:
            value = header.get(name) if name in self._header else _field(data, name)
            if value is not None and (cell := rule.function(value)) is not None:
                break
        return rule.translate(cell)

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
