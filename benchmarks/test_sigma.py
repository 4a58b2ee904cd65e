"""Rules over many events: parsing, scanning and checking. The rules and the events are made up."""

from __future__ import annotations

import io
import json
import random
from pathlib import Path
from typing import Any

import pytest

from clew.logs.engines.event_store import EventStore, EventWriter
from clew.logs.engines.protocol import SourceDescription
from clew.logs.event_mapper import EventKind
from clew.logs.formats.json_documents import FORMAT
from clew.logs.formats.log_format import LogFile
from clew.logs.sigma.detector import detect

EVENTS = 200_000
_PROGRAMS = [f"tool{number:03d}.exe" for number in range(300)]
_WORDS = [f"--option{number:03d}" for number in range(2_000)]


class Events:
    """A log source of events alone."""

    name = "made up"

    def __init__(self, events: EventStore) -> None:
        self.events = events
        self.description = SourceDescription("made up", self.name, "", "0")


def write_events(path: Path, count: int) -> EventStore:
    """Process creations and image loads of Sysmon, about a kilobyte each."""
    chance = random.Random(20261201)
    writer = EventWriter(path)
    for number in range(count):
        program, words = chance.choice(_PROGRAMS), chance.sample(_WORDS, 6)
        data: dict[str, Any] = {
            "UtcTime": f"2026-03-01 {number // 3600 % 24:02d}:{number // 60 % 60:02d}:{number % 60:02d}.000",
            "ProcessGuid": f"{{00000000-0000-0000-0000-{number:012d}}}",
            "ProcessId": str(chance.randrange(100, 60_000)),
            "Image": f"C:\\Program Files\\Tools\\{program}",
            "CommandLine": f'"C:\\Tools\\{program}" {" ".join(words)} C:\\Users\\u{number % 500}\\file.txt',
            "CurrentDirectory": "C:\\Windows\\system32\\",
            "User": f"CORP\\u{number % 500}",
            "ParentImage": f"C:\\Windows\\System32\\{chance.choice(_PROGRAMS)}",
            "ParentCommandLine": "C:\\Windows\\System32\\svchost.exe -k netsvcs -p -s Schedule",
            "Hashes": f"SHA256={chance.getrandbits(256):064x},MD5={chance.getrandbits(128):032x}",
            "IntegrityLevel": "Medium",
        }
        event = {
            "Channel": "Microsoft-Windows-Sysmon/Operational",
            "EventID": 1 if number % 4 else 7,
            "Computer": f"ws{number % 50:02d}.corp.example",
            "EventData": data,
        }
        writer.add(json.dumps(event).encode(), EventKind.IN_VIEWS, "processes")
    writer.add_file(LogFile("made-up.jsonl", FORMAT, io.BytesIO()), 0)
    writer.close()
    return EventStore(path)


def write_rules(count: int) -> str:
    """Rules about a program and a word, some of them with a filter."""
    chance = random.Random(7)
    texts = [
        f"""
title: Made up {number}
logsource: {{category: process_creation, product: windows}}
detection:
  selection:
    Image|endswith: '\\{chance.choice(_PROGRAMS)}'
    CommandLine|contains: ['{chance.choice(_WORDS)}', '{chance.choice(_WORDS)}', 'needle{number}']
  filter:
    ParentImage|endswith: '\\{chance.choice(_PROGRAMS)}'
  condition: selection and not filter
level: low
"""
        for number in range(count)
    ]
    return "---".join(texts)


@pytest.mark.parametrize("count", [100, 1_000])
def test_rules_over_events(benchmark: Any, tmp_path: Path, count: int) -> None:
    """The aim for 1,000,000 events: 10 CPU seconds with 100 rules, 60 with 1,000."""
    source: Any = Events(write_events(tmp_path / "events.sqlite", EVENTS))
    rules = write_rules(count)
    detection = benchmark.pedantic(lambda: detect([source], rules), rounds=1)
    assert detection.event_count == EVENTS
    assert detection.matches
