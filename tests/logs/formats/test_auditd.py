"""The log of the Linux audit daemon: records of one event are one row, and what is written in hexadecimal is read."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import Host, IpAddress, Relation
from clew.logs.engines.duckdb_engine import ENGINE
from clew.logs.event_mapper import EventKind
from clew.logs.formats.auditd import FORMAT
from clew.logs.formats.log_format import FileHead, LogFile, Match
from clew.logs.messages.audit_record import read_record, socket_address
from clew.logs.query_packs import load_queries
from clew.logs.sigma.detector import detect
from tests.logs.events import ask, rows

EXEC = [
    "type=SYSCALL msg=audit(1773269730.100:7): arch=c000003e syscall=59 success=yes exit=0 a0=55 items=2 "
    'ppid=900 pid=901 auid=1000 uid=0 gid=0 euid=0 tty=pts0 ses=3 comm="wget" exe="/usr/bin/wget" key="web"',
    'type=EXECVE msg=audit(1773269730.100:7): argc=3 a0="wget" a1=2D71206F a2[0]="http://files.example/" a2[1]="a b"',
    'type=CWD msg=audit(1773269730.100:7): cwd="/tmp"',
    'type=PATH msg=audit(1773269730.100:7): item=0 name="/usr/bin/wget" inode=1 nametype=NORMAL',
    "type=PROCTITLE msg=audit(1773269730.100:7): proctitle=77676574002D71",
    "type=EOE msg=audit(1773269730.100:7): ",
]
CONNECT = [
    "type=SYSCALL msg=audit(1773269731.000:8): arch=c000003e syscall=42 success=no exit=-115 pid=901 uid=1000 "
    'comm="wget" exe="/usr/bin/wget"\x1dARCH=x86_64 SYSCALL=connect UID="alice"',
    "type=SOCKADDR msg=audit(1773269731.000:8): saddr=020001BBC6336407",
]
LOGIN = (
    "type=USER_LOGIN msg=audit(1773269732.000:9): pid=5 uid=0 auid=4294967295 ses=4294967295 "
    'msg=\'op=login acct="root" exe="/usr/sbin/sshd" hostname=? addr=198.51.100.7 terminal=sshd res=failed\''
)
CREATED = [
    'type=SYSCALL msg=audit(1773269733.000:10): arch=c000003e syscall=257 success=yes pid=901 uid=0 exe="/bin/sh"',
    'type=CWD msg=audit(1773269733.000:10): cwd="/etc/cron.d"',
    "type=PATH msg=audit(1773269733.000:10): item=1 name=6A6F622031 nametype=CREATE",
]


def read(*lines: str) -> list[dict[str, Any] | None]:
    content = "\n".join(lines).encode()
    file = LogFile("audit.log", FORMAT, io.BufferedReader(io.BytesIO(content)))
    return [None if event.fields is None else dict(event.fields) for event in FORMAT.events(file)]


def connect(tmp_path: Path, *lines: str):
    path = tmp_path / "audit.log"
    path.write_text("\n".join(lines), "utf-8")
    return ENGINE.open(str(path), tmp_path / "cache")


def test_the_records_of_an_event_are_one():
    """Arguments are whole, call and user have names, and the types of all records are told."""
    (event,) = read(*EXEC)
    assert event is not None
    assert event["type"] == ["SYSCALL", "EXECVE", "CWD", "PATH", "PROCTITLE", "EOE"]
    assert (event["syscall"], event["user"], event["login_user"]) == ("execve", "root", "uid 1000")
    assert (event["a1"], event["a2"]) == ("-q o", "http://files.example/a b")
    assert event["command_line"] == "wget '-q o' 'http://files.example/a b'"


def test_events_may_lie_among_each_other():
    """Interleaved and out of order, each event has its own records, whichever machine it is of."""
    mixed = [EXEC[0], CONNECT[0], EXEC[1], f"node=web02 {EXEC[0]}", CONNECT[1], *EXEC[2:]]
    execution, connection, other = sorted(
        filter(None, read(*mixed)), key=lambda event: len(event["type"]), reverse=True
    )
    assert execution["command_line"].startswith("wget")
    assert (connection["address_ip"], connection["address_port"]) == ("198.51.100.7", 443)
    assert other["node"] == "web02"
    assert "command_line" not in other


def test_what_auditd_resolved_is_believed():
    """Names behind the separator stand for numbers before it."""
    (event,) = read(*CONNECT)
    assert event is not None
    assert (event["syscall"], event["user"]) == ("connect", "alice")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("020001BBC6336407", ("198.51.100.7", 443, "")),
        ("0A0000350000000020010DB800000000000000000000000100000000", ("2001:db8::1", 53, "")),
        ("01002F7661722F72756E2F6E73636400", ("", None, "/var/run/nscd")),
        ("10000000", None),
        ("02", None),
        ("no", None),
    ],
)
def test_where_a_socket_leads_is_read(text, address):
    """Addresses of both versions and paths; what has none is nothing."""
    assert socket_address(text) == address


def test_rows_are_found_from_the_machine_and_the_address(tmp_path):
    """An execution, a connection, a failed logon and a new file are rows; the node is the machine."""
    lines = [f"node=web01 {line}" for line in (*EXEC, *CONNECT, LOGIN, *CREATED)]
    source = connect(tmp_path, *lines)
    queries = load_queries()
    (process,) = rows(source, "processes")
    assert (process["process_pid"], process["parent_pid"], process["logon_id"]) == (901, 900, "3")
    assert process["process_command_line"].startswith("wget")
    (file,) = rows(source, "files")
    assert file["file_path"] == "/etc/cron.d/job 1"
    finding = ask(source, queries["IpAddress.logons"], IpAddress("198.51.100.7"))
    assert Relation.FAILED_LOGON_TO in {link.relation for link in finding.links}
    assert ask(source, queries["Host.connections"], Host("web01")).returned == 1
    assert "assumed" not in str(source)


def test_a_machine_that_is_not_told_is_told(tmp_path):
    """Without a node the rows have no machine, and the counts say why."""
    source = connect(tmp_path, *EXEC)
    assert rows(source, "processes")[0]["host_name"] is None
    assert "assumed for audit.log: the log does not say of which machine it is" in str(source)


def test_a_rule_for_records_matches_the_event(tmp_path):
    """A rule names a type of record, arguments and paths as auditd does."""
    rule = """
