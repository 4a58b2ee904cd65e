"""A machine of the estate: what has run on it since it was booted, and what it reports when something happens."""

from datetime import datetime
from random import Random
from typing import NamedTuple

from clew.demo import security, sysmon
from clew.demo.estate import (
    BOOT_TIME,
    DC01,
    DOMAIN,
    LOCAL_SERVICE,
    MAIL01,
    NETWORK_SERVICE,
    SEED,
    SYSTEM,
    DemoAccount,
    DemoHost,
    Site,
)
from clew.demo.event_log import Event, EventLog
from clew.demo.process import DemoProcess, Logon, process_guid
from clew.demo.sysmon import ConnectionEnd

SYSTEM32 = "C:\\Windows\\System32\\"
_SYSTEM_LOGON = Logon(SYSTEM, 0x3E7)
_LOGONS = {
    SYSTEM: _SYSTEM_LOGON,
    LOCAL_SERVICE: Logon(LOCAL_SERVICE, 0x3E5),
    NETWORK_SERVICE: Logon(NETWORK_SERVICE, 0x3E4),
}


class _BootProgram(NamedTuple):
    """A program that is started with the machine: long before the logs begin, so that no event tells of it."""

    key: str
    parent: str
    image: str
    arguments: str = ""
    account: DemoAccount = SYSTEM


_SVCHOST = SYSTEM32 + "svchost.exe"
_COMMON_PROGRAMS = (
    _BootProgram("smss", "System", SYSTEM32 + "smss.exe"),
    _BootProgram("csrss", "smss", SYSTEM32 + "csrss.exe"),
    _BootProgram("wininit", "smss", SYSTEM32 + "wininit.exe"),
    _BootProgram("winlogon", "smss", SYSTEM32 + "winlogon.exe"),
    _BootProgram("services", "wininit", SYSTEM32 + "services.exe"),
    _BootProgram("lsass", "wininit", SYSTEM32 + "lsass.exe"),
    _BootProgram("DcomLaunch", "services", _SVCHOST, "-k DcomLaunch -p"),
    _BootProgram("Schedule", "services", _SVCHOST, "-k netsvcs -p -s Schedule"),
    _BootProgram("wuauserv", "services", _SVCHOST, "-k netsvcs -p -s wuauserv"),
    _BootProgram("Dnscache", "services", _SVCHOST, "-k NetworkService -p -s Dnscache", NETWORK_SERVICE),
    _BootProgram("CryptSvc", "services", _SVCHOST, "-k NetworkService -p -s CryptSvc", NETWORK_SERVICE),
    _BootProgram("W32Time", "services", _SVCHOST, "-k LocalService -s W32Time", LOCAL_SERVICE),
    _BootProgram("spoolsv", "services", SYSTEM32 + "spoolsv.exe"),
    _BootProgram("MsMpEng", "services", "C:\\Program Files\\Windows Defender\\MsMpEng.exe"),
    _BootProgram("Sysmon", "services", "C:\\Windows\\Sysmon64.exe"),
    _BootProgram("WmiPrvSE", "DcomLaunch", SYSTEM32 + "wbem\\WmiPrvSE.exe", "-secured -Embedding", NETWORK_SERVICE),
)
_HOST_PROGRAMS = {
    DC01: (
        _BootProgram("dns", "services", SYSTEM32 + "dns.exe"),
        _BootProgram("adws", "services", "C:\\Windows\\ADWS\\Microsoft.ActiveDirectory.WebServices.exe"),
    ),
    MAIL01: (_BootProgram("transport", "services", "C:\\Program Files\\Mail Server\\Bin\\EdgeTransport.exe"),),
}


class Machine:
    """Starts and ends programs on one host and writes what the host's agent would have written."""

    def __init__(self, host: DemoHost, log: EventLog) -> None:
        self.host = host
        self._log = log
        self._rng = Random(f"{SEED} machine {host.name}")
        self._sequence = 0
        self._used_numbers: set[int] = {4}
        self.boot_processes: dict[str, DemoProcess] = {}
        self.boot_processes["System"] = self._new(BOOT_TIME, None, "System", "", _SYSTEM_LOGON, pid=4)
        for program in (*_COMMON_PROGRAMS, *_HOST_PROGRAMS.get(host, ())):
            line = f"{program.image} {program.arguments}".rstrip()
            parent = self.boot_processes[program.parent]
            self.boot_processes[program.key] = self._new(
                BOOT_TIME, parent, program.image, line, _LOGONS[program.account]
            )

    def _new(
        self, at: datetime, parent: DemoProcess | None, image: str, line: str, logon: Logon, *, pid: int = 0
    ) -> DemoProcess:
        self._sequence += 1
        guid = process_guid(self.host, at, self._sequence)
        # What is started with the machine gets the low numbers.
        low, high = (400, 3600) if at == BOOT_TIME else (3600, 15000)
        return DemoProcess(guid, pid or self._number(low, high, 4), image, line, logon, at, parent)

    def _number(self, low: int, high: int, step: int) -> int:
        """A number that this machine has not used for a process or a session yet."""
        while (number := low + int(self._rng.random() * (high - low)) // step * step) in self._used_numbers:
            pass
        self._used_numbers.add(number)
        return number

    def port(self) -> int:
        """One of the ports that connections begin at."""
        return 49152 + int(self._rng.random() * 16000)

    def new_logon(self, account: DemoAccount, session: int = 0, integrity: str = "High") -> Logon:
        """A session of an account; `session` is its terminal session, 0 for what has no desktop."""
        return Logon(account, self._number(0x40000, 0x4000000, 1), session, integrity)

    def emit(self, at: datetime, *events: Event) -> None:
        """Log events of one moment, in their order."""
        for event in events:
            self._log.add(self.host, at, event)

    def start(
        self, at: datetime, parent: DemoProcess, image: str, line: str = "", logon: Logon | None = None
    ) -> DemoProcess:
        """Run a program, by default as its parent and without arguments."""
        process = self._new(at, parent, image, line or f'"{image}"', logon or parent.logon)
        self.emit(at, sysmon.process_created(self.host, process), security.process_created(self.host, process))
        return process

    def stop(self, at: datetime, process: DemoProcess) -> None:
        """End a process."""
        self.emit(at, sysmon.process_ended(process))

    def connect(
        self, at: datetime, process: DemoProcess, site: Site, *, udp: bool = False, audit: bool = True
    ) -> ConnectionEnd:
        """Open a connection; the answer is this machine's end of it."""
        is_ipv6 = ":" in site.address
        source = ConnectionEnd(self.host.address6 if is_ipv6 else self.host.address, self.port(), self.host.fqdn)
        hostname = site.name if site.name.endswith(f".{DOMAIN}") else "-"
        target = ConnectionEnd(site.address, site.port, hostname)
        self.emit(at, sysmon.network_connection(process, source, target, udp=udp))
        if audit:
            self.emit(at, security.connection_permitted(process, source, target, udp=udp))
        return source

    def accept(self, at: datetime, process: DemoProcess, source: ConnectionEnd, port: int) -> None:
        """Report a connection from the side that was called."""
        target = ConnectionEnd(self.host.address, port, self.host.fqdn)
        self.emit(at, sysmon.network_connection(process, source, target, is_initiator=False))
