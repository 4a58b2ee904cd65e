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
from clew.pivots.binding import Menu, OperationPivot, bind, own_rows
from clew.pivots.menu_access import MenuAccess
from clew.plugins import Plugin, PluginFailure, installed_plugins, load_plugin
from clew.providers.base import Operation, Provider

MENU_GROUP, PROVIDER_GROUP = "clew.pivots", "clew.providers"
_MENU = re.compile(r"([A-Z]\w*)\.([a-z][a-z0-9_]*)", re.ASCII)
_ROW = re.compile(r"([a-z][a-z0-9_]*)\.([a-z][a-z0-9_]*)", re.ASCII)


class PluginMenu(MenuAccess[Any]):
    """The descriptor behind a menu of another package."""

    def __init__(self, plugin: Plugin, entity: type[Entity], name: str, failure: PluginFailure | None = None) -> None:
        super().__init__(str(plugin))
        self.plugin = plugin
        self.failure = failure
        self._entity = entity
        self._name = name

    @cached_property
    def space(self) -> type[Menu[Any]]:
        """The class of the menu. Raises PluginError where it cannot be used."""
        result = self.load_space()
        if isinstance(result, PluginFailure):
            raise result.error()
        return result

    def load_space(self) -> type[Menu[Any]] | PluginFailure:
        """The class of the menu, or why there is none."""
        if self.failure is not None:
            return self.failure
        candidate = load_plugin(self.plugin)
        if isinstance(candidate, PluginFailure):
            return candidate
        if not _is_menu(candidate):
            return PluginFailure(self.plugin, "it is no menu: a menu is a subclass of Menu")
        if candidate.entity() is not self._entity:
            return PluginFailure(
                self.plugin, f"it is a menu of {candidate.entity().__name__}, not of {self._entity.__name__}"
            )
        if candidate.menu != self._name:
            return PluginFailure(
                self.plugin, f"it calls itself {candidate.menu!r}, its entry point calls it {self._name!r}"
            )
        return candidate


def _is_menu(candidate: object) -> TypeGuard[type[Menu[Any]]]:
    return isinstance(candidate, type) and issubclass(candidate, Menu)


@dataclass(frozen=True, slots=True)
class MenuPlugins:
    """What other packages offer, by the names of their entry points.

    Attributes:
        menus: by entity class and name.
        failures: names that clash, or mean nothing.
    """

    menus: Mapping[type[Entity], Mapping[str, PluginMenu]]
    failures: tuple[PluginFailure, ...]


@functools.cache
def menu_plugins() -> MenuPlugins:
    """Read once, when clew's own menus are in place: those come first."""
    menus: dict[type[Entity], dict[str, PluginMenu]] = {}
    failures: list[PluginFailure] = []
    classes = {cls.__name__: cls for cls in ENTITY_TYPES.values()}
    for plugin in installed_plugins(MENU_GROUP):
        match = _MENU.fullmatch(plugin.name)
        if match is None or match[1] not in classes:
            failures.append(PluginFailure(plugin, f"{plugin.name!r} is not Entity.menu, as in IpAddress.hello"))
            continue
        entity, name = classes[match[1]], match[2]
        entity_menus = menus.setdefault(entity, {})
        attribute = inspect.getattr_static(entity, name, None)
        if attribute is not None:
            failures.append(PluginFailure(plugin, f"{plugin.name} is taken by {_owner(entity, name, attribute)}"))
        elif name in entity_menus:
            failure = PluginFailure(
                plugin, f"{plugin.name} is offered twice: by {entity_menus[name].plugin} and by {plugin}"
            )
            entity_menus[name] = PluginMenu(plugin, entity, name, failure)
        else:
            entity_menus[name] = PluginMenu(plugin, entity, name)
    return MenuPlugins(menus, tuple(failures))


def _owner(entity: type[Entity], name: str, attribute: object) -> str:
    return (
        f"clew itself ({attribute.target})"
        if isinstance(attribute, MenuAccess)
        else f"clew itself ({entity.__name__}.{name})"
    )


@functools.cache
def provider_plugins() -> tuple[Mapping[str, tuple[Plugin, ...]], tuple[PluginFailure, ...]]:
    """The providers of other packages by the menu that they join, and those whose names mean nothing.

    Returns:
        The providers by menu, and the failures.
    """
    plugins_by_menu: dict[str, tuple[Plugin, ...]] = {}
    failures: list[PluginFailure] = []
    for plugin in installed_plugins(PROVIDER_GROUP):
        match = _ROW.fullmatch(plugin.name)
        if match is None:
            failures.append(PluginFailure(plugin, f"{plugin.name!r} is not menu.provider, as in ti.acme"))
        else:
            plugins_by_menu[match[1]] = (*plugins_by_menu.get(match[1], ()), plugin)
    return plugins_by_menu, tuple(failures)


def join_providers(space: type[Menu[Any]]) -> tuple[PluginFailure, ...]:
    """Place the providers of other packages as rows of a menu, once; returns those that cannot be.

    They become attributes of the class: what completes names in a console looks at nothing else.
    """
    hashable: Any = space  # as every class is, which mypy does not see of one with slots
    return _join_once(hashable)


@functools.cache
def _join_once(space: type[Menu[Any]]) -> tuple[PluginFailure, ...]:
    own_pivots = (row for row in own_rows(space).values() if isinstance(row, OperationPivot))
    providers = {row.operation.provider.name: row.operation.provider for row in own_pivots}
    plugins = provider_plugins()[0].get(space.menu, ())
    results = (_join_provider(space, plugin, providers) for plugin in plugins)
    return tuple(failure for failure in results if failure is not None)


def _join_provider(
    space: type[Menu[Any]], plugin: Plugin, providers: dict[str, type[Provider]]
) -> PluginFailure | None:
    name = plugin.name.partition(".")[2]
    operation = _offered_operation(space, plugin, name)
    if operation is None or isinstance(operation, PluginFailure):
        return operation
    provider = operation.provider
    if provider.name in providers or name in vars(space):
        other = providers.get(provider.name, space)
        return PluginFailure(plugin, f"{plugin.name} is taken by {other.__module__}:{other.__qualname__}")
    providers[provider.name] = provider
    row = bind(operation)
    setattr(space, name, row)
    row.__set_name__(space, name)
    return None


def _offered_operation(space: type[Menu[Any]], plugin: Plugin, name: str) -> Operation[Any, ...] | PluginFailure | None:
    """What the provider of a plug-in can be asked about the subjects of a menu; None where that is nothing."""
    provider = load_plugin(plugin)
    if isinstance(provider, PluginFailure):
        return provider
    if not (isinstance(provider, type) and issubclass(provider, Provider)):
        return PluginFailure(plugin, "it is no provider: a provider is a subclass of Provider")
    if provider.name.replace("-", "_") != name:
        return PluginFailure(plugin, f"it calls itself {provider.name!r}, its entry point calls it {name!r}")
    operation = vars(provider).get(space.entity().kind)
    return cast("Operation[Any, ...]", operation) if isinstance(operation, Operation) else None


def failures(spaces: Iterable[type[Menu[Any]]]) -> Iterator[PluginFailure]:
    """Every plug-in that cannot be used, for the given menus of clew. To know, all of them are imported."""
    yield from menu_plugins().failures
    yield from provider_plugins()[1]
    results = [plugin_menu.load_space() for menus in menu_plugins().menus.values() for plugin_menu in menus.values()]
    yield from (result for result in results if isinstance(result, PluginFailure))
    for space in (*spaces, *(result for result in results if not isinstance(result, PluginFailure))):
        yield from join_providers(space)
