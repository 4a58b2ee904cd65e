"""Windows events are understood in the layouts of many exporters, and each view says what its events say."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clew.entities import Host, Relation
from clew.logs.engines.duckdb_engine import ENGINE
from clew.logs.event_mapper import EventKind
from clew.logs.query_packs import load_queries
from clew.logs.windows_values import defender_path, host_application, script_user_name, task_command
from tests.logs.events import GUID, HOST, ask, ndjson, opened, rows
from tests.logs.windows_events import WINDOWS, event

XML = (
    "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><EventID>1</EventID>"
    "<TimeCreated SystemTime='2026-03-17T09:15:00.123Z'/><Channel>Microsoft-Windows-Sysmon/Operational</Channel>"
    "<Computer>ws01.corp.example</Computer></System><EventData>"
    f"<Data Name='ProcessGuid'>{{{GUID}}}</Data><Data Name='ProcessId'>6700</Data>"
    "<Data Name='Image'>C:\\Tools\\a.exe</Data><Data Name='CommandLine'>a.exe -x</Data></EventData></Event>"
)
DATA = {"ProcessGuid": f"{{{GUID}}}", "ProcessId": "6700", "Image": "C:\\Tools\\a.exe", "CommandLine": "a.exe -x"}
SYSTEM = {
    "EventID": 1,
    "Channel": "Microsoft-Windows-Sysmon/Operational",
    "Computer": "ws01.corp.example",
    "TimeCreated_attributes": {"SystemTime": "2026-03-17T09:15:00.123Z"},
}
TABLE = {"TimeGenerated": "2026-03-17T09:15:00.123Z", "Computer": HOST, "EventID": 1}
ITEMS = "".join(f'<Data Name="{name}">{text}</Data>' for name, text in DATA.items())
ITEM = f'<DataItem type="System.XmlData" time="x"><EventData xmlns="y">{ITEMS}</EventData></DataItem>'
LAYOUTS: dict[str, dict[str, Any]] = {
    "splunk-xml": {"result": {"_time": "2026-03-17T09:15:00.123+00:00", "host": "x", "_raw": XML}},
    "plaso": {"event_identifier": 1, "timestamp": 1773738900123000, "xml_string": f"{XML}\n"},
    "chainsaw": {
        "group": "Sigma",
        "document": {"kind": "evtx", "data": {"Event": {"System": SYSTEM, "EventData": DATA}}},
    },
    "sentinel-event": {**TABLE, "EventLog": "Microsoft-Windows-Sysmon/Operational", "EventData": ITEM},
    "sentinel-windowsevent": {
        **TABLE,
        "Channel": "Microsoft-Windows-Sysmon/Operational",
        "EventData": json.dumps(DATA),
    },
    "elastic": {
        "@timestamp": "2026-03-17T09:15:00.123Z",
        "winlog.channel": "Microsoft-Windows-Sysmon/Operational",
        "winlog.event_id": 1,
        "winlog.computer_name": HOST,
        **{f"winlog.event_data.{name}": text for name, text in DATA.items()},
    },
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_one_process_in_the_layouts_of_other_tools(tmp_path: Path, layout: str) -> None:
    """Whoever exported it, the event names the same process, at the same time."""
    source = opened(tmp_path, ndjson([LAYOUTS[layout]]))
    (row,) = rows(source, "processes")
    assert (row["host_name"], row["process_entity_id"], row["process_pid"]) == (HOST, GUID, 6700)
    assert (row["process_executable"], row["process_command_line"]) == ("C:\\Tools\\a.exe", "a.exe -x")
    assert row["time"].isoformat() == "2026-03-17T09:15:00.123000"
    source.close()


def test_a_security_event_of_splunk_as_text(tmp_path: Path) -> None:
    """Splunk's own text of an event has its fields in lines, and in the message what Windows says of it."""
    raw = (
        "03/17/2026 09:15:00 AM\nLogName=Security\nEventCode=4688\nComputerName=ws01.corp.example\n"
        "Message=A new process has been created.\n\nCreator Subject:\n\tSecurity ID:\t\tCORP\\alice\n"
        "\tAccount Name:\t\talice\n\tAccount Domain:\t\tCORP\n\tLogon ID:\t\t0x3E7\n\nProcess Information:\n"
        "\tNew Process ID:\t\t0x1a2c\n\tNew Process Name:\tC:\\Tools\\a.exe\n\tCreator Process ID:\t0x4\n"
        "\tProcess Command Line:\ta.exe -x\n"
    )
    source = opened(tmp_path, ndjson([{"result": {"_time": "2026-03-17T09:15:00+00:00", "_raw": raw}}]))
    (row,) = rows(source, "processes")
    assert (row["process_pid"], row["parent_pid"], row["process_command_line"]) == (6700, 4, "a.exe -x")
    assert (row["user_domain"], row["user_name"], row["logon_id"]) == ("CORP", "alice", "0x3e7")
    assert row["time"].isoformat() == "2026-03-17T09:15:00"
    source.close()


