"""Schemas of logs: which events become rows of which views, and what the rows of a view say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from clew.logs.row_entities import RowSchema


@dataclass(frozen=True, slots=True)
class LogView:
    """What a row of one kind is about.

    Attributes:
        columns: their types are those of the vocabulary.
        rows: the entities that a row names, and how they are related.
        finish: SQL over all rows of the view, with `{rows}` for them.
    """

    name: str
    columns: tuple[str, ...]
    rows: RowSchema
    finish: str


@dataclass(frozen=True, slots=True)
class EventMap:
    """One kind of event as rows of one view.

    Attributes:
        dataset: what the kind is called in the column `dataset`.
        conditions: for a field of the header, the values that it may have, in any case; none of them for any value.
        columns: for a column of the view, the expression that makes it (`clew.logs.column_expressions`).
    """

    dataset: str
    view: str
    conditions: Mapping[str, tuple[str, ...]]
    columns: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LogSchema:
    """How the events of one family of logs are read.

    Attributes:
        name: that of its file.
        header: the fields of the event itself, which its maps recognise it by.
        paths: for each field, the dotted paths at which it may stand in a document, best first.
    """

    name: str
    header: tuple[str, ...]
    paths: Mapping[str, tuple[str, ...]]
    maps: tuple[EventMap, ...]

    def field_column(self, field: str) -> str:
        """What a field is called beside the fields of other schemas."""
        return f"{self.name}.{field}"


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
