"""Menus and providers of other packages, joined to the entities by the names of their entry points alone.

In the group `clew.pivots`, `IpAddress.hello = clew_hello:IpHello` makes the menu `ip.hello`.

In the group `clew.providers`, `ti.acme = clew_acme:Acme` makes the row `acme` of the menu `ti` of every entity that the
provider has an operation for (called after the kind: `ip`, `domain`, `url`, `file`). The menu's look-up asks it too.

The package behind a name is imported when its menu is first used.
"""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeGuard, cast

from clew.entities import ENTITY_TYPES, Entity
from clew.pivots.binding import Space, bind, menu
from clew.plugins import Plugin, PluginFailure, installed, loaded
from clew.providers.base import Operation, Provider

MENUS, PROVIDERS = "clew.pivots", "clew.providers"
_MENU = re.compile(r"([A-Z]\w*)\.([a-z][a-z0-9_]*)", re.ASCII)
_ROW = re.compile(r"([a-z][a-z0-9_]*)\.([a-z][a-z0-9_]*)", re.ASCII)


class PluginMenu(menu[Any]):
    """The descriptor behind a menu of another package."""

    def __init__(self, plugin: Plugin, entity: type[Entity], name: str, wrong: PluginFailure | None = None) -> None:
        super().__init__(str(plugin))
        self.plugin = plugin
        self.wrong = wrong
        self._entity = entity
        self._name = name

    @cached_property
    def space(self) -> type[Space[Any]]:
        """The class of the menu. Raises PluginError where it cannot be used."""
        found = self.checked()
        if isinstance(found, PluginFailure):
            raise found.error()
        return found

    def checked(self) -> type[Space[Any]] | PluginFailure:
        """The class of the menu, or why there is none."""
        if self.wrong is not None:
            return self.wrong
        found = loaded(self.plugin)
        if isinstance(found, PluginFailure):
            return found
        if not _is_menu(found):
            return PluginFailure(self.plugin, "it is no menu: a menu is a subclass of Space")
        if found.entity() is not self._entity:
            return PluginFailure(
                self.plugin, f"it is a menu of {found.entity().__name__}, not of {self._entity.__name__}"
            )
        if found.menu != self._name:
            return PluginFailure(
                self.plugin, f"it calls itself {found.menu!r}, its entry point calls it {self._name!r}"
            )
        return found


def _is_menu(found: object) -> TypeGuard[type[Space[Any]]]:
    return isinstance(found, type) and issubclass(found, Space)


@dataclass(frozen=True, slots=True)
class Offered:
    """What other packages offer, by the names of their entry points.

    Attributes:
        menus: by entity class and name.
        failures: names that clash, or mean nothing.
    """

    menus: Mapping[type[Entity], Mapping[str, PluginMenu]]
    failures: tuple[PluginFailure, ...]


@functools.cache
def offered() -> Offered:
    """Read once, when clew's own menus are in place: those come first."""
    menus: dict[type[Entity], dict[str, PluginMenu]] = {}
    failures: list[PluginFailure] = []
    classes = {cls.__name__: cls for cls in ENTITY_TYPES.values()}
    for plugin in installed(MENUS):
        named = _MENU.fullmatch(plugin.name)
        if named is None or named[1] not in classes:
            failures.append(PluginFailure(plugin, f"{plugin.name!r} is not Entity.menu, as in IpAddress.hello"))
            continue
        entity, name = classes[named[1]], named[2]
        others = menus.setdefault(entity, {})
        own = inspect.getattr_static(entity, name, None)
        if own is not None:
            failures.append(PluginFailure(plugin, f"{plugin.name} is taken by {_owner(entity, name, own)}"))
        elif name in others:
            both = PluginFailure(plugin, f"{plugin.name} is offered twice: by {others[name].plugin} and by {plugin}")
            others[name] = PluginMenu(plugin, entity, name, both)
        else:
            others[name] = PluginMenu(plugin, entity, name)
    return Offered(menus, tuple(failures))


def _owner(entity: type[Entity], name: str, own: object) -> str:
    return f"clew itself ({own.where})" if isinstance(own, menu) else f"clew itself ({entity.__name__}.{name})"


@functools.cache
def provider_plugins() -> tuple[Mapping[str, tuple[Plugin, ...]], tuple[PluginFailure, ...]]:
    """The providers of other packages by the menu that they join, and those whose names mean nothing."""
    found: dict[str, tuple[Plugin, ...]] = {}
    failures: list[PluginFailure] = []
    for plugin in installed(PROVIDERS):
        named = _ROW.fullmatch(plugin.name)
        if named is None:
            failures.append(PluginFailure(plugin, f"{plugin.name!r} is not menu.provider, as in ti.acme"))
        else:
            found[named[1]] = (*found.get(named[1], ()), plugin)
    return found, tuple(failures)


def joined(space: type[Space[Any]]) -> tuple[PluginFailure, ...]:
    """Place the providers of other packages as rows of a menu, once; returns those that cannot be."""
    hashable: Any = space  # as every class is, which mypy does not see of one with slots
    return _joined(hashable)


@functools.cache
def _joined(space: type[Space[Any]]) -> tuple[PluginFailure, ...]:
    taken = {provider.name: provider for row in _rows(space) for provider in row.providers}
    return tuple(
        wrong
        for plugin in provider_plugins()[0].get(space.menu, ())
        if (wrong := _join(space, plugin, taken)) is not None
    )


def _join(space: type[Space[Any]], plugin: Plugin, taken: dict[str, type[Provider]]) -> PluginFailure | None:
    provider = loaded(plugin)
    if isinstance(provider, PluginFailure):
        return provider
    if not (isinstance(provider, type) and issubclass(provider, Provider)):
        return PluginFailure(plugin, "it is no provider: a provider is a subclass of Provider")
    name = plugin.name.partition(".")[2]
    if provider.name.replace("-", "_") != name:
        return PluginFailure(plugin, f"it calls itself {provider.name!r}, its entry point calls it {name!r}")
    operation = vars(provider).get(space.entity().kind)
    if not isinstance(operation, Operation):
        return None  # it has nothing to say about this entity
    if provider.name in taken or name in vars(space):
        other = taken.get(provider.name, space)
        return PluginFailure(plugin, f"{plugin.name} is taken by {other.__module__}:{other.__qualname__}")
    taken[provider.name] = provider
    row: bind[Any, ...] = bind(cast("Operation[Any, ...]", operation))
    setattr(space, name, row)
    row.__set_name__(space, name)
    return None


def _rows(space: type[Space[Any]]) -> list[bind[Any, ...]]:
    return [row for row in vars(space).values() if isinstance(row, bind)]


def failures(spaces: Iterable[type[Space[Any]]]) -> Iterator[PluginFailure]:
    """Every plug-in that cannot be used, for the given menus of clew. To know, all of them are imported."""
    yield from offered().failures
    yield from provider_plugins()[1]
    found = [each.checked() for menus in offered().menus.values() for each in menus.values()]
    yield from (each for each in found if isinstance(each, PluginFailure))
    for space in (*spaces, *(each for each in found if not isinstance(each, PluginFailure))):
        yield from joined(space)
