"""What the views make of the events: one row for one thing that happened, with its own clock and names."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from clew.errors import SettingsError
from clew.logs.column_rules import read_column
from clew.logs.pack_files import PackFile
from clew.logs.schema_files import load_schemas
from tests.logs.events import (
    CONNECTED,
    GUID,
    HOST,
    LOGGED_ON,
    OTHER,
    PERMITTED,
    RESOLVED,
    SPAWNED,
    STARTED,
    TURNED_AWAY,
    Event,
    ndjson,
    opened,
    rows,
    security,
)


@pytest.fixture
def view(tmp_path):
    """The rows of a view of some events, in a database of their own."""

    def made(name: str, *events: Event) -> list[dict[str, Any]]:
        return rows(opened(tmp_path, ndjson(events)), name)

    return made


def when(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-17T{text}")


def test_a_sysmon_process(view):
    """Names are lower case, GUIDs bare, hashes apart, the account in two parts, the start that of the event."""
    (row,) = view("processes", STARTED)
    assert {name: row[name] for name in row if row[name] is not None and name != "raw"} == {
        "time": when("09:15:00.123"),
        "host_name": HOST,
        "process_entity_id": GUID,
        "process_pid": 6700,
        "process_started": when("09:15:00.123"),
        "process_executable": "C:\\Tools\\a.exe",
        "process_command_line": "a.exe -x",
        "process_hash_sha256": "c" * 64,
        "process_hash_sha1": "a" * 40,
        "process_hash_md5": "b" * 32,
        "parent_entity_id": OTHER,
        "parent_pid": 4,
        "user_domain": "CORP",
        "parent_executable": "C:\\Windows\\explorer.exe",
        "user_name": "Alice",
        "logon_id": "0x3e7",
        "dataset": "sysmon",
        "source": "log.ndjson",
        "row": 1,
    }


def test_a_security_process(view):
    """Security's ids are hexadecimal, its account the subject where there is no target."""
    (row,) = view("processes", SPAWNED)
    assert (row["process_pid"], row["parent_pid"], row["process_entity_id"]) == (6700, 4, None)
    assert (row["user_id"], row["user_domain"], row["user_name"]) == ("S-1-5-21-1-2-3-1104", "CORP", "alice")
    assert (row["dataset"], row["process_started"]) == ("windows-security", when("09:15:00.456"))


@pytest.mark.parametrize("host", [HOST, "ws01", "WS01", HOST.upper()])
def test_a_process_that_both_sources_saw_is_one(view, host):
    """Sysmon 1 and Security 4688 for one start are one row, whichever name each has for the host."""
    (row,) = view("processes", {**SPAWNED, "Hostname": host}, STARTED)
    assert row["dataset"] == "sysmon"


def test_a_process_that_one_source_saw_is_kept(view):
    """Another pid, program or host is another process; a second run under one pid is a second row."""
    again = {"UtcTime": "2026-03-17 10:00:00.000", "ProcessGuid": OTHER}
    found = view(
        "processes",
        STARTED,
        SPAWNED,
        {**STARTED, **again},
        {**SPAWNED, "@timestamp": "2026-03-17T10:00:00.300Z"},
        {**SPAWNED, "@timestamp": "2026-03-17T11:00:00.300Z"},
        {**SPAWNED, "NewProcessId": "0x10", "CommandLine": "a.exe -y"},
        {**SPAWNED, "NewProcessName": "C:\\Tools\\b.exe"},
        {**SPAWNED, "Hostname": "ws02.corp.example"},
    )
    assert sorted(row["dataset"] for row in found) == ["sysmon"] * 2 + ["windows-security"] * 4
    third = [row for row in found if row["process_started"] == when("11:00:00.300")]
    assert [row["dataset"] for row in third] == ["windows-security"]


def test_a_parent_is_the_last_process_with_its_id(view):
    """Security names the parent by its id alone: it is the one that had this id when the child began."""
    parent = {**SPAWNED, "NewProcessId": "0x4", "NewProcessName": "C:\\Windows\\p.exe", "ProcessId": "0x0"}
    found = view(
        "processes",
        {**parent, "@timestamp": "2026-03-17T08:00:00Z"},
        {**parent, "@timestamp": "2026-03-17T09:00:00Z"},
        SPAWNED,
        {**parent, "@timestamp": "2026-03-17T12:00:00Z"},
        {**parent, "@timestamp": "2026-03-17T09:10:00Z", "Hostname": "ws02"},
    )
    (child,) = [row for row in found if row["process_pid"] == 6700]
    assert child["parent_started"] == when("09:00:00")


@pytest.mark.parametrize("host", [HOST, "ws01"])
def test_a_connection_that_both_sources_saw_is_one(view, host):
    """Sysmon 3 and Security 5156 for one connection are one row, by addresses, ports and host."""
    (row,) = view("connections", {**PERMITTED, "Hostname": host}, CONNECTED)
    assert (row["dataset"], row["process_entity_id"], row["initiated"]) == ("sysmon", GUID, True)


@pytest.mark.parametrize(
    "change",
    [
        {"SourcePort": "50001"},
        {"DestPort": "80"},
        {"DestAddress": "198.51.100.8"},
        {"ProcessID": "7"},
        {"Hostname": "ws02"},
    ],
)
def test_a_connection_that_one_source_saw_is_kept(view, change):
    """A difference in any of them is another connection."""
    found = view("connections", CONNECTED, {**PERMITTED, **change})
    assert [row["dataset"] for row in found] == ["sysmon", "windows-security"]