title: A made-up download
logsource: {product: linux, service: auditd}
detection:
  selection: {type: EXECVE, a0: wget, a2|contains: files.example}
  condition: selection
"""
    detection = detect([connect(tmp_path, *EXEC, *CONNECT, LOGIN)], rule)
    assert [match.last.row for match in detection.matches] == [1]


def test_what_is_no_record_is_damaged():
    """It costs its own line."""
    assert [event is None for event in read("no record", *EXEC, "type=X msg=?")] == [True, False, True]


@pytest.mark.parametrize(
    ("content", "match"),
    [(EXEC[0], Match.SIGNATURE), (f"node=a {LOGIN}", Match.SIGNATURE), ("type=a\n", Match.NONE), ("", Match.NONE)],
)
def test_it_is_recognised_by_its_lines(content, match):
    """By a record at the beginning."""
    assert FORMAT.recognises(FileHead("audit.log", content.encode())) is match


def test_fields_of_real_records_are_those_of_another_reader(shared_data):
    """What go-libaudit reads out of the same lines under the same names is the same, but for what it names itself."""
    compared_count = 0
    for path in sorted((shared_data("auditd") / "go-libaudit" / "auparse").glob("*.log")):
        golden = json.loads(path.with_name(f"{path.name}.golden").read_text("utf-8"))
        expected = {(item["sequence"], item["record_type"]): item.get("data") or {} for item in golden if item}
        for line in path.read_text("utf-8").splitlines():
            record = read_record(line)
            if record is None:
                continue
            data = expected.get((int(record.event.partition(":")[2]), record.type.lower()), {})
            for name in record.fields.keys() & data.keys() - {"arch", "syscall", "saddr", "sig", "exit"}:
                if data[name] != "unset":
                    compared_count += 1
                    assert record.fields[name] == data[name], (record, name)
    assert compared_count > 300


def test_a_real_log_is_read_whole(shared_data, tmp_path):
    """Of 1,708 lines each belongs to an event: 146 executions, 191 logons, no line lost."""
    source = ENGINE.open(str(shared_data("auditd") / "msticpy_auditd_log.txt"), tmp_path)
    assert source.coverage.total(EventKind.DAMAGED, EventKind.NO_LAYOUT, EventKind.NO_TIME, EventKind.EMPTY) == 0
    assert (len(rows(source, "processes")), len(rows(source, "logons"))) == (146, 191)
    lines = [line for event in source.events.events() for line in event.raw.splitlines()]
    assert len(lines) == 1_708


@given(st.lists(st.one_of(st.sampled_from([*EXEC, *CONNECT, LOGIN, *CREATED]), st.text(max_size=40)), max_size=12))
def test_no_line_is_lost(lines):
    """Whatever order the lines have, each is in the raw text of one event."""
    content = "\n".join(line.replace("\n", " ").replace("\r", " ") for line in lines).encode("utf-8", "replace")
    file = LogFile("a", FORMAT, io.BufferedReader(io.BytesIO(content)))
    raw_lines = [line for event in FORMAT.events(file) for line in event.raw.split(b"\n")]
    assert sorted(raw_lines) == sorted(line for line in content.split(b"\n") if line.strip())
