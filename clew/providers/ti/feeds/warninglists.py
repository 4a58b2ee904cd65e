"""Warning lists: values that are often benign, though somebody lists them. They are context, and never a hit.

They are in the format of MISP: a name, how its entries are compared (`type`), and the entries.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from clew.entities import Entity, Key
from clew.errors import FeedUnusable
from clew.providers.ti.feeds.documents import as_list, as_object, as_text
from clew.providers.ti.feeds.jsontext import read_json
from clew.providers.ti.feeds.model import words

MAX_FILE = 64 * 2**20
MAX_FILES = 10_000
# How lists compare. Regular expressions of others are not run: one of them can be made to run forever.
STRING, HOSTNAME, CIDR, SUBSTRING = "string", "hostname", "cidr", "substring"
_TYPES = frozenset({STRING, HOSTNAME, CIDR, SUBSTRING})
# The kinds of entities behind the attributes that a list is meant for.
_KINDS: Mapping[str, str] = MappingProxyType(
    {
        "domain": "domain",
        "email": "account",
        "hostname": "domain",
        "ip": "ip",
        "md5": "file",
        "sha1": "file",
        "sha256": "file",
        "sha512": "file",
        "uri": "url",
        "url": "url",
        "whois": "account",
    }
)
_ALL = frozenset(_KINDS.values())

Numbers = tuple[int, ...]


def is_warninglist(document: Any) -> bool:
    """Whether a document is a warning list."""
    given = as_object(document)
    return isinstance(given.get("list"), list) and bool(as_text(given.get("name"))) and "type" in given


@dataclass(frozen=True, slots=True)
class _List:
    name: str
    kinds: frozenset[str]


@dataclass(slots=True)
class _Index:
    """All entries of all lists, by how they are compared."""

    lists: list[_List] = field(default_factory=list[_List])
    problems: list[str] = field(default_factory=list[str])
    exact: dict[str, Numbers] = field(default_factory=dict[str, Numbers])
    names: dict[str, Numbers] = field(default_factory=dict[str, Numbers])
    networks: dict[tuple[int, int], dict[int, Numbers]] = field(
        default_factory=dict[tuple[int, int], dict[int, Numbers]]
    )
    parts: dict[str, Numbers] = field(default_factory=dict[str, Numbers])

    def add(self, given: Mapping[str, Any]) -> None:
        """The entries of one list. Raises FeedUnusable for one that compares in another way."""
        how, name = as_text(given.get("type")), words(given.get("name"))
        if how not in _TYPES:
            raise FeedUnusable(f"the list {name} compares by {words(how) or 'nothing'}, which is not run here")
        meant = [as_text(each) for each in as_list(given.get("matching_attributes"))]
        attributes = [each.partition("|")[0].partition("-")[0] for each in meant]
        self.lists.append(_List(name, frozenset(_KINDS[each] for each in attributes if each in _KINDS) or _ALL))
        number = (len(self.lists) - 1,)
        for text in as_list(given.get("list")):
            entry = as_text(text).strip().lower()
            if how == CIDR:
                self._network(entry, number)
            elif entry:
                table = {STRING: self.exact, HOSTNAME: self.names, SUBSTRING: self.parts}[how]
                place = entry.lstrip(".") if how == HOSTNAME else entry
                table[place] = table[place] + number if place in table else number

    def _network(self, entry: str, number: Numbers) -> None:
        try:
            network = ipaddress.ip_network(entry, strict=False)
        except ValueError:
            return  # one bad entry costs one entry
        table = self.networks.setdefault((network.version, network.prefixlen), {})
        first = int(network.network_address)
        table[first] = table.get(first, ()) + number

    def about(self, key: Key) -> Iterator[int]:
        """The lists that name a value."""
        value = key.value.partition(":")[2].lower() if key.kind == "file" else key.value.lower()
        yield from self.exact.get(value, ())
        match key.kind:
            case "ip":
                yield from self._of_address(value)
            case "domain" | "host":
                yield from self._of_name(value)
            case "url":
                host = value.partition("://")[2].partition("/")[0].rpartition("@")[2].partition(":")[0]
                yield from self._of_name(host)
            case "account":
                yield from (number for part, numbers in self.parts.items() if part in value for number in numbers)
            case _:
                pass

    def _of_address(self, value: str) -> Iterator[int]:
        address = ipaddress.ip_address(value)
        number, width, version = int(address), address.max_prefixlen, address.version
        for (of, bits), table in self.networks.items():
            if of == version:
                yield from table.get(number >> width - bits << width - bits, ())

    def _of_name(self, name: str) -> Iterator[int]:
        while name:
            yield from self.names.get(name, ())
            _, _, name = name.partition(".")


@dataclass(frozen=True)
class Warninglists:
    """The warning lists in some files and folders. They are read when the first question is asked.

    >>> Warninglists(()).names(Key("ip", "198.51.100.7"))
    ()
    """

    paths: tuple[Path, ...] = ()

    def names(self, about: Entity | Key) -> tuple[str, ...]:
        """The names of the lists that name a value, in the order of their files."""
        if not self.paths:
            return ()
        index = self._index
        keys = (about,) if isinstance(about, Key) else (about.key, *about.aliases)
        kind = "domain" if keys[0].kind == "host" else keys[0].kind
        found = sorted({number for key in keys for number in index.about(key)})
        return tuple(dict.fromkeys(index.lists[number].name for number in found if kind in index.lists[number].kinds))

    @property
    def problems(self) -> tuple[str, ...]:
        """What could not be read or is not compared here, and why."""
        return tuple(self._index.problems) if self.paths else ()

    def __len__(self) -> int:
        return len(self._index.lists) if self.paths else 0

    def __bool__(self) -> bool:
        return bool(self.paths)

    @cached_property
    def _index(self) -> _Index:
        return _loaded(self.paths)


@lru_cache(maxsize=4)
def _loaded(paths: tuple[Path, ...]) -> _Index:
    index = _Index()
    for path in paths:
        for file in _files(path, index):
            try:
                _load(file, index)
            except FeedUnusable as error:
                index.problems.append(f"{file}: {error.what}")
    return index


def _files(path: Path, index: _Index) -> Sequence[Path]:
    if path.is_dir():
        return sorted(path.rglob("*.json"))[:MAX_FILES]
    if not path.is_file():
        index.problems.append(f"{path}: there is no such file")
        return ()
    return (path,)


def _load(file: Path, index: _Index) -> None:
    try:
        if file.stat().st_size > MAX_FILE:
            raise FeedUnusable(f"it is larger than {MAX_FILE // 2**20} MiB")
        document = read_json(file.read_text("utf-8-sig", "replace"))
    except OSError as error:
        raise FeedUnusable(f"it cannot be read: {error.strerror}") from None
    if not is_warninglist(document):
        raise FeedUnusable("it is no warning list")
    index.add(document)
