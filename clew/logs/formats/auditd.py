"""The log of the Linux audit daemon: the records of one event, which may lie among those of others, are one event."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from clew.logs.formats.log_format import FileHead, LogEvent, LogFile, Match
from clew.logs.messages.audit_record import AuditRecord, read_record, socket_address
from clew.logs.messages.syscalls import syscall_name

_LOOKED_AT = 10
#: So many events may be open at a time: records of one are no further apart.
_MAX_OPEN = 256
#: Of one event, no more records are kept together.
_MAX_RECORDS = 4_096
_NO_NODE = "the log does not say of which machine it is: connecting with host= says it"
_UNSET_IDS = frozenset({"4294967295", "-1", "unset"})
_USERS = {
    "user": ("UID", "uid"),
    "login_user": ("AUID", "auid"),
    "effective_user": ("EUID", "euid"),
    "account": ("ID", "id"),
}


@dataclass(frozen=True, slots=True)
class AuditdFormat:
    """Lines `type=... msg=audit(time:serial): ...`, with or without what auditd resolved."""

    name: str = "auditd"
    title: str = "the log of the Linux audit daemon"

    def recognises(self, head: FileHead) -> Match:
        """By the first lines that are records."""
        lines = [line for line in head.text.split("\n", _LOOKED_AT)[:_LOOKED_AT] if line.strip()]
        record_count = sum(read_record(line) is not None for line in lines)
        return Match.SIGNATURE if lines and record_count * 2 >= len(lines) else Match.NONE

    def events(self, file: LogFile) -> Iterator[LogEvent]:
        """An event each, when its end is told or others have followed. A line that is no record is damaged."""
        open_events: dict[tuple[str, str], _AuditEvent] = {}
        for line in file.lines():
            raw = line.rstrip(b"\r\n")
            if not raw.strip():
                continue
            record = read_record(raw.decode("utf-8", "replace"))
            if record is None:
                yield LogEvent(raw, None)
                continue
            if not record.node:
                file.assumptions.add(_NO_NODE)
            key = (record.node, record.event)
            event = open_events.setdefault(key, _AuditEvent())
            event.add(record, raw)
            if record.type == "EOE" or len(event.records) >= _MAX_RECORDS:
                yield open_events.pop(key).log_event()
            elif len(open_events) > _MAX_OPEN:
                yield open_events.pop(next(iter(open_events))).log_event()
        for event in open_events.values():
            yield event.log_event()


@dataclass(slots=True)
class _AuditEvent:
    """The records of one event, in the order in which they came."""

    records: list[AuditRecord] = field(default_factory=list[AuditRecord])
    lines: list[bytes] = field(default_factory=list[bytes])

    def add(self, record: AuditRecord, line: bytes) -> None:
        self.records.append(record)
        self.lines.append(line)

    def log_event(self) -> LogEvent:
        return LogEvent(b"\n".join(self.lines), audit_fields(self.records))


def audit_fields(records: list[AuditRecord]) -> dict[str, Any]:
    """The records of one event as fields, by the names that auditd has for them.

    Returns:
        `type` has the types of all records, and `audit_record` that of the main one; `name` and `nametype` have a
        value for each path. `syscall` is a name, `command_line` the arguments, or the title where those are not told;
        `address_ip`, `address_port` and `address_path` are where a socket leads; `created_path` and `deleted_path` are
        whole. Users are names where auditd resolved them.
    """
    first = records[0]
    main = next((record for record in records if record.type == "SYSCALL"), first)
    fields: dict[str, Any] = {"audit_record": main.type, "type": list(dict.fromkeys(record.type for record in records))}
    fields |= {"audit_time": float(first.time), "serial": int(first.event.rpartition(":")[2])}
    if first.node:
        fields["node"] = first.node
    for record in records:
        if record.type not in ("SYSCALL", "EXECVE", "PATH"):
            fields |= record.fields
    fields |= main.fields
    if "syscall" in main.fields:
        fields["syscall"] = main.fields.get("SYSCALL") or syscall_name(main.fields.get("arch", ""), fields["syscall"])
    fields |= _command_fields(records) | _path_fields(records) | _user_fields(fields)
    address = socket_address(fields["saddr"]) if "saddr" in fields else None
    if address is not None:
        fields |= {"address_ip": address.ip, "address_port": address.port, "address_path": address.path}
    return fields


def _command_fields(records: list[AuditRecord]) -> dict[str, Any]:
    """The arguments by their names, put together where they were parted, and the command line."""
    parts = [
        (int(name[1:].partition("[")[0]), int(name.partition("[")[2].rstrip("]") or 0), value)
        for record in records
        if record.type == "EXECVE"
        for name, value in record.fields.items()
        if name[0] == "a" and name[1:2].isdigit()
    ]
    arguments: dict[int, str] = {}
    for number, _, value in sorted(parts):
        arguments[number] = arguments.get(number, "") + value
    if arguments:
        named_arguments = {f"a{number}": value for number, value in arguments.items()}
        return {**named_arguments, "command_line": shlex.join(arguments.values())}
    titles = [record.fields["proctitle"] for record in records if "proctitle" in record.fields]
    return {"command_line": titles[0]} if titles else {}


def _path_fields(records: list[AuditRecord]) -> dict[str, Any]:
    paths = [record.fields for record in records if record.type == "PATH"]
    if not paths:
        return {}
    folder = next((record.fields["cwd"] for record in records if "cwd" in record.fields), "")
    fields: dict[str, Any] = {
        "name": [path["name"] for path in paths if "name" in path],
        "nametype": [path["nametype"] for path in paths if "nametype" in path],
    }
    for kind, name in (("CREATE", "created_path"), ("DELETE", "deleted_path")):
        target = next((path["name"] for path in paths if path.get("nametype") == kind and "name" in path), "")
        if target:
            fields[name] = target if target.startswith("/") or not folder else f"{folder.rstrip('/')}/{target}"
    return fields


def _user_fields(fields: dict[str, Any]) -> dict[str, str]:
    """Users by their names; by their numbers where nobody resolved them, of which everyone knows that of root."""
    users: dict[str, str] = {}
    for name, (resolved_name, number_name) in _USERS.items():
        number = fields.get(number_name)
        if number is not None and number not in _UNSET_IDS:
            users[name] = str(fields.get(resolved_name) or ("root" if number == "0" else f"uid {number}"))
    return users


FORMAT = AuditdFormat()
