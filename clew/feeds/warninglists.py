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
from clew.feeds.formats.feed_format import FeedContent, FeedFormat, Shape
from clew.feeds.formats.json_documents import as_list, as_object, as_text
from clew.feeds.formats.json_text import read_json
from clew.feeds.listing import FeedRow, IndicatorDetails, short_text

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
    content = as_object(document)
    return isinstance(content.get("list"), list) and bool(as_text(content.get("name"))) and "type" in content


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

    def add(self, document: Mapping[str, Any]) -> None:
        """The entries of one list. Raises FeedUnusable for one that compares in another way."""
        comparison, name = as_text(document.get("type")), short_text(document.get("name"))
        if comparison not in _TYPES:
            raise FeedUnusable(
                f"the list {name} compares by {short_text(comparison) or 'nothing'}, which is not run here"
            )
        attribute_names = [as_text(attribute) for attribute in as_list(document.get("matching_attributes"))]
        attributes = [attribute.partition("|")[0].partition("-")[0] for attribute in attribute_names]
        self.lists.append(
            _List(name, frozenset(_KINDS[attribute] for attribute in attributes if attribute in _KINDS) or _ALL)
        )
        number = (len(self.lists) - 1,)
        for text in as_list(document.get("list")):
            entry = as_text(text).strip().lower()
            if comparison == CIDR:
                self._add_network(entry, number)
            elif entry:
                table = {STRING: self.exact, HOSTNAME: self.names, SUBSTRING: self.parts}[comparison]
                key = entry.lstrip(".") if comparison == HOSTNAME else entry
                table[key] = table[key] + number if key in table else number

    def _add_network(self, entry: str, number: Numbers) -> None:
        try:
            network = ipaddress.ip_network(entry, strict=False)
        except ValueError:
            return  # one bad entry costs one entry
        table = self.networks.setdefault((network.version, network.prefixlen), {})
        first = int(network.network_address)
        table[first] = table.get(first, ()) + number

    def list_numbers(self, key: Key) -> Iterator[int]:
        """The lists that name a value."""
        value = key.value.partition(":")[2].lower() if key.kind == "file" else key.value.lower()
        yield from self.exact.get(value, ())
        match key.kind:
            case "ip":
                yield from self._address_lists(value)
            case "domain" | "host":
                yield from self._name_lists(value)
            case "url":
                host = value.partition("://")[2].partition("/")[0].rpartition("@")[2].partition(":")[0]
                yield from self._name_lists(host)
            case "account":
                yield from (number for part, numbers in self.parts.items() if part in value for number in numbers)
            case _:
                pass

    def _address_lists(self, value: str) -> Iterator[int]:
        address = ipaddress.ip_address(value)
        number, width, version = int(address), address.max_prefixlen, address.version
        for (network_version, bits), table in self.networks.items():
            if network_version == version:
                yield from table.get(number >> width - bits << width - bits, ())

    def _name_lists(self, name: str) -> Iterator[int]:
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

    def names(self, subject: Entity | Key) -> tuple[str, ...]:
        """The names of the lists that name a value, in the order of their files."""
        if not self.paths:
            return ()
        index = self._index
        keys = (subject,) if isinstance(subject, Key) else (subject.key, *subject.aliases)
        kind = "domain" if keys[0].kind == "host" else keys[0].kind
        numbers = sorted({number for key in keys for number in index.list_numbers(key)})
        return tuple(dict.fromkeys(index.lists[number].name for number in numbers if kind in index.lists[number].kinds))

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
        return _load_index(self.paths)


@lru_cache(maxsize=4)
def _load_index(paths: tuple[Path, ...]) -> _Index:
    index = _Index()
    for path in paths:
        for file in _files(path, index):
            try:
                _load_file(file, index)
            except FeedUnusable as error:
                index.problems.append(f"{file}: {error.message}")
    return index


def _files(path: Path, index: _Index) -> Sequence[Path]:
    if path.is_dir():
        return sorted(path.rglob("*.json"))[:MAX_FILES]
    if not path.is_file():
        index.problems.append(f"{path}: there is no such file")
        return ()
    return (path,)


def _load_file(file: Path, index: _Index) -> None:
    try:
        if file.stat().st_size > MAX_FILE:
            raise FeedUnusable(f"it is larger than {MAX_FILE // 2**20} MiB")
        document = read_json(file.read_text("utf-8-sig", "replace"))
    except OSError as error:
        raise FeedUnusable(f"it cannot be read: {error.strerror}") from None
    if not is_warninglist(document):
        raise FeedUnusable("it is no warning list")
    index.add(document)


def _refuse(_content: FeedContent, _defaults: IndicatorDetails) -> Iterator[FeedRow]:
    raise FeedUnusable(
        "it is a warning list: what is on it is often benign", next_step="name it in the setting warninglists"
    )


#: No feed, but known as what it is: somebody who adds one means something else.
WARNING_LIST = FeedFormat(
    "warning list",
    Shape.JSON,
    recognise=lambda content: is_warninglist(content.document),
    read=_refuse,
    example='{"name": "Public DNS", "type": "cidr", "list": ["9.9.9.9"]}',
)