def test_a_connection_has_a_near_and_a_far_end(view):
    """Who began a connection decides which end is the peer."""
    inbound = {**CONNECTED, "Initiated": "false", "UtcTime": "2026-03-17 09:30:00"}
    out, into, security_row = view(
        "connections",
        CONNECTED,
        inbound,
        {**PERMITTED, "DestPort": "53", "Protocol": "17", "@timestamp": "2026-03-17T10:00:00Z"},
    )
    assert (out["local_ip"], out["local_port"], out["peer_ip"], out["peer_port"]) == (
        "192.0.2.1",
        50000,
        "198.51.100.7",
        443,
    )
    assert (into["local_ip"], into["peer_ip"], into["peer_port"]) == ("198.51.100.7", "192.0.2.1", 50000)
    assert (security_row["network_transport"], out["network_transport"]) == ("udp", "tcp")


ANSWERS = [
    ("198.51.100.7;", {"198.51.100.7"}),
    ("::ffff:198.51.100.7;::ffff:198.51.100.8;", {"198.51.100.7", "198.51.100.8"}),
    ("type:  5 cdn.example;198.51.100.7;2001:DB8::1;", {"198.51.100.7", "2001:db8::1"}),
    ("198.51.100.7;198.51.100.7;", {"198.51.100.7"}),
    ("type:  5 only.alias.example;", {None}),
    ("-", {None}),
    ("", {None}),
    (None, {None}),
    ("bad;;; ;dead:beef", {None}),
]


def test_answers_of_a_query_are_rows(view):
    """A row for each address of a DNS answer, and one without an address where there is none."""
    found = view("resolutions", *({**RESOLVED, "QueryResults": results} for results, _ in ANSWERS))
    assert {row["dns_question_name"] for row in found} == {"cdn.evil.example"}
    for number, (results, addresses) in enumerate(ANSWERS, start=1):
        given = [row["dns_resolved_ip"] for row in found if row["row"] == number]
        assert len(given) == len(addresses), results
        assert set(given) == addresses, results


def test_logons(view):
    """Failed and successful logons are told apart; what Windows writes for "nobody" is nothing."""
    failed, succeeded = view("logons", LOGGED_ON, TURNED_AWAY)
    assert (failed["event_outcome"], failed["user_id"]) == ("failure", None)
    assert (succeeded["event_outcome"], succeeded["user_id"]) == ("success", "S-1-5-21-1-2-3-1104")
    assert (succeeded["source_ip"], succeeded["source_host"], succeeded["logon_type"]) == ("192.0.2.9", "ws02", 3)
    assert (succeeded["source_port"], succeeded["process_executable"]) == (51000, None)


TIMES = [
    ("2026-03-17T09:15:00Z", when("09:15:00")),
    ("2026-03-17T11:15:00+02:00", when("09:15:00")),
    ("2026-03-17 09:15:00", when("09:15:00")),
    ("2026-03-17T09:15:00.1234567Z", when("09:15:00.123456")),
    ("yesterday", None),
    ("", None),
    (None, None),
    ("9999-99-99T00:00:00Z", None),
]


def test_times_are_utc(view):
    """An offset is applied, a time without one is UTC, and what is no time is nothing."""
    found = {
        row["row"]: row["time"] for row in view("logons", *({**LOGGED_ON, "@timestamp": text} for text, _ in TIMES))
    }
    assert [found[number] for number in range(1, len(TIMES) + 1)] == [time for _, time in TIMES]


CELLS = [
    ({"ProcessId": "4294967295"}, "process_pid", 4294967295),
    ({"ProcessId": "many"}, "process_pid", None),
    ({"ProcessId": "99999999999999999999"}, "process_pid", None),
    ({"ProcessId": None, "ProcessID": "12"}, "process_pid", None),  # that of the service which logs
    ({"ProcessGuid": "{00000000-0000-0000-0000-000000000000}"}, "process_entity_id", None),
    ({"Hashes": "MD5=xyz,SHA256=" + "E" * 64}, "process_hash_sha256", "e" * 64),
    ({"Hashes": "nothing"}, "process_hash_md5", None),
    ({"User": "Alice"}, "user_domain", None),
    ({"User": "NT AUTHORITY\\SYSTEM"}, "user_name", "SYSTEM"),
    ({"Image": " - "}, "process_executable", None),
    ({"CommandLine": {"a": 1}}, "process_command_line", '{"a":1}'),
]


def test_cells_are_what_the_fields_say(view):
    """A field that is missing, damaged or of another kind costs its cell, not its row."""
    found = {row["row"]: row for row in view("processes", *({**STARTED, **fields} for fields, _, _ in CELLS))}
    assert len(found) == len(CELLS)
    for number, (fields, column, value) in enumerate(CELLS, start=1):
        assert found[number][column] == value, fields


def test_events_of_other_channels_are_no_rows(view):
    """An event number means something only in its own log."""
    assert view("processes", {**STARTED, "Channel": "Application"}, security(1)) == []


def test_every_map_fills_columns_of_its_view():
    """No map names a column that its view has not, and every view is filled by some map."""
    views = load_schemas().views
    maps = [event_map for schema in load_schemas().schemas for event_map in schema.maps]
    assert {event_map.view for event_map in maps} == set(views)
    for event_map in maps:
        assert set(event_map.columns) <= {*views[event_map.view].cell_names}
        assert "time" in event_map.columns
    windows = next(schema for schema in load_schemas().schemas if schema.name == "windows")
    assert all("host_name" in event_map.columns for event_map in windows.maps)


@pytest.mark.parametrize("recipe", ["shout Image", "text", "eval Image", "; DROP", "text(Image)", "'text Image", ""])
def test_a_recipe_is_one_of_the_known_functions(recipe):
    """A column can be made by the functions that there are, and by nothing else."""
    file = PackFile("a.yaml", "", {"column": recipe}, {})
    with pytest.raises(SettingsError, match="is not a column"):
        read_column(file.root.get("column"))
