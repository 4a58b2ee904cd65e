"""The journal of systemd, in both forms in which it is exported: messages as those of syslog.

The samples are made up after https://systemd.io/JOURNAL_EXPORT_FORMATS/.
"""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.logs.engines.duckdb_engine import ENGINE
from clew.logs.event_mapper import EventKind
from clew.logs.formats import journal_export, journal_json
from clew.logs.formats.log_format import FileHead, LogFile, Match
from clew.logs.formats.registry import recognised_format
from tests.logs.events import rows

SSH = "Accepted password for alice from 192.0.2.9 port 51000 ssh2"
ENTRY = {
    "__CURSOR": "s=1",
    "__REALTIME_TIMESTAMP": "1773269730000000",
    "_BOOT_ID": "1",
    "_HOSTNAME": "web01",
    "SYSLOG_IDENTIFIER": "sshd",
    "_PID": "311",
    "PRIORITY": "6",
    "SYSLOG_FACILITY": "10",
    "MESSAGE": SSH,
}


def export(entry: dict[str, str]) -> bytes:
    """An entry in the export format; a text of several lines by its size."""
    parts: list[bytes] = []
    for name, value in entry.items():
        content = value.encode()
        size = len(content).to_bytes(8, "little")
        parts.append(name.encode() + (b"\n" + size if b"\n" in content else b"=") + content)
    return b"\n".join(parts) + b"\n\n"


def read(content: bytes):
    file = LogFile("a", journal_export.FORMAT, io.BufferedReader(io.BytesIO(content)))
    return [*journal_export.FORMAT.events(file)]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("journal.json", json.dumps(ENTRY).encode() + b"\n"),
        ("journal", json.dumps(ENTRY).encode() + b"\n"),
        ("pretty.json", json.dumps(ENTRY, indent=1).encode()),
        ("bytes.json", json.dumps({**ENTRY, "MESSAGE": [*SSH.encode()]}).encode() + b"\n"),
        ("journal.export", export(ENTRY)),
    ],
)
def test_an_entry_is_a_message(tmp_path, name, content):
    """A logon in the journal is a logon, with the time, the machine and the account, whichever way it was exported."""
    (tmp_path / name).write_bytes(content)
    source = ENGINE.open(str(tmp_path / name), tmp_path / "cache")
    (row,) = rows(source, "logons")
    assert row["time"].isoformat() == "2026-03-11T22:55:30"
    assert (row["host_name"], row["user_name"], row["source_ip"]) == ("web01", "alice", "192.0.2.9")
    assert "assumed" not in str(source)


def test_other_json_stays_json():
    """Names of the journal within a value, or one of them alone, make no journal."""
    texts = ['{"a": {"__REALTIME_TIMESTAMP": "1", "_BOOT_ID": "1"}}', '{"__REALTIME_TIMESTAMP": "1"}', '{"a": 1}']
    for text in texts:
        head = FileHead("a.json", text.encode())
        assert journal_json.FORMAT.recognises(head) is Match.NONE
        found = recognised_format(head)
        assert found is not None
        assert found.name == "json"


def test_values_of_several_lines_and_several_values_are_read():
    """A value by its size may hold empty lines; a field that is there twice has both values."""
    (event,) = read(export({**ENTRY, "MESSAGE": "first\n\nthird"}).replace(b"_PID=311\n", b"_PID=311\nA=1\nA=2\n"))
    assert event.fields is not None
    assert event.fields["message"] == "first\n\nthird"
    assert event.fields["journal"]["A"] == "1\n2"
    assert (event.fields["severity"], event.fields["facility"]) == ("informational", "authpriv")


def test_a_damaged_entry_costs_itself(tmp_path):
    """What is no field, and a value that is cut off, are damaged entries; those before them are rows."""
    cut = export({**ENTRY, "MESSAGE": "first\nsecond"})[:-8]
    (tmp_path / "a.export").write_bytes(export(ENTRY) + b"no field\n\n" + export(ENTRY) + cut)
    source = ENGINE.open(str(tmp_path / "a.export"), tmp_path / "cache")
    assert len(rows(source, "logons")) == 2
    assert source.coverage.total(EventKind.DAMAGED) == 2


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(content):
    """Whatever follows an entry, the entry is read, and all bytes but those between entries are evidence once."""
    events = read(export(ENTRY) + content)
    assert events[0].fields is not None
    size = sum(len(event.raw) for event in events[1:])
    assert len(content) - content.count(b"\n") <= size <= len(content)
