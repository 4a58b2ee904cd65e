"""EVTX: the event log files of Windows, read by the Rust parser of the package `evtx`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from clew.errors import MissingExtra
from clew.logs.formats.json_codec import json_bytes, parse_json
from clew.logs.formats.log_format import FileHead, LogEvent, LogFile, Match, unreadable

_SIGNATURE = b"ElfFile\0"
#: After so many records one behind the other that cannot be read, nothing more is expected of a file.
_MAX_FAILURES = 10_000


@dataclass(frozen=True, slots=True)
class EvtxFormat:
    """Records of binary XML, as JSON: `{"Event": {"System": .., "EventData": ..}}`."""

    name: str = "evtx"
    title: str = "EVTX, the event log files of Windows"

    def recognises(self, head: FileHead) -> Match:
        """By its signature, or its ending: a damaged file is to be told, not left out."""
        if head.content.startswith(_SIGNATURE):
            return Match.SIGNATURE
        return Match.NAME if head.name.endswith(".evtx") else Match.NONE

    def events(self, file: LogFile) -> Iterator[LogEvent]:
        """Record by record, in the order of the file. One that cannot be read is damaged, and costs itself.

        Raises:
            ConnectError: it is no EVTX, or its header is damaged.
            MissingExtra: the package is not installed.
        """
        try:
            import evtx
        except ImportError:
            raise MissingExtra("evtx", extra="logs", purpose="reading EVTX files") from None
        with file.local_path() as path:
            try:
                # One thread: the parser is far ahead of what happens with its records.
                parser: Any = evtx.PyEvtxParser(str(path), number_of_threads=1)
                records: Iterator[Any] = iter(parser.records_json())
            except (RuntimeError, OSError) as error:
                raise unreadable(f"not usable EVTX: {_first_line(error, path)}") from None
            yield from _events(records)


def _events(records: Iterator[Any]) -> Iterator[LogEvent]:
    failures = 0
    while failures < _MAX_FAILURES:
        try:
            record = next(records)
        except StopIteration:
            return
        except (RuntimeError, OSError) as error:
            failures += 1
            yield LogEvent(json_bytes({"unreadable record": str(error)}), None)
            continue
        failures = 0
        raw = cast("str", record["data"]).encode("utf-8", "replace")
        try:
            yield LogEvent(raw, parse_json(raw))
        except ValueError:
            yield LogEvent(raw, None)


def _first_line(error: Exception, path: Path) -> str:
    return str(error).partition("\n")[0].replace(str(path), "")[:200]


FORMAT = EvtxFormat()
