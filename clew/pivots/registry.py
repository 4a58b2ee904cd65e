"""What pivots there are: for planning, help, replay and conformance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clew.entities import Entity
from clew.errors import QueryError
from clew.pivots.attach import MENUS
from clew.pivots.binding import menu, pivots_of
from clew.pivots.invocation import Pivot


def pivots_for(entity: type[Entity]) -> Mapping[str, Pivot]:
    """The pivots of an entity class, by full name (`ti.lookup`), in the order of its menus."""
    found: dict[str, Pivot] = {}
    for name in MENUS.get(entity, {}):
        descriptor: menu[Any] = vars(entity)[name]
        found |= pivots_of(descriptor.space)
    return found


def find_pivot(entity: type[Entity], name: str) -> Pivot:
    """The pivot of that full name.

    Raises:
        QueryError: the entity has no such pivot; says which it has.
    """
    pivots = pivots_for(entity)
    if name not in pivots:
        raise QueryError(f"{entity.__name__} has no pivot {name!r}", next_step=f"it has {', '.join(pivots)}")
    return pivots[name]
