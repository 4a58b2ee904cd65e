"""systemd's journal in its export format: a field a line, an empty line behind each entry.

A text of several lines has its size before it.
Documentation: https://systemd.io/JOURNAL_EXPORT_FORMATS/#journal-export-format.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from clew.logs.formats.journal_entry import TIME, entry_fields
from clew.logs.formats.log_format import MAX_LINE, FileHead, LogEvent, LogFile, Match

_NAME = re.compile(rb"[A-Z0-9_]{1,64}")
_SIZE = 8
#: So much of an entry is kept, as for a line.
_MAX_ENTRY = MAX_LINE


@dataclass(frozen=True, slots=True)
class JournalExportFormat:
    """Entries of the journal in its export format."""

    name: str = "journal-export"
    title: str = "the journal of systemd in its export format (journalctl -o export)"

    def recognises(self, head: FileHead) -> Match:
        """By the fields with which an entry begins."""
        return Match.SIGNATURE if head.content.startswith((b"__CURSOR=", f"{TIME}=".encode())) else Match.NONE

    def events(self, file: LogFile) -> Iterator[LogEvent]:
        """An entry each. One with what is no field, or that is cut off within a value, is damaged."""
        entry = _Entry()
        while line := file.stream.readline(MAX_LINE):
            if line != b"\n":
                entry.add(line, file.stream)
            elif entry.raw:
                yield entry.event()
                entry = _Entry()
        if entry.raw:
            yield entry.event()


@dataclass(slots=True)
class _Entry:
    raw: bytearray = field(default_factory=bytearray)
    values: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    is_damaged: bool = False

    def add(self, line: bytes, stream: BinaryIO) -> None:
        """A field: its line, and what follows where the line has its name alone."""
        self._keep(line)
        name, sign, value = line.removesuffix(b"\n").partition(b"=")
        if not _NAME.fullmatch(name):
            self.is_damaged = True
            return
        if not sign:
            size_bytes = stream.read(_SIZE)
            size = int.from_bytes(size_bytes, "little")
            self._keep(size_bytes)
            if len(size_bytes) < _SIZE or size > _MAX_ENTRY:
                self.is_damaged = True
                return
            content = stream.read(size + 1)
            self._keep(content)
            value = content[:size]
            self.is_damaged |= len(content) != size + 1 or not content.endswith(b"\n")
        self.values.setdefault(name.decode(), []).append(value.decode("utf-8", "replace"))

    def _keep(self, content: bytes) -> None:
        self.raw += content[: max(0, _MAX_ENTRY - len(self.raw))]

    def event(self) -> LogEvent:
        """What the entry says; its values are not believed where one of them is damaged."""
        return LogEvent(bytes(self.raw), None if self.is_damaged else entry_fields(self.values))


FORMAT = JournalExportFormat()
