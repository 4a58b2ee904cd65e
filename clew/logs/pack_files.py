"""The YAML files of schemas and queries, and their values with the place where each stands."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import ModuleType
from typing import Any, NamedTuple, TypeGuard, cast

from clew.errors import SettingsError
from clew.plugins import Plugin, PluginFailure, load_plugins

#: Entry points of this group name a package; all YAML files in its folder are read.
SCHEMA_GROUP = "clew.log_schemas"
_OWN_FOLDERS = ("schemas", "queries")


@dataclass(frozen=True, slots=True)
class PackNode:
    """One value of a file, and the keys and indexes that lead to it."""

    value: Any
    path: tuple[str | int, ...]
    file: PackFile

    @property
    def location(self) -> str:
        """`file:line:column`; the file alone for what does not stand there."""
        return self.file.locations.get(self.path, self.file.name)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of a mapping; none where nothing stands."""
        return tuple(self.mapping())

    def keys_of(self, key: str) -> tuple[str, ...]:
        """The keys of the mapping under a key."""
        return self.get(key).keys

    def get(self, *keys: str | int) -> PackNode:
        """The value under keys, one below the other; None where nothing stands."""
        node = self
        for key in keys:
            content: Any = node.mapping().get(key) if isinstance(key, str) else node.sequence()[key]
            node = PackNode(content, (*node.path, key), self.file)
        return node

    def items(self, key: str) -> Iterator[tuple[str, PackNode]]:
        """The values of the mapping under a key, with their keys.

        Yields:
            The key of a value, and the value.
        """
        for name in self.keys_of(key):
            yield name, self.get(key, name)

    def children(self, *keys: str) -> tuple[PackNode, ...]:
        """The values of the list under keys; none where nothing stands."""
        node = self.get(*keys)
        return tuple(node.get(index) for index in range(len(node.sequence())))

    def text(self) -> str:
        """A text. Raises SettingsError for anything else."""
        if not isinstance(self.value, str):
            raise self.error("a text is needed here")
        return self.value

    def words(self) -> tuple[str, ...]:
        """The words of a text, at least one. Raises SettingsError."""
        words = tuple(self.text().split())
        if not words:
            raise self.error("a text is needed here")
        return words

    def check_keys(self, names: tuple[str, ...]) -> None:
        """Raise SettingsError for a key that means nothing."""
        for key in self.keys:
            if key not in names:
                raise self.get(key).error(f"{key!r} means nothing here", f"there are {', '.join(names)}")

    def error(self, message: str, next_step: str = "") -> SettingsError:
        """An error at this place."""
        return SettingsError(message, location=self.location, next_step=next_step)

    def mapping(self) -> dict[str, Any]:
        """A mapping; empty where nothing stands. Raises SettingsError for anything else."""
        content: object = self.value
        if isinstance(content, dict):
            return cast("dict[str, Any]", content)
        if content is not None:
            raise self.error("a mapping is needed here")
        return {}

    def sequence(self) -> list[Any]:
        """A list; empty where nothing stands. Raises SettingsError for anything else."""
        content: object = self.value
        if isinstance(content, list):
            values: list[Any] = cast("Any", content)
            return values
        if content is not None:
            raise self.error("a list is needed here")
        return []


@dataclass(frozen=True, slots=True, eq=False)
class PackFile:
    """One YAML file.

    Attributes:
        name: without its folder.
        plugin: by which it came; None for clew's own.
    """

    name: str
    text: str
    value: Any
    locations: dict[tuple[str | int, ...], str]
    plugin: Plugin | None = None

    @property
    def schema_name(self) -> str:
        """What the schema in it is called: no two are called the same."""
        stem = self.name.removesuffix(".yaml")
        return f"{self.plugin.package}/{stem}" if self.plugin else stem

    @property
    def root(self) -> PackNode:
        """All that it says."""
        return PackNode(self.value, (), self)


class PackTable(NamedTuple):
    """The files in the order of their names, clew's own first; and the plug-ins that have none that can be read."""

    files: tuple[PackFile, ...]
    failures: tuple[PluginFailure, ...]


@functools.cache
def pack_files() -> PackTable:
    """All files, read once. Raises SettingsError for one of clew's own that is no YAML."""
    own_files = [file for folder in _OWN_FOLDERS for file in _read_folder(files("clew.logs") / folder, None)]
    packages = load_plugins(SCHEMA_GROUP, _is_package, "it is no package with YAML files")
    failures = list(packages.failures)
    other_files: list[PackFile] = []
    for name, package in packages.values.items():
        plugin = packages.plugins[name]
        try:
            other_files += _read_folder(files(package), plugin)
        except SettingsError as error:
            failures.append(PluginFailure(plugin, f"{error.message} ({error.location})"))
    return PackTable((*own_files, *other_files), tuple(failures))


def _is_package(candidate: object) -> TypeGuard[ModuleType]:
    return isinstance(candidate, ModuleType)


def _read_folder(folder: Traversable, plugin: Plugin | None) -> list[PackFile]:
    # Loaded here: who asks no logs needs no YAML.
    from clew.yaml_files import read_document

    pack: list[PackFile] = []
    for file in sorted(folder.iterdir(), key=lambda item: item.name):
        if file.name.endswith(".yaml"):
            text = file.read_text("utf-8")
            document = read_document(text, file.name)
            pack.append(PackFile(file.name, text, document.value, document.locations, plugin))
    return pack
