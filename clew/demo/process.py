"""Processes and logon sessions, with the identifiers that Sysmon builds for them."""

from dataclasses import dataclass
from datetime import datetime

from clew.demo.estate import BOOT_TIME, NETBIOS, SYSTEM, DemoAccount, DemoHost


@dataclass(frozen=True, slots=True)
class Logon:
    """A logon session on one machine."""

    account: DemoAccount
    number: int
    session: int = 0
    integrity: str = "System"

    @property
    def hex(self) -> str:
        """Its number as logs write it."""
        return f"{self.number:#x}"

    def guid(self, host: DemoHost) -> str:
        """Its GUID on a machine, as Sysmon makes it."""
        return _guid(host, BOOT_TIME, self.number.to_bytes(8, "little").hex())

    def subject(self, host: DemoHost) -> DemoAccount:
        """The session's account as the Security log names it: the system acts under the name of its machine."""
        if self.account is SYSTEM:
            return DemoAccount(host.account.name, SYSTEM.sid, NETBIOS)
        return self.account


@dataclass(frozen=True, slots=True)
class DemoProcess:
    """One run of a program."""

    guid: str
    pid: int
    image: str
    command_line: str
    logon: Logon
    start_time: datetime
    parent: "DemoProcess | None" = None

    @property
    def name(self) -> str:
        """The file name of its image."""
        return self.image.rpartition("\\")[2]


def process_guid(host: DemoHost, start_time: datetime, sequence: int) -> str:
    """The GUID of a process, as Sysmon makes it; `sequence` tells those of one moment apart."""
    return _guid(host, start_time, sequence.to_bytes(6, "little").hex() + "0400")


def _guid(host: DemoHost, at: datetime, tail: str) -> str:
    # Sysmon's form: the machine, the second (low word first), and a running number in little-endian order.
    second = int(at.timestamp())
    return f"{{{host.machine_id}-{second & 0xFFFF:04x}-{second >> 16:04x}-{tail[:4]}-{tail[4:]}}}"