def test_the_process_id_of_the_service_is_nobodys(tmp_path: Path) -> None:
    """NXLog loses `ProcessId` to `ProcessID`, the id of the service that logged: no process is given that number."""
    lost = {**TABLE, "Channel": "Microsoft-Windows-Sysmon/Operational", **DATA, "ProcessID": 2928}
    del lost["ProcessId"]
    source = opened(tmp_path, ndjson([lost]))
    assert rows(source, "processes")[0]["process_pid"] is None
    source.close()


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory):
    """A log with an event for each view."""
    source = opened(tmp_path_factory.mktemp("schema"), ndjson(WINDOWS))
    yield source
    source.close()


@pytest.mark.parametrize(
    ("view", "cells"),
    [
        ("registry", {"event_action": "SetValue", "registry_path": "HKLM\\Software\\Run\\a", "registry_data": "a.exe"}),
        ("images", {"event_action": "image-loaded", "file_path": "C:\\Tools\\a.dll", "file_signed": False}),
        ("file_changes", {"event_action": "deleted", "file_path": "C:\\Temp\\b.exe"}),
        (
            "services",
            {"event_action": "installed", "service_command_line": "C:\\Tools\\a.exe -s", "user_name": "alice"},
        ),
        ("scheduled_tasks", {"event_action": "created", "task_command_line": "a.exe -x & y"}),
        ("script_blocks", {"event_action": "script-block", "script_text": "whoami", "script_id": GUID}),
        (
            "group_changes",
            {"event_action": "member-added", "group_name": "Admins", "target_user_id": "S-1-5-21-1-2-3-1105"},
        ),
        ("kerberos_tickets", {"event_outcome": "success", "source_ip": "198.51.100.7", "service_name": "krbtgt"}),
        ("explicit_credentials", {"target_user_name": "bob", "target_host": "dc01.corp.example"}),
        ("shares", {"event_action": "file-opened", "share_file": "a.exe", "source_ip": "198.51.100.7"}),
        ("malware_detections", {"threat_name": "Tool:Example", "file_path": "C:\\Temp\\b.exe", "user_name": "alice"}),
        ("rdp_sessions", {"event_action": "logged-on", "user_domain": "CORP", "source_ip": "198.51.100.7"}),
        ("log_clears", {"log_name": "Security", "user_name": "alice"}),
        ("bits_jobs", {"url_full": "https://files.example/a.exe", "file_size": None}),
    ],
)
def test_what_a_view_says(logs: Any, view: str, cells: dict[str, Any]) -> None:
    """Each row says who did what to which thing, in the words of the view."""
    (row,) = rows(logs, view)
    assert {name: row[name] for name in cells} == cells
    assert row["host_name"] == HOST


def test_user_data_below_a_name_of_its_own(tmp_path: Path) -> None:
    """What stands below an element of `UserData` is found: who cleared which log."""
    cleared = {"LogFileCleared": {"#attributes": {"xmlns": "x"}, "SubjectUserName": "alice", "Channel": "Application"}}
    system = {**SYSTEM, "EventID": 104, "Channel": "System"}
    for data in (cleared, {"LogFileCleared": {"SubjectUserName": "alice", "Channel": "Application"}}):
        folder = tmp_path / str(len(data["LogFileCleared"]))
        folder.mkdir()
        source = opened(folder, ndjson([{"Event": {"System": system, "UserData": data}}]))
        (row,) = rows(source, "log_clears")
        assert (row["user_name"], row["log_name"]) == ("alice", "Application")
        source.close()


