"""Windows events as XML text: what `wevtutil qe`, Get-WinEvent's ToXml and the Event Viewer write."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from xml.parsers import expat

from clew.logs.formats.log_format import MAX_LINE, FileHead, LogEvent, LogFile, Match

_START = re.compile(rb"<Event(?=[\s>])")
_END = b"</Event>"
_MARK = re.compile(rb"\s*(?:<\?xml[^>]*>\s*|<Events>\s*)*<Event(?:\s+xmlns=['\"][^'\"]*['\"])?\s*>")
#: Elements below each other; an event has five.
_MAX_DEPTH = 32
_TEXT = "#text"
_ATTRIBUTES = "#attributes"


@dataclass(frozen=True, slots=True)
class EventXmlFormat:
    """`<Event>` elements, in one `<Events>` or one behind the other, with any number of them on a line."""

    name: str = "event-xml"
    title: str = "Windows events as XML, in one <Events> or one <Event> behind the other"

    def recognises(self, head: FileHead) -> Match:
        """By its first element."""
        return Match.SIGNATURE if _MARK.match(head.text.encode("utf-8", "replace")) else Match.NONE

    def events(self, file: LogFile) -> Iterator[LogEvent]:
        """Each `<Event>`, with the names that `evtx` gives to the same event. What is between two is not looked at.

        An event that is no XML, that is not ended, or that is longer than `MAX_LINE` is damaged, and costs itself. Each
        is parsed alone, by expat of the standard library: a document type, and with it every entity, stands in none.
        """
        for raw in _elements(file.lines()):
            yield LogEvent(raw, read_event(raw))


def _elements(lines: Iterator[bytes]) -> Iterator[bytes]:
    """The text of each event; one that is cut ends where the next one begins, or the file."""
    pieces: list[bytes] = []
    size = 0
    for line in lines:
        tail = line
        while tail:
            if not pieces:
                start = _START.search(tail)
                if start is None:
                    break
                tail = tail[start.start() :]
            next_start = _START.search(tail, 1 if not pieces else 0)
            end = tail.find(_END)
            if end >= 0 and (next_start is None or end < next_start.start()):
                yield b"".join((*pieces, tail[: end + len(_END)]))
                pieces, size, tail = [], 0, tail[end + len(_END) :]
            elif next_start is not None:
                yield b"".join((*pieces, tail[: next_start.start()]))
                pieces, size, tail = [], 0, tail[next_start.start() :]
            else:
                size += len(tail)
                if size <= MAX_LINE:
                    pieces.append(tail)
                tail = b""
    if pieces:
        yield b"".join(pieces)


def read_event(content: bytes) -> Mapping[str, Any] | None:
    """`{"Event": {"System": .., "EventData": {name: text}}}`; None for what is no such XML."""
    event = (read_element(content) or {}).get("Event")
    return {"Event": event} if isinstance(event, dict) else None


def read_element(content: bytes) -> dict[str, Any] | None:
    """An element and what is in it, by its name; None for what is no XML.

    A document type is refused, and with it every entity but the five of XML.
    """
    reader = _EventReader()
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _reject_doctype
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.add_text
    try:
        parser.Parse(content.decode("utf-8", "replace").encode(), True)  # noqa: FBT003 - the last piece
    except (expat.ExpatError, ValueError):
        return None
    return reader.root


def _reject_doctype(*_: object) -> None:
    raise ValueError("it has a document type")


@dataclass(slots=True)
class _EventReader:
    """Elements as objects, in the manner of `evtx`: attributes below `#attributes`, `Data` by its `Name`."""

    root: dict[str, Any] = field(default_factory=dict[str, Any])
    _nodes: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    _texts: list[list[str]] = field(default_factory=list[list[str]])

    def start(self, _name: str, attributes: dict[str, str]) -> None:
        if len(self._nodes) >= _MAX_DEPTH:
            raise ValueError("nested too deeply")
        own_attributes = {key: value for key, value in attributes.items() if not key.startswith("xmlns")}
        self._nodes.append({_ATTRIBUTES: own_attributes} if own_attributes else {})
        self._texts.append([])

    def add_text(self, text: str) -> None:
        if self._texts:
            self._texts[-1].append(text)

    def end(self, name: str) -> None:
        node, text = self._nodes.pop(), "".join(self._texts.pop())
        name = name.rpartition(":")[2]
        attributes = cast("dict[str, str]", node.get(_ATTRIBUTES, {}))
        has_children = len(node) > (_ATTRIBUTES in node)
        value: Any = node if has_children else text
        if name in ("Data", "ComplexData") and "Name" in attributes:
            name = attributes["Name"]
        elif attributes and not has_children:
            value = {**node, _TEXT: text} if text.strip() else node
        parent = self._nodes[-1] if self._nodes else self.root
        if name in parent:
            parent[name] = [*_items(parent[name]), value]
        else:
            parent[name] = value


def _items(value: Any) -> list[Any]:
    items: list[Any] = cast("Any", value) if isinstance(value, list) else [value]
    return items


FORMAT = EventXmlFormat()
