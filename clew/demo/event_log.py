"""Event rows in the flat shape in which an NXLog collector forwards Windows events, and the files they go to."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import NamedTuple, TypeAlias

from clew.demo.estate import COLLECTOR, HOSTS, SEED, SYSTEM, DemoHost

Value: TypeAlias = str | int | list[str]
Row: TypeAlias = dict[str, Value]


@dataclass(frozen=True, slots=True)
class EventChannel:
    """A Windows event log and the provider that writes to it."""

    name: str
    source: str
    provider: str
    keywords: int
    event_type: str
    process_id: int


@dataclass(frozen=True, slots=True)
class Kind:
    """What all events with one number have in common."""

    channel: EventChannel
    event_id: int
    task: int
    version: int
    category: str
    message: str
    failure: bool = False


class Event(NamedTuple):
    """One event before it has a place and a time."""

    kind: Kind
    fields: Row


SYSMON = EventChannel(
    "Microsoft-Windows-Sysmon/Operational",
    "Microsoft-Windows-Sysmon",
    "{5770385F-C22A-43E0-BF4C-06F5698FFBD9}",
    -9223372036854775808,
    "INFO",
    3212,
)
SECURITY = EventChannel(
    "Security",
    "Microsoft-Windows-Security-Auditing",
    "{54849625-5478-4994-A5BA-3E3B0328C30D}",
    -9214364837600034816,
    "AUDIT_SUCCESS",
    712,
)
SERVICES = EventChannel(
    "System", "Service Control Manager", "{555908D1-A6D7-4695-8E1E-26931D2012F4}", -9187343239835811840, "INFO", 696
)
_AUDIT_FAILURE = -9218868437227405312


def _stamp(at: datetime, zone: str = "") -> str:
    return at.strftime(f"%Y-%m-%d{'T' if zone else ' '}%H:%M:%S.") + f"{at.microsecond // 1000:03d}{zone}"


def _envelope(at: datetime, hostname: str, kind: Kind, number: int) -> Row:
    """The keys around every event, whoever wrote it."""
    channel = kind.channel
    row: Row = {
        "@timestamp": _stamp(at, "Z"),
        "EventTime": at.strftime("%Y-%m-%d %H:%M:%S"),
        "EventReceivedTime": (at + timedelta(seconds=1)).strftime("%Y-%m-%d %H:%M:%S"),
        "Hostname": hostname,
        "host": COLLECTOR,
        "Channel": channel.name,
        "EventID": kind.event_id,
        "SourceName": channel.source,
        "ProviderGuid": channel.provider,
        "Version": kind.version,
        "Task": kind.task,
        "Category": kind.category,
        "Opcode": "Info",
        "OpcodeValue": 0,
        "EventType": "AUDIT_FAILURE" if kind.failure else channel.event_type,
        "Severity": "ERROR" if kind.failure else "INFO",
        "SeverityValue": 4 if kind.failure else 2,
        "Keywords": _AUDIT_FAILURE if kind.failure else channel.keywords,
        "RecordNumber": number,
        "ExecutionProcessID": channel.process_id,
        "ThreadID": 2000 + number * 52 % 6000,
        "SourceModuleName": "eventlog",
        "SourceModuleType": "im_msvistalog",
        "@version": "1",
        "tags": ["demo"],
        "Message": kind.message,
    }
    if channel is SYSMON:
        # The account that Sysmon itself runs as, which is not the account of the event.
        row |= {"AccountName": SYSTEM.name, "AccountType": "User", "Domain": SYSTEM.domain, "UserID": SYSTEM.sid}
        row |= {"RuleName": "-", "UtcTime": _stamp(at)}
    return row


class EventLog:
    """All events of the estate, in any order until they are written."""

    def __init__(self) -> None:
        self._events: dict[str, list[tuple[datetime, Event]]] = {host.name: [] for host in HOSTS}

    def add(self, host: DemoHost, at: datetime, event: Event) -> None:
        """Put an event into the log of a machine."""
        self._events[host.name].append((at, event))

    def total(self) -> int:
        """How many events there are on all machines."""
        return sum(map(len, self._events.values()))

    def count(self, host: DemoHost) -> int:
        """How many events there are on one machine."""
        return len(self._events[host.name])

    def write(self, folder: Path) -> int:
        """Write one file a host, in the order of time; the answer is the number of rows."""
        folder.mkdir(parents=True, exist_ok=True)
        for host in HOSTS:
            (folder / f"{host.name}.ndjson").write_bytes("".join(self._lines(host)).encode())
        return self.total()

    def _lines(self, host: DemoHost) -> list[str]:
        names = (host.fqdn, *host.aliases)
        rng = Random(f"{SEED} names of {host.name}")
        numbers: dict[str, int] = {}
        lines: list[str] = []
        for at, event in sorted(self._events[host.name], key=lambda item: item[0]):
            channel = event.kind.channel.name
            number = numbers[channel] = numbers.get(channel, 100_000 + host.rid) + 1
            row = _envelope(at, names[int(rng.random() * len(names))], event.kind, number) | event.fields
            lines.append(json.dumps(row, separators=(",", ":")) + "\n")
        return lines
