"""Schemas of logs: which events become rows of which views, and what the rows of a view say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from clew.logs.column_rules import ColumnRule
from clew.logs.row_entities import RowSchema

#: What every view has: rows are put in order by them, and tell the raw event they were made from.
ORDER_COLUMNS = ("time", "source", "row")


@dataclass(frozen=True, slots=True)
class LogView:
    """What a row of one kind is about.

    Attributes:
        columns: their types are those of the vocabulary.
        working: columns that only `finish` sees.
        index: columns by whose values rows are looked up.
        rows: the entities that a row names, and how they are related.
        finish: SQL over all rows of the view, as `finish_sql` reads it; empty where they stay as they are.
    """

    name: str
    columns: tuple[str, ...]
    working: tuple[str, ...]
    index: tuple[str, ...]
    rows: RowSchema
    finish: str

    @property
    def cell_names(self) -> tuple[str, ...]:
        """The columns and working columns that a map fills: all but where the row came from."""
        return tuple(name for name in (*self.columns, *self.working) if name not in ("source", "row"))

    def finish_sql(self, tables: Mapping[str, str]) -> str:
        """The SELECT of all columns and working columns.

        In `finish`, `{rows}` is the table of what the maps made, `{view}` that of a view before this one,
        `{columns_of a}` all columns of a, and `{first_of a b}` for each column what a says, else what b says.

        Args:
            tables: how the tables are called, by `rows` and by the names of views.
        """
        names = (*self.columns, *self.working)

        def replace(match: re.Match[str]) -> str:
            word, *aliases = match[1].split()
            if word == "columns_of":
                return ", ".join(f"{aliases[0]}.{name}" for name in names)
            if word == "first_of":
                return ", ".join(
                    f"coalesce({', '.join(f'{alias}.{name}' for alias in aliases)}) AS {name}" for name in names
                )
            return tables[word]

        return re.sub(r"\{([a-z_]+(?: [a-z]+)*)\}", replace, self.finish)


@dataclass(frozen=True, slots=True)
class EventMap:
    """One kind of event as rows of one view.

    Attributes:
        dataset: what the kind is called in the column `dataset`.
        conditions: for a field of the header, the values that it may have, in lower case; none of them for any value.
        present: fields of which each has to be there.
        absent: fields of which none may be there.
        columns: for a column of the view, how it is made.
    """

    dataset: str
    view: str
    conditions: Mapping[str, tuple[str, ...]]
    present: tuple[str, ...]
    absent: tuple[str, ...]
    columns: Mapping[str, ColumnRule]


@dataclass(frozen=True, slots=True)
class LogSchema:
    """How the events of one family of logs are read.

    Attributes:
        name: that of its file.
        layouts: dotted paths at which the fields of an event may stand together, best first; "" for its top.
        header: for each field of the event itself, the dotted paths at which it may stand, best first.
        json_fields: fields that may hold JSON as text, which is read before anything else.
        message_fields: fields with a text of `Name: value` lines, read where an event has hardly another field.
        identify: the fields of the header by which an event is known to be of this family, of a view or not.
        kinds: for a kind of event that no view has, the fields by which it is known.
    """

    name: str
    layouts: tuple[str, ...]
    header: Mapping[str, tuple[str, ...]]
    identify: tuple[str, ...]
    json_fields: tuple[str, ...]
    message_fields: tuple[str, ...]
    maps: tuple[EventMap, ...]
    kinds: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])


@dataclass(frozen=True, slots=True)
class LogSchemas:
    """All views and schemas that are installed.

    Attributes:
        views: by name.
        version: changes when any of them changes.
    """

    views: Mapping[str, LogView]
    schemas: tuple[LogSchema, ...]
    version: str

    def with_first(self, schema: LogSchema) -> LogSchemas:
        """These and one more, which is asked first."""
        return replace(self, schemas=(schema, *self.schemas))

    def datasets(self, view: str) -> tuple[str, ...]:
        """What the logs are called that have rows of a view."""
        maps = (event_map for schema in self.schemas for event_map in schema.maps)
        return tuple(dict.fromkeys(event_map.dataset for event_map in maps if event_map.view == view))
