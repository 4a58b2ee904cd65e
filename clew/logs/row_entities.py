"""Rows to entities: which columns of a log view make which entity, and how the entities of one row are related."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from clew.entities.entity import Entity
from clew.entities.finding import Link, Relation
from clew.entities.key import Key
from clew.errors import EntityError

Cells = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class EntityRule:
    """One entity of a row: the columns it is made from, and how. A row that lacks it gives None."""

    columns: tuple[str, ...]
    make: Callable[..., Entity | None]


@dataclass(frozen=True, slots=True)
class RowSchema:
    """What a row of one view says.

    Attributes:
        entities: the entities, by the name that `links` uses.
        links: source part, relation, target part; said only where both parts are there.
    """

    entities: Mapping[str, EntityRule]
    links: tuple[tuple[str, Relation, str], ...]


class RowLinks(NamedTuple):
    """What rows say: the links, in the order in which they were first said, and how many cells made no entity."""

    links: tuple[Link, ...]
    failure_count: int


@dataclass(slots=True)
class _Observation:
    """The rows that say one thing."""

    source: Entity
    target: Entity
    pointers: list[str] = field(default_factory=list[str])
    times: list[datetime] = field(default_factory=list[datetime])


def map_rows(schema: RowSchema, columns: Sequence[str], rows: Sequence[Cells]) -> RowLinks:
    """What the rows of a view say, one link for each distinct statement, with pointers to all of its rows.

    A cell that is no entity (a damaged address, an impossible name) costs that entity in that row. Rows that were
    recorded when the view had fewer columns name the entities of those.
    """
    index = {name: position for position, name in enumerate(columns)}
    picks = {
        name: tuple(index[column] for column in rule.columns)
        for name, rule in schema.entities.items()
        if index.keys() >= {*rule.columns}
    }
    time_index = index["time"]
    entity_cache: dict[tuple[str, Cells], tuple[Key, Entity] | None] = {}
    observations: dict[tuple[Key, Relation, Key], _Observation] = {}
    failure_count = 0
    for number, row in enumerate(rows):
        entities: dict[str, tuple[Key, Entity] | None] = {}
        for name, positions in picks.items():
            cells = tuple(row[position] for position in positions)
            if (name, cells) not in entity_cache:
                entity, failures = _make(schema.entities[name], cells)
                entity_cache[name, cells] = None if entity is None else (entity.key, entity)
                failure_count += failures
            entities[name] = entity_cache[name, cells]
        for source_name, relation, target_name in schema.links:
            source, target = entities.get(source_name), entities.get(target_name)
            if source is not None and target is not None:
                key = source[0], relation, target[0]
                if key not in observations:
                    observations[key] = _Observation(source[1], target[1])
                observation = observations[key]
                observation.pointers.append(f"/rows/{number}")
                if row[time_index] is not None:
                    observation.times.append(row[time_index])
    links = tuple(
        Link(
            observation.source,
            relation,
            observation.target,
            tuple(observation.pointers),
            min(observation.times, default=None),
            max(observation.times, default=None),
        )
        for (_, relation, _), observation in observations.items()
    )
    return RowLinks(links, failure_count)


def _make(rule: EntityRule, cells: Cells) -> tuple[Entity | None, int]:
    try:
        return rule.make(*cells), 0
    except EntityError:
        return None, 1
