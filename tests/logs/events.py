"""Windows events as collectors forward them, and a store made from a few of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from clew.entities import Entity, Finding
from clew.entities.times import ANY_TIME
from clew.logs.engines.duckdb_engine import ENGINE
from clew.logs.engines.protocol import LogSource
from clew.logs.query_packs import Query
from clew.logs.schema_files import load_schemas
from clew.pivots.execution import execute
from clew.pivots.invocation import Invocation, resolve_arguments
from clew.pivots.registry import find_pivot
from clew.pivots.workspace import Workspace
from clew.settings import Settings

Event = dict[str, Any]
NOON = datetime(2026, 3, 17, 12, tzinfo=UTC)
HOST = "ws01.corp.example"
GUID = "b34bc01c-7fae-5f63-1000-000000000400"
OTHER = "b34bc01c-7fae-5f63-1100-000000000400"
SYSMON = "Microsoft-Windows-Sysmon/Operational"


def sysmon(code: int, at: str = "09:15:00.123", **fields: Any) -> Event:
    """A Sysmon event in the flat shape."""
    return {
        "Channel": SYSMON,
        "EventID": code,
        "Hostname": HOST.upper(),
        "UtcTime": f"2026-03-17 {at}",
        "ProcessGuid": f"{{{GUID.upper()}}}",
        "ProcessId": "6700",
        "Image": "C:\\Tools\\a.exe",
        **fields,
    }


def security(code: int, at: str = "09:15:00.456", **fields: Any) -> Event:
    """A Security event in the flat shape."""
    return {"Channel": "Security", "EventID": code, "Hostname": HOST, "@timestamp": f"2026-03-17T{at}Z", **fields}


STARTED = sysmon(
    1,
    CommandLine="a.exe -x",
    User="CORP\\Alice",
    ParentProcessGuid=f"{{{OTHER.upper()}}}",
    ParentProcessId="4",
    ParentImage="C:\\Windows\\explorer.exe",
    LogonId="0x3E7",
    Hashes=f"SHA1={'A' * 40},MD5={'B' * 32},SHA256={'C' * 64},IMPHASH={'D' * 32}",
)
CONNECTED = sysmon(
    3,
    "09:16:00.000",
    SourceIp="192.0.2.1",
    SourcePort="50000",
    DestinationIp="198.51.100.7",
    DestinationPort="443",
    Protocol="TCP",
    Initiated="true",
    User="CORP\\Alice",
)
RESOLVED = sysmon(22, "09:16:30.000", QueryName="CDN.evil.example", QueryResults="::ffff:198.51.100.7;")
CREATED = sysmon(11, "09:17:00.000", TargetFilename="C:\\Temp\\b.exe")
OPENED = sysmon(
    10,
    "09:18:00.000",
    SourceProcessGUID=f"{{{GUID}}}",
    SourceProcessId="6700",
    SourceImage="C:\\Tools\\a.exe",
    TargetProcessGUID=f"{{{OTHER}}}",
    TargetProcessId="700",
    TargetImage="C:\\Windows\\lsass.exe",
    GrantedAccess="0x1010",
)
LOGGED_ON = security(
    4624,
    TargetUserSid="S-1-5-21-1-2-3-1104",
    TargetUserName="alice",
    TargetDomainName="CORP",
    LogonType="3",
    IpAddress="::ffff:192.0.2.9",
    IpPort="51000",
    WorkstationName="WS02",
    TargetLogonId="0x1",
    ProcessName="-",
)
TURNED_AWAY = {**LOGGED_ON, "EventID": 4625, "TargetUserSid": "S-1-0-0", "@timestamp": "2026-03-17T09:14:00Z"}
SPAWNED = security(
    4688,
    NewProcessId="0x1a2c",
    NewProcessName="C:\\Tools\\a.exe",
    ProcessId="0x4",
    CommandLine="a.exe -x",
    SubjectUserSid="S-1-5-21-1-2-3-1104",
    SubjectUserName="alice",
    SubjectDomainName="CORP",
    TargetUserSid="S-1-0-0",
    TargetUserName="-",
    TargetDomainName="-",
    SubjectLogonId="0x3E7",
)
PERMITTED = security(
    5156,
    "09:16:00.200",
    ProcessID="6700",
    Application="\\device\\harddiskvolume2\\tools\\a.exe",
    Direction="%%14593",
    SourceAddress="192.0.2.1",
    SourcePort="50000",
    DestAddress="198.51.100.7",
    DestPort="443",
    Protocol="6",
)
ALL = (STARTED, CONNECTED, RESOLVED, CREATED, OPENED, LOGGED_ON, TURNED_AWAY)


def ndjson(events: Sequence[Mapping[str, Any] | str]) -> bytes:
    """One event a line; text stands as it is."""
    return "".join(f"{event if isinstance(event, str) else json.dumps(event)}\n" for event in events).encode()


def opened(folder: Path, *contents: bytes, name: str = "log.ndjson") -> LogSource:
    """A source of files with these contents; the first has the name, the others a number before it."""
    logs = folder / "logs"
    logs.mkdir()
    for number, content in enumerate(contents):
        (logs / (f"{number}-{name}" if number else name)).write_bytes(content)
    return ENGINE.open(str(logs), folder / "cache")


def counts(store: LogSource) -> tuple[int, int, int]:
    """How many files, good rows and damaged rows there were."""
    found = store.description.counts
    return found["files"], found["rows"], found["damaged"]


def rows(store: LogSource, view: str, *, bare: bool = False) -> list[dict[str, Any]]:
    """The rows of a view by column name; `bare` is without what depends on the file."""
    found = store.select(f"SELECT * FROM {view}", {}, 1000)
    assert found.columns == (*load_schemas().views[view].columns, "raw")
    left_out = {"source", "row", "raw"} if bare else set()
    return [
        {name: cell for name, cell in zip(found.columns, row, strict=True) if name not in left_out}
        for row in found.rows
    ]


def ask(logs: LogSource, query: Query, subject: Entity, **arguments: object) -> Finding:
    """The finding of a query as a session asks it at noon."""
    workspace = Workspace(Settings())
    workspace.logs = (logs,)
    pivot = find_pivot(type(subject), f"query.{query.name}")
    asked = resolve_arguments(pivot, arguments, ANY_TIME, NOON)
    return execute(workspace.runner(), Invocation(pivot.name, subject, asked), pivot).finding