def test_a_line_break_of_any_kind_in_a_script_is_kept(tmp_path: Path) -> None:
    """Scripts hold quotation marks, commas and line ends of all kinds, and come out as they were."""
    text = 'a "b", c\r\nd\re\n""\\'
    made = event("Microsoft-Windows-PowerShell/Operational", 4104, ScriptBlockText=text)
    source = opened(tmp_path, ndjson([made]))
    assert rows(source, "script_blocks")[0]["script_text"] == text
    source.close()


def test_who_did_it_is_linked(logs: Any) -> None:
    """An account that did something on a host is linked to it, and a member to who added it."""
    finding = ask(logs, load_queries()["Host.group_changes"], Host(HOST))
    assert {link.relation for link in finding.links} == {Relation.ACTED_ON, Relation.CHANGED}


def test_texts_of_windows() -> None:
    """Commands, paths and users are found in the texts around them; a text without them has none."""
    assert task_command("a.exe") == "a.exe"
    assert task_command("<Task><Actions/></Task>") is None
    assert host_application("\tHostName=x\r\n\tHostApplication=a.exe -x\r\n") == "a.exe -x"
    assert host_application("Host Application = b.exe\r\n") == "b.exe"
    assert script_user_name("        User = CORP\\alice\r\n") == "alice"
    assert script_user_name("nobody") is None
    assert defender_path("containerfile:_C:\\a.zip; file:_C:\\b.exe") == "C:\\b.exe"
    assert defender_path("process:_pid:1") is None


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "least", "views"),
    [
        ("evtx-attack", 0.8, {"logons": 3735, "shares": 2282, "services": 743}),
        ("evtx-sigma-regression", 0.99, {"processes": 139, "files": 50, "registry": 36}),
        ("splunk-winlog", 0.99, {"accesses": 7622, "processes": 329, "privilege_uses": 108}),
    ],
)
def test_most_of_real_logs_is_in_views(
    shared_data: Callable[[str], Path], tmp_path: Path, name: str, least: float, views: dict[str, int]
) -> None:
    """Of real recordings most events are in views, none is damaged, and the views have what was counted."""
    source = ENGINE.open(str(shared_data(name)), tmp_path)
    counts = source.description.counts
    assert counts["damaged"] == 0
    assert {view: source.select(f"SELECT * FROM {view}", {}, 1).available for view in views} == views
    in_views = source.coverage.total(EventKind.IN_VIEWS)
    known = counts["rows"] - source.coverage.total(EventKind.NO_LAYOUT)
    assert in_views / known >= least
    source.close()


@pytest.mark.parametrize(
    ("case", "view", "times"),
    [
        ("10-logs-layout-not-known", "processes", ["2026-03-17T09:15:00.123"] * 4),
        # Three files, two rows: Sysmon's process is one of the two that the Security log has.
        ("13-logs-time-not-read", "processes", ["2026-03-17T09:15:00.123"] * 2),
        ("15-logs-ipv6-spelling/sysmon_and_firewall.ndjson", "connections", ["2026-03-17T09:15:00.123"]),
        ("17-logs-names", "resolutions", ["2026-03-17T09:15:00.123"] * 3),
        ("18-logs-number-as-float", "processes", ["2026-03-17T09:15:00.123"]),
        ("19-one-bad-file", "processes", ["2026-03-17T09:15:00.123"]),
        ("44-json-one-behind-the-other", "processes", ["2026-03-17T09:15:00.123"] * 2),
        ("45-security-events-without-channel", "processes", ["2026-03-17T09:15:00.123"]),
    ],
)
def test_reported_logs_are_read(
    shared_data: Callable[[str], Path], tmp_path: Path, case: str, view: str, times: list[str]
) -> None:
    """Logs that users reported as not understood have the rows that they should have, at the right time."""
    source = ENGINE.open(str(shared_data("../cases").resolve() / case), tmp_path)
    assert [row["time"].isoformat()[:23] for row in rows(source, view)] == times
    source.close()
