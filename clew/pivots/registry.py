"""What pivots there are: for planning, help, replay and conformance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from clew import plugins
from clew.entities import Entity
from clew.errors import QueryError
from clew.pivots.binding import Menu, pivots_of
from clew.pivots.invocation import Pivot
from clew.pivots.menu_access import MenuAccess
from clew.pivots.menu_table import MENUS
from clew.pivots.plugin_menus import failures as _failures
from clew.pivots.plugin_menus import menu_plugins


def pivots_for(entity: type[Entity]) -> Mapping[str, Pivot]:
    """The pivots of an entity class, by full name (`ti.lookup`), in the order of its menus.

    Menus of other packages come last; those that cannot be used are left to `failures`.
    """
    return {name: pivot for space in spaces_of(entity) for name, pivot in pivots_of(space).items()}


def own_pivots(entity: type[Entity]) -> Mapping[str, Pivot]:
    """The pivots in the menus of clew itself, by full name."""
    return {name: pivot for space in _own_spaces(entity) for name, pivot in pivots_of(space).items()}


def spaces_of(entity: type[Entity]) -> Iterator[type[Menu[Any]]]:
    """The menus of an entity class."""
    yield from _own_spaces(entity)
    for plugin_menu in menu_plugins().menus.get(entity, {}).values():
        space = plugin_menu.load_space()
        if not isinstance(space, plugins.PluginFailure):
            yield space


def find_pivot(entity: type[Entity], name: str) -> Pivot:
    """The pivot of that full name.

    Raises:
        QueryError: the entity has no such pivot; says which it has.
    """
    pivots = pivots_for(entity)
    if name not in pivots:
        raise QueryError(f"{entity.__name__} has no pivot {name!r}", next_step=f"it has {', '.join(pivots)}")
    return pivots[name]


def failures() -> tuple[plugins.PluginFailure, ...]:
    """Every plug-in that is installed and cannot be used, with the reason; all of them are imported to know."""
    return tuple(dict.fromkeys(_failures(space for entity in MENUS for space in _own_spaces(entity))))


def _own_spaces(entity: type[Entity]) -> Iterator[type[Menu[Any]]]:
    for name in MENUS.get(entity, {}):
        descriptor: MenuAccess[Any] = vars(entity)[name]
        yield descriptor.space
