"""OpenIOC 1.0 and 1.1. A document type, and with it every entity, is refused before anything is read of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from clew.entities.timestamps import iso_time
from clew.errors import EntityError, FeedUnusable
from clew.feeds.formats.feed_format import FeedFormat, Shape
from clew.feeds.formats.json_documents import relate_groups
from clew.feeds.listing import MAX_RAW, FeedEntry, FeedRow, IndicatorDetails, RejectedRow, short_text
from clew.feeds.recognition import keys_of

MAX_DEPTH = 64
# The last word of what an item searches, in small letters, and the kind of value that it is compared with.
_SEARCHES = {
    "md5sum": "file",
    "sha1sum": "file",
    "sha256sum": "file",
    "md5": "file",
    "sha1": "file",
    "sha256": "file",
    "dns": "domain",
    "domain": "domain",
    "host": "domain",
    "hostname": "domain",
    "recordname": "domain",
    "remoteip": "ip",
    "localip": "ip",
    "ip": "ip",
    "ipv4address": "ip",
    "uri": "",
    "url": "",
    "from": "account",
}
_CONDITIONS = frozenset({"is", "contains", "starts-with"})
_METADATA = {"short_description": "name", "description": "description", "authored_date": "first"}


@dataclass(slots=True)
class _Item:
    """One comparison, in one place of the tree of indicators."""

    group: int
    line: int
    condition: str
    is_negated: bool
    search: str = ""
    content: str = ""

    def keys(self) -> tuple[str, ...]:
        """What it lists. Raises EntityError."""
        if self.is_negated or self.condition not in _CONDITIONS:
            raise EntityError("what is not, or only like something, is not looked up")
        kind = _SEARCHES.get(self.search.lower().rpartition("/")[2])
        if kind is None:
            raise EntityError(f"{short_text(self.search)} is not looked up")
        return keys_of(self.content.strip(), kind)

    @property
    def raw(self) -> str:
        members = {"search": self.search, "condition": self.condition, "content": self.content}
        return json.dumps({name: text[: MAX_RAW // 4] for name, text in members.items()})


@dataclass(slots=True)
class _Document:
    """What has been read of a document so far."""

    metadata: dict[str, str] = field(default_factory=dict[str, str])
    items: list[_Item] = field(default_factory=list[_Item])
    path: list[str] = field(default_factory=list[str])
    groups: list[int] = field(default_factory=list[int])
    count: int = 0


def read_openioc(text: str, defaults: IndicatorDetails) -> Iterator[FeedRow]:
    """Every item that lists something. Those that an AND joins stand together.

    Raises:
        FeedUnusable: no XML, with a document type, or nested too deeply; or XML of another kind.
    """
    document = _parse(text)
    if "ioc" not in document.metadata and not document.items:
        raise FeedUnusable("it is XML, but no OpenIOC")
    details = defaults._replace(
        name=short_text(document.metadata.get("name")) or defaults.name,
        description=short_text(document.metadata.get("description")) or defaults.description,
        first=iso_time(document.metadata.get("first")) or defaults.first,
    )
    groups: dict[int, list[_Item]] = {}
    for number, item in enumerate(document.items):
        # What an OR joins stands alone.
        groups.setdefault(item.group or -1 - number, []).append(item)
    for items in groups.values():
        yield from _entries(items, details)


def _entries(items: list[_Item], details: IndicatorDetails) -> Iterator[FeedRow]:
    pairs: list[tuple[_Item, tuple[str, ...]]] = []
    for item in items:
        try:
            pairs.append((item, item.keys()))
        except EntityError as error:
            yield RejectedRow(str(item.line), error.message)
    for (item, keys), related_keys in zip(pairs, relate_groups([keys for _, keys in pairs]), strict=True):
        yield FeedEntry(keys, str(item.line), item.raw, details, is_json=True, related_keys=related_keys)


def _parse(text: str) -> _Document:
    document = _Document()
    # The encoding that it declares was undone when the file was read.
    parser = expat.ParserCreate("utf-8", " ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _reject_doctype
    parser.StartElementHandler = lambda name, attributes: _start_element(
        document, _local_name(name), attributes, parser.CurrentLineNumber
    )
    parser.EndElementHandler = lambda name: _end_element(document, _local_name(name))
    parser.CharacterDataHandler = lambda data: _add_text(document, data)
    try:
        parser.Parse(text.encode("utf-8", "replace"), True)  # noqa: FBT003 - the last piece
    except expat.ExpatError as error:
        raise FeedUnusable(f"it is no usable XML: {error}") from None
    return document


def _reject_doctype(*_: object) -> None:
    raise FeedUnusable("it has a document type, which can hide more than it shows", next_step="take out the DOCTYPE")


def _local_name(name: str) -> str:
    return name.rpartition(" ")[2]


def _start_element(document: _Document, name: str, attributes: dict[str, str], line: int) -> None:
    document.path.append(name)
    if len(document.path) > MAX_DEPTH:
        raise FeedUnusable(f"it is nested deeper than {MAX_DEPTH}")
    if name in ("ioc", "OpenIOC"):
        document.metadata["ioc"] = "yes"
    elif name == "Indicator":
        document.count += 1
        document.groups.append(document.count if attributes.get("operator", "").upper() == "AND" else 0)
    elif name == "IndicatorItem":
        group = document.groups[-1] if document.groups else 0
        is_negated = attributes.get("negate", "").lower() == "true" or attributes.get(
            "condition", ""
        ).lower().startswith("isnot")
        document.items.append(_Item(group, line, attributes.get("condition", "is").lower(), is_negated))
    elif name == "Context" and document.items:
        document.items[-1].search = attributes.get("search", "")


def _end_element(document: _Document, name: str) -> None:
    document.path.pop()
    if name == "Indicator" and document.groups:
        document.groups.pop()


def _add_text(document: _Document, data: str) -> None:
    name = document.path[-1] if document.path else ""
    if name == "Content" and document.items and len(document.items[-1].content) < MAX_RAW:
        document.items[-1].content += data
    elif name in _METADATA and len(document.path) <= 3 and len(document.metadata.get(_METADATA[name], "")) < MAX_RAW:
        document.metadata[_METADATA[name]] = document.metadata.get(_METADATA[name], "") + data


OPENIOC = FeedFormat(
    "OpenIOC",
    Shape.XML,
    recognise=lambda _: True,  # XML of another kind is told when it is parsed
    read=lambda content, defaults: read_openioc(content.read_text(), defaults),
    example=(
        '<ioc><definition><Indicator operator="OR"><IndicatorItem condition="is"><Context search="Network/DNS"/>'
        "<Content>evil.example</Content></IndicatorItem></Indicator></definition></ioc>"
    ),
)
