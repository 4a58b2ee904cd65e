"""systemd's journal as `journalctl -o json` writes it: an object an entry.

Documentation: https://systemd.io/JOURNAL_EXPORT_FORMATS/#journal-json-format.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from clew.logs.formats.journal_entry import TIME, entry_fields
from clew.logs.formats.json_documents import FORMAT as JSON
from clew.logs.formats.log_format import FileHead, LogEvent, LogFile, Match

_BEGINNING = re.compile(r"[\s\[]*\{[^{}]{0,65536}")


@dataclass(frozen=True, slots=True)
class JournalJsonFormat:
    """Entries of the journal as JSON."""

    name: str = "journal-json"
    title: str = "the journal of systemd as JSON (journalctl -o json)"

    def recognises(self, head: FileHead) -> Match:
        """By the time and the cursor or boot of the first object, which have names of the journal's own."""
        match = _BEGINNING.match(head.text)
        text = match[0] if match else ""
        is_entry = f'"{TIME}"' in text and ('"__CURSOR"' in text or '"_BOOT_ID"' in text)
        return Match.KIND if is_entry else Match.NONE

    def events(self, file: LogFile) -> Iterator[LogEvent]:
        """An entry each; objects that are no entries keep their fields."""
        for event in JSON.events(file):
            is_entry = event.fields is not None and TIME in event.fields
            yield LogEvent(event.raw, entry_fields(event.fields)) if event.fields and is_entry else event


FORMAT = JournalJsonFormat()
