"""Plug-ins: what other installed packages offer through entry points, and which of them cannot be used.

Reading the names of entry points imports nothing of the packages behind them.
"""

from __future__ import annotations

import functools
import traceback
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution, EntryPoint, entry_points
from typing import Generic, TypeGuard, TypeVar

from clew.errors import PluginError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Plugin:
    """One entry point.

    Attributes:
        group: `clew.pivots`, `clew.providers`, `clew.exporters`, `clew.log_formats` and so on.
        name: as its package calls it.
        target: `module:attribute`.
        package: the package that offers it, and its version.
    """

    group: str
    name: str
    target: str
    package: str

    def __str__(self) -> str:
        return f"{self.package} ({self.target})"


@dataclass(frozen=True, slots=True)
class PluginFailure:
    """Why a plug-in cannot be used; with where it failed, if it was running."""

    plugin: Plugin
    reason: str
    traceback: str = ""

    @property
    def location(self) -> str:
        """The package and the entry point."""
        return f"{self.plugin}, {self.plugin.group} {self.plugin.name}"

    def error(self) -> PluginError:
        """The failure as an exception."""
        return PluginError(self.reason, location=self.location, next_step="clew doctor shows where it failed")

    def __str__(self) -> str:
        return f"{self.location}: {self.reason}"


@functools.cache
def _entry_point_selector() -> Callable[[str], Iterable[EntryPoint]]:
    """All entry points of the machine, read once."""
    points = entry_points()
    return lambda group: points.select(group=group)


@functools.cache
def installed_plugins(group: str) -> tuple[Plugin, ...]:
    """The entry points of a group."""
    return tuple(_plugin(point, point.dist) for point in sorted(_entry_point_selector()(group)))


def _plugin(point: EntryPoint, package: Distribution | None) -> Plugin:
    return Plugin(point.group, point.name, point.value, _title(package))


def _title(package: Distribution | None) -> str:
    return f"{package.name} {package.version}" if package and package.name else "a package without a name"


@functools.cache
def load_plugin(plugin: Plugin) -> object:
    """What the entry point names, or the `PluginFailure` that importing it ended in."""
    try:
        return EntryPoint(plugin.name, plugin.target, plugin.group).load()
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a stranger's module may raise anything
        reason = f"it cannot be imported: {type(error).__name__}: {error}"
        return PluginFailure(plugin, reason, traceback.format_exc())


@dataclass(frozen=True, slots=True)
class LoadedPlugins(Generic[T]):
    """The plug-ins of a group.

    Attributes:
        values: what the entry points name, by the name of each; `plugins` are the entry points.
        failures: those that cannot be used, and why.
    """

    values: Mapping[str, T]
    plugins: Mapping[str, Plugin]
    failures: tuple[PluginFailure, ...]


def load_plugins(
    group: str, is_usable: Callable[[object], TypeGuard[T]], reason: str, own_names: Collection[str] = ()
) -> LoadedPlugins[T]:
    """Import every plug-in of a group.

    Args:
        is_usable: whether what was imported is what the group is for; if not, `reason` says so.
        own_names: what clew itself has under a name: those are taken.
    """
    values: dict[str, T] = {}
    plugins: dict[str, Plugin] = {}
    failures: list[PluginFailure] = []
    for plugin in installed_plugins(group):
        candidate = load_plugin(plugin)
        if plugin.name in own_names or plugin.name in values:
            failures.append(PluginFailure(plugin, f"the name {plugin.name!r} is taken"))
        elif isinstance(candidate, PluginFailure):
            failures.append(candidate)
        elif is_usable(candidate):
            values[plugin.name], plugins[plugin.name] = candidate, plugin
        else:
            failures.append(PluginFailure(plugin, reason))
    return LoadedPlugins(values, plugins, tuple(failures))
