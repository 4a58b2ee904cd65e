"""Syslog in its spellings: each message is one row, with the time, the machine and the program that it names."""

from __future__ import annotations

import io
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import Account, Host, IpAddress, Outcome, Relation
from clew.logs.engines.duckdb_engine import ENGINE
from clew.logs.engines.duckdb_source import DuckDbSource
from clew.logs.event_mapper import EventKind
from clew.logs.formats.log_format import FileHead, LogFile, Match
from clew.logs.formats.syslog import FORMAT
from clew.logs.query_packs import load_queries
from tests.logs.events import ask, rows

CHANGED = datetime(2026, 3, 17, 12, tzinfo=UTC).timestamp()
SSH = "sshd[311]: Accepted password for alice from 192.0.2.9 port 51000 ssh2"


def read(text: str, modified_at: float | None = CHANGED) -> list[dict[str, Any] | None]:
    file = LogFile("auth.log", FORMAT, io.BufferedReader(io.BytesIO(text.encode())), modified_at=modified_at)
    return [None if event.fields is None else dict(event.fields) for event in FORMAT.events(file)]


def connect(tmp_path: Path, text: str, modified_at: float = CHANGED) -> DuckDbSource:
    path = tmp_path / "auth.log"
    path.write_text(text, "utf-8")
    os.utime(path, (modified_at, modified_at))
    return ENGINE.open(str(path), tmp_path / "cache")


@pytest.mark.parametrize(
    ("header", "fields"),
    [
        ("Mar 11 22:55:30 web01 ", {"timestamp": "2026-03-11T22:55:30", "host": "web01"}),
        ("<86>Mar  1 22:55:30 web01 ", {"timestamp": "2026-03-01T22:55:30", "facility": "authpriv"}),
        ("Mar 11 2024 22:55:30 web01 ", {"timestamp": "2024-03-11T22:55:30"}),
        ("2024 Mar 11 22:55:30 web01 ", {"timestamp": "2024-03-11T22:55:30"}),
        ("Mar 11 22:55:30.125 192.0.2.4 ", {"timestamp": "2026-03-11T22:55:30.125", "host": "192.0.2.4"}),
        ("2026-03-11T22:55:30.5+01:00 web01 ", {"timestamp": "2026-03-11T22:55:30.5+01:00", "host": "web01"}),
        ("<38>2026-03-11T22:55:30Z web01 ", {"severity": "informational", "facility": "auth"}),
    ],
)
def test_every_spelling_of_the_header_is_read(header, fields):
    """Time, machine and priority are those of the header; program, process id and text are the same under each."""
    (found,) = read(f"{header}{SSH}\n")
    assert found is not None
    assert fields.items() <= found.items()
    assert (found["program"], found["pid"]) == ("sshd", 311)
    assert (found["event"], found["user"], found["source_ip"]) == ("logon", "alice", "192.0.2.9")


def test_the_header_of_rfc_5424_is_read():
    """What it leaves out with a hyphen is not there, its structured data are fields, and its mark is no text."""
    lines = (
        '<165>1 2026-03-11T22:14:15.003Z web01 app 42 ID47 [a@32473 x="1 \\"2\\"" y="\\]"][b@1] \ufeffan event\n'
        "<34>1 - - su - - - \n"
    )
    first, second = read(lines)
    assert first == {
        "syslog": "rfc5424",
        "timestamp": "2026-03-11T22:14:15.003Z",
        "host": "web01",
        "program": "app",
        "pid": "42",
        "message_id": "ID47",
        "facility": "local4",
        "severity": "notice",
        "structured_data": {"a@32473": {"x": '1 "2"', "y": "]"}, "b@1": {}},
        "message": "an event",
    }
    assert second == {
        "syslog": "rfc5424",
        "program": "su",
        "facility": "auth",
        "severity": "critical",
        "message": "",
    }


@pytest.mark.parametrize(
    ("day", "year"),
    [
        ("Mar 17", "2026-03-17"),
        ("Mar 18", "2026-03-18"),
        ("Mar 19", "2025-03-19"),
        ("Dec 31", "2025-12-31"),
        ("Feb 29", "2024-02-29"),
    ],
)
def test_a_day_without_a_year_is_the_last_one_before_the_file_was_changed(tmp_path, day, year):
    """A day ahead may be the zone; the assumption is told beside the counts."""
    source = connect(tmp_path, f"{day} 09:00:00 web01 {SSH}\n")
    (row,) = rows(source, "logons")
    assert row["time"].isoformat() == f"{year}T09:00:00"
    assert "assumed for auth.log: times without a year: the last such day before the file was changed" in str(source)
    assert "assumed for auth.log: times without a zone: as UTC" in str(source)


def test_a_time_that_says_all_assumes_nothing(tmp_path):
    """With year and zone nothing is assumed, and nothing is told."""
    source = connect(tmp_path, f"2026-03-11T22:55:30+01:00 web01 {SSH}\n")
    (row,) = rows(source, "logons")
    assert row["time"].isoformat() == "2026-03-11T21:55:30"
    assert "assumed" not in str(source)


