"""What Hayabusa, Chainsaw, Plaso and Timesketch write is read, with values made up after their documentation."""

from __future__ import annotations

import json
from pathlib import Path

from clew.entities import Host
from clew.logs.event_mapper import EventKind
from clew.logs.query_packs import load_queries
from tests.logs.events import ask, ndjson, opened, rows

HAYABUSA = {
    "Timestamp": "2026-03-17 18:15:00.112 +09:00",
    "RuleTitle": "Susp Service Installed",
    "Level": "high",
    "Computer": "WS01.corp.example",
    "Channel": "Sys",
    "EventID": 7045,
    "RecordID": 417,
    "Details": {"Svc": "made-up"},
    "RuleFile": "susp_service.yml",
}
CHAINSAW = {
    "group": "Sigma",
    "kind": "individual",
    "name": "Made-up Logon",
    "timestamp": "2026-03-17T09:15:00.5+00:00",
    "level": "critical",
    "id": "6f4b9a3e-0000-4000-8000-000000000001",
    "document": {
        "kind": "evtx",
        "path": "Security.evtx",
        "data": {
            "Event": {
                "System": {"Computer": "ws01.corp.example", "EventRecordID": 9, "EventID": 4624, "Channel": "Security"},
                "EventData": {"TargetUserName": "alice", "TargetDomainName": "CORP"},
            }
        },
    },
}
XML = (
    '<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><System><EventID>4624</EventID>'
    '<TimeCreated SystemTime="2026-03-17T09:15:00.0Z"/><Channel>Security</Channel>'
    "<Computer>ws01.corp.example</Computer></System><EventData>"
    '<Data Name="TargetUserName">alice</Data><Data Name="TargetDomainName">CORP</Data>'
    '<Data Name="TargetUserSid">S-1-5-21-1-2-3-1104</Data><Data Name="LogonType">3</Data></EventData></Event>'
)
PLASO = {
    "__type__": "AttributeContainer",
    "data_type": "windows:evtx:record",
    "timestamp": 1773738900000000,
    "timestamp_desc": "Content Modification Time",
    "message": "[4624 / 0x1210] made up",
    "xml_string": XML,
}
PREFETCH = {
    "data_type": "windows:prefetch:execution",
    "timestamp": 1773738900000000,
    "timestamp_desc": "Last Time Executed",
    "message": "Prefetch [A.EXE]",
}
TIMESKETCH = "message,datetime,timestamp_desc,who\nseen,2026-03-17T09:15:00+00:00,Noted,analyst\n"


def test_detections_are_alerts_of_their_machine(tmp_path: Path):
    """Rule, level, time in UTC, machine and account, of Hayabusa and Chainsaw alike."""
    source = opened(tmp_path, ndjson([HAYABUSA, CHAINSAW]))
    first, second = sorted(rows(source, "alerts"), key=lambda row: str(row["dataset"]), reverse=True)
    assert (first["rule_name"], first["event_severity"], first["alert_id"]) == ("Susp Service Installed", "high", "417")
    assert (first["time"].isoformat()[:19], first["host_name"]) == ("2026-03-17T09:15:00", "ws01.corp.example")
    assert (second["rule_name"], second["event_severity"]) == ("Made-up Logon", "critical")
    assert (second["user_domain"], second["user_name"]) == ("CORP", "alice")
    assert ask(source, load_queries()["Host.alerts"], Host("ws01.corp.example")).returned == 2


def test_timelines_as_csv_are_the_same(tmp_path: Path):
    """Hayabusa's CSV, and Chainsaw's, whose columns have other names."""
    hayabusa = {**HAYABUSA, "Details": "Svc: made-up"}
    chainsaw = {
        "timestamp": "2026-03-17T09:15:00+00:00",
        "detections": "+ Made-up Logon",
        "path": "Security.evtx",
        "Event ID": 4624,
        "Record ID": 9,
        "Computer": "WS01",
        "Event Data": "TargetUserName: alice",
    }
    contents = [",".join(table) + "\n" + ",".join(map(str, table.values())) + "\n" for table in (hayabusa, chainsaw)]
    source = opened(tmp_path, *(content.encode() for content in contents), name="timeline.csv")
    assert sorted(row["rule_name"] for row in rows(source, "alerts")) == ["+ Made-up Logon", "Susp Service Installed"]


def test_an_event_of_plaso_is_what_it_holds(tmp_path: Path):
    """The XML of a Windows event fills the views of Windows; another event is told by its type of data."""
    source = opened(tmp_path, ndjson([PLASO, PREFETCH]), name="plaso.jsonl")
    (logon,) = rows(source, "logons")
    assert (logon["user_name"], logon["host_name"]) == ("alice", "ws01.corp.example")
    labels = {count.label for count in source.coverage.counts if count.kind is EventKind.NO_VIEW}
    assert labels == {"timelines: windows:prefetch:execution last time executed"}


def test_a_table_of_timesketch_is_known(tmp_path: Path):
    """Its three columns say what it is, whatever others there are."""
    source = opened(tmp_path, TIMESKETCH.encode(), name="sketch.csv")
    assert [count.label for count in source.coverage.counts] == ["timelines: an event of Timesketch"]
    assert json.loads(next(iter(source.events.events())).raw)["who"] == "analyst"
