"""Log files of `key=value` words, recognised by how they begin, whatever they are called."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from clew.logs.formats.log_format import FileHead, LogEvent, LogFile, Match


@dataclass(frozen=True, slots=True)
class KeyValueFormat:
    """A line is one event: `kind=request client=192.0.2.1`."""

    name: str = "key-value"
    title: str = "words of a proxy"

    def recognises(self, head: FileHead) -> Match:
        """Its first word is the kind of the event."""
        return Match.SIGNATURE if head.content.startswith(b"kind=") else Match.NONE

    def events(self, file: LogFile) -> Iterator[LogEvent]:
        """An event for each line; a line that is none counts as damaged."""
        for line in file.lines():
            pairs = [word.partition("=") for word in line.decode().split()]
            is_event = all(mark for _, mark, _ in pairs)
            yield LogEvent(line.rstrip(), {key: value for key, _, value in pairs} if is_event else None)


FORMAT = KeyValueFormat()