def test_lines_without_a_header_belong_to_the_message_before(tmp_path):
    """A message of several lines is one row with all of them; lines before the first header are damaged."""
    text = f"no header\nMar 11 22:55:30 web01 app: first\n  second\nthird\nMar 11 22:55:31 web01 {SSH}\n"
    damaged, several, one = read(text)
    assert damaged is None
    assert several is not None
    assert several["message"] == "first\n  second\nthird"
    assert one is not None
    assert one["event"] == "logon"


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (f"Mar 11 22:55:30 web01 {SSH}\n", Match.SHAPE),
        ("<14>1 2026-03-06T04:07:38Z web01 tag - - - info\nwith another line\n", Match.SHAPE),
        ('{"timestamp": "Mar 11 22:55:30"}\n', Match.NONE),
        ("2026-03-11T22:55:30Z app elb 192.0.2.1:80 - 0.1\n", Match.NONE),
        ("#Fields: date time\n2026-03-11 22:55:30\n", Match.NONE),
        ('192.0.2.1 - - [11/Mar/2026:22:55:30 +0000] "GET / HTTP/1.1" 200 1\n', Match.NONE),
        ("Mar 11 was a day\nlike another\n", Match.NONE),
        ("", Match.NONE),
    ],
)
def test_it_is_recognised_by_its_lines(content, match):
    """Most lines begin as syslog does; what only looks a little like it is left to others."""
    assert FORMAT.recognises(FileHead("messages", content.encode())) is match


def test_a_logon_is_found_from_every_side(tmp_path):
    """The machine, the address and the account of the machine lead to one logon, and to each other."""
    text = (
        f"Mar 11 22:55:30 web01 {SSH}\n"
        "Mar 11 22:56:00 web01 sshd[312]: Failed password for invalid user bob from 198.51.100.7 port 4000 ssh2\n"
        "Mar 11 22:57:00 web01 sudo:    alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/usr/bin/id -u\n"
    )
    source = connect(tmp_path, text)
    queries = load_queries()
    alice = Account("alice", host="web01")
    finding = ask(source, queries["Account.logons"], alice)
    assert (alice, Relation.LOGGED_ON_TO, Host("web01")) in {(x.source, x.relation, x.target) for x in finding.links}
    assert ask(source, queries["IpAddress.logons"], IpAddress("198.51.100.7")).returned == 1
    assert ask(source, queries["Account.logons"], Account("alice", host="web02")).outcome is Outcome.NOTHING
    (command,) = rows(source, "processes")
    assert (command["process_executable"], command["user_name"]) == ("/usr/bin/id", "root")
    assert ask(source, queries["Account.explicit_credentials"], alice).returned == 1


def test_sysmon_for_linux_is_sysmon(tmp_path):
    """A process that Sysmon for Linux logged is one, with its parent (after github.com/microsoft/SysmonForLinux)."""
    event = (
        '<Event><System><Provider Name="Linux-Sysmon"/><EventID>1</EventID>'
        '<TimeCreated SystemTime="2026-03-11T21:55:30.5Z"/><Channel>Linux-Sysmon/Operational</Channel>'
        '<Computer>web01</Computer></System><EventData><Data Name="ProcessGuid">'
        '{00000000-0000-0000-0000-000000000001}</Data><Data Name="ProcessId">42</Data>'
        '<Data Name="Image">/usr/bin/id</Data><Data Name="CommandLine">id -u</Data><Data Name="User">root</Data>'
        '<Data Name="ParentImage">/bin/bash</Data><Data Name="ParentProcessId">41</Data></EventData></Event>'
    )
    (row,) = rows(connect(tmp_path, f"Mar 11 22:55:30 web01 sysmon: {event}\n"), "processes")
    assert (row["process_executable"], row["process_command_line"]) == ("/usr/bin/id", "id -u")
    assert (row["parent_executable"], row["parent_pid"]) == ("/bin/bash", 41)
    assert (row["host_name"], row["user_name"]) == ("web01", "root")


def test_sysmon_for_linux_cut_off_is_a_message(tmp_path):
    """An event that the transport cut is counted as a message, and costs itself."""
    source = connect(tmp_path, "Mar 11 22:55:30 web01 sysmon: <Event><System><EventID>1</Ev\n")
    assert source.coverage.total(EventKind.NO_VIEW) == 1


def test_real_lines_are_in_views_or_of_a_kind(shared_data, tmp_path):
    """Of the samples of plaso, each logon is one, and no line is of no known layout."""
    source = ENGINE.open(str(shared_data("linux-web-logs") / "syslog"), tmp_path)
    assert source.description.counts["rows"] == 32
    assert source.coverage.total(EventKind.NO_LAYOUT, EventKind.DAMAGED, EventKind.EMPTY) == 0
    names = [(row["user_name"], row["event_outcome"]) for row in rows(source, "logons")]
    assert names.count(("fred", "success")) == 3
    assert ("root", "failure") in names


@given(st.lists(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60), max_size=8))
def test_no_line_is_lost(lines):
    """Whatever stands there, all of it is in the raw text of one event or another, and nothing twice."""
    content = "\n".join(lines)
    file = LogFile("a", FORMAT, io.BufferedReader(io.BytesIO(content.encode())), modified_at=CHANGED)
    texts = [line for event in FORMAT.events(file) for line in event.raw.split(b"\n")]
    assert texts == [line.rstrip(b"\r") for line in content.encode().split(b"\n") if line.strip()]
