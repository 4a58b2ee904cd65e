"""Menus on entities: placed once, on import, and seen statically through `clew.entities.static_menus`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clew.entities import Entity
from clew.pivots.binding import join_rows
from clew.pivots.menu_access import MenuAccess
from clew.pivots.menu_table import MENUS
from clew.pivots.plugin_menus import join_providers, menu_plugins

if TYPE_CHECKING:
    from clew.pivots.catalog import Catalog


def attach_menus() -> None:
    """Place the descriptors. The modules behind them are loaded when a menu is first used."""
    for entity, menus in MENUS.items():
        for name, target in menus.items():
            space: MenuAccess[Any] = MenuAccess(f"clew.pivots.{target}")
            setattr(entity, name, space)
    join_rows(join_providers)
    # After clew's own, so that a plug-in which takes one of their names is seen to do so.
    for entity, plugin_menus in menu_plugins().menus.items():
        for name, plugin_menu in plugin_menus.items():
            setattr(entity, name, plugin_menu)
    setattr(Entity, "pivots", classmethod(_pivots))  # noqa: B010 - the static view of it is in `clew.entities.static_menus`


def _pivots(cls: type[Entity]) -> Catalog:
    """The pivots of this entity class, with what each asks, costs and gives back."""
    # Imported here: who only pivots needs no catalogue.
    from clew.pivots.catalog import catalog_of

    return catalog_of(cls)
