"""Log files of `key=value` words, recognised by how they begin, whatever they are called."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from clew.logs.formats.log_format import Documents, LogFile


@dataclass(frozen=True, slots=True)
class KeyValueFormat:
    """A line is one event: `kind=request client=192.0.2.1`."""

    name: str = "key-value"
    endings: tuple[str, ...] = ()

    def recognises(self, head: bytes) -> bool:
        """Its first word is the kind of the event."""
        return head.startswith(b"kind=")

    def reader(self, file: LogFile) -> Documents:
        """Made here: a document for each line; a line that is none stays as it is, and counts as damaged."""
        return Documents(_documents(file))


def _documents(file: LogFile) -> Iterator[str]:
    for line in file.path.read_text("utf-8").splitlines():
        pairs = [word.partition("=") for word in line.split()]
        is_event = all(mark for _, mark, _ in pairs)
        yield json.dumps({key: value for key, _, value in pairs}) if is_event else line


FORMAT = KeyValueFormat()
