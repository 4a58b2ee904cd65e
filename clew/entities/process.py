"""Processes: one run of a program on one machine."""

from __future__ import annotations

import re
from dataclasses import KW_ONLY
from datetime import datetime
from typing import Any, ClassVar

from pydantic.dataclasses import dataclass

from clew.entities.checked_text import given_text, stamp, utc
from clew.entities.entity import STRICT, Entity
from clew.entities.host_names import host_name
from clew.entities.key import Key
from clew.entities.static_menus import ProcessMenus
from clew.errors import EntityError

# Both cases are spelt out: matching regardless of case takes twice the time.
_GUID = re.compile(r"\{?([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})\}?")
_PID = re.compile(r"[0-9]{1,10}")
MAX_PID = 0xFFFFFFFF


@dataclass(frozen=True, slots=True, eq=False, repr=False, config=STRICT)
class Process(Entity, ProcessMenus):
    """A process: a host and the process GUID, or a host, a process id and the time it started.

    >>> Process("{B34BC01C-7FAE-5F63-1000-000000000400}", host="WS01.corp.example").value
    'b34bc01c-7fae-5f63-1000-000000000400'
    >>> from datetime import UTC, datetime
    >>> Process(pid=0x1a2c, started=datetime(2026, 3, 17, 9, 15, tzinfo=UTC), host="WS01").value
    '6700@2026-03-17T09:15:00.000000Z'

    Args:
        value: the GUID that Sysmon or another sensor gave it.
        host: the machine it ran on.
        pid: the process id; ids are used again, so they identify nothing without `started`.
        started: when it started, with a time zone.
        image: the path of the program.
        command_line: as logged.

    Raises:
        EntityError: no host, neither GUID nor pid with start time, or a start time without a time zone.
    """

    kind: ClassVar[str] = "process"
    exclusive: ClassVar[tuple[str, ...]] = ("guid",)
    value: str = ""
    _: KW_ONLY
    host: str = ""
    pid: int | None = None
    started: datetime | None = None
    image: str | None = None
    command_line: str | None = None

    @classmethod
    def identify(cls, arguments: dict[str, Any]) -> dict[str, Any]:
        fields = {name: value for name, value in arguments.items() if value is not None}
        if not fields.get("host"):
            raise EntityError("a process needs the host it ran on", next_step="give host=")
        fields["host"] = host_name(fields["host"], "a host name")
        pid, start_time = fields.get("pid"), fields.get("started")
        if pid is not None:
            _check_pid(pid)
        if start_time is not None:
            fields["started"] = utc(start_time, "the start time of a process")
        fields["value"] = _identity(fields)
        return fields

    @property
    def key(self) -> Key:
        return Key("process", self.value, self.host)

    @property
    def aliases(self) -> tuple[Key, ...]:
        if self.pid is None or self.started is None or "@" in self.value:
            return ()
        return (Key("process", f"{self.pid}@{stamp(self.started)}", self.host),)

    @property
    def name(self) -> str:
        """The last part of the image's path, or nothing."""
        return re.split(r"[\\/]", self.image)[-1] if self.image else ""

    @property
    def label(self) -> str:
        pid = f" ({self.pid})" if self.pid is not None else ""
        return f"{self.name}{pid}" if self.name else self.value

    @classmethod
    def scheme(cls, key: Key) -> str:
        return "pid" if "@" in key.value else "guid"


def _check_pid(pid: Any) -> None:
    if type(pid) is not int or not 0 <= pid <= MAX_PID:
        raise EntityError(f"{pid!r} is not a process id")


def _identity(fields: dict[str, Any]) -> str:
    value = fields.get("value")
    if value:
        text = given_text(value, "a process GUID")
        guid = _GUID.fullmatch(text)
        if guid:
            return guid[1].lower()
        pid, separator, start_time = text.partition("@")
        if not separator or not _PID.fullmatch(pid):
            raise EntityError(f"{text!r} is not a process GUID", next_step="or give pid= and started=")
        _check_pid(int(pid))
        parts = {"pid": int(pid), "started": utc(start_time, "the start time of a process")}
        if any(fields.setdefault(name, one) != one for name, one in parts.items()):
            raise EntityError(f"{text!r} contradicts pid= or started=")
    if fields.get("pid") is None or fields.get("started") is None:
        raise EntityError("a process needs a GUID, or a pid together with its start time")
    return f"{fields['pid']}@{stamp(fields['started'])}"
