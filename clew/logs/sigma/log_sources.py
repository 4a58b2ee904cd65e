"""Which events a rule is about: the table of log sources, and the names that fields have in them."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from clew.logs.cell_values import lower
from clew.logs.event_mapper import LocatedEvent
from clew.logs.event_paths import split_path, value_at
from clew.logs.sigma.event_fields import TRANSLATING, FieldNames
from clew.logs.sigma.literals import Clauses, any_of, event_id_clauses, text_clauses
from clew.yaml_files import read_yaml

NO_NAMES: FieldNames = {}


@dataclass(frozen=True, slots=True)
class LogSourceEntry:
    """One kind of events.

    Attributes:
        product, category, service: those of rules that are about it; empty where it does not matter.
        names: the table of names; empty where fields are called as in the event.
    """

    product: str
    category: str
    service: str
    schema: tuple[str, ...]
    channel: tuple[str, ...]
    code: tuple[str, ...]
    present: tuple[str, ...]
    names: str

    def accepts(self, event: LocatedEvent) -> bool:
        """Whether an event is of this kind."""
        if self.schema and event.schema not in self.schema:
            return False
        if self.channel and not _is_one(lower(event.header.get("channel")) or "", self.channel):
            return False
        if self.code and (lower(event.header.get("code")) or "") not in self.code:
            return False
        return all(_has(event, name) for name in self.present)

    @property
    def clauses(self) -> Clauses:
        """What every such event holds in its raw text."""
        channels = any_of([text_clauses(channel.removesuffix("*")) for channel in self.channel])
        codes = any_of([event_id_clauses(int(code)) for code in self.code])
        return (*channels, *codes)


def _is_one(text: str, patterns: tuple[str, ...]) -> bool:
    return any(text.startswith(item[:-1]) if item.endswith("*") else text == item for item in patterns)


def _has(event: LocatedEvent, name: str) -> bool:
    keys = split_path(name)
    return value_at(event.data, name, keys) is not None or value_at(event.fields, name, keys) is not None


@dataclass(frozen=True, slots=True)
class LogSourceTable:
    """All entries, and the tables of names.

    Attributes:
        translated_names: names whose values are spelled otherwise in the event.
    """

    entries: tuple[LogSourceEntry, ...]
    names: Mapping[str, FieldNames]
    translated_names: frozenset[str]

    def kinds(self, product: str, category: str, service: str) -> tuple[tuple[LogSourceEntry, ...], ...]:
        """The kinds of events that a rule is about: of one of them, all entries have to accept an event.

        Nothing where the table does not have the log source.
        """
        return tuple(self._kinds(product.lower(), category.lower(), service.lower()))

    def _kinds(self, product: str, category: str, service: str) -> Iterator[tuple[LogSourceEntry, ...]]:
        entries = [entry for entry in self.entries if not product or not entry.product or entry.product == product]
        if not category and not service:
            yield from ((entry,) for entry in entries if not entry.category and not entry.service)
            return
        exact_entries = [
            entry
            for entry in entries
            if category and service and (entry.category, entry.service) == (category, service)
        ]
        if exact_entries or not category or not service:
            yield from (
                (entry,) for entry in exact_entries or entries if (entry.category, entry.service) == (category, service)
            )
            return
        for first in entries:
            for second in entries:
                if (
                    (first.category, second.service) == (category, service)
                    and not first.service
                    and not second.category
                ):
                    yield first, second


@functools.cache
def log_source_table() -> LogSourceTable:
    """The table of clew. Raises SettingsError where it is wrong."""
    text = files("clew.logs.sigma").joinpath("log_sources.yaml").read_text("utf-8")
    document: dict[str, Any] = read_yaml(text, "log_sources.yaml")
    names = {name: _field_names(table) for name, table in document["names"].items()}
    translated_names = {
        field for table in names.values() for field, (function, _) in table.items() if function in TRANSLATING
    }
    return LogSourceTable(tuple(map(_entry, document["sources"])), names, frozenset(translated_names))


def _field_names(table: Mapping[str, str]) -> FieldNames:
    words = {name: rule.split() for name, rule in table.items()}
    return {name: (function, tuple(fields)) for name, (function, *fields) in words.items()}


def _entry(item: Mapping[str, Any]) -> LogSourceEntry:
    def values(key: str) -> tuple[str, ...]:
        return tuple(map(str, item.get(key, ())))

    def word(key: str) -> str:
        return str(item.get(key, ""))

    lists = values("schema"), values("channel"), values("code"), values("present")
    return LogSourceEntry(word("product"), word("category"), word("service"), *lists, word("names"))
