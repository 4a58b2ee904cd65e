"""A machine of the estate: what has run on it since it was booted, and what it reports when something happens."""

from datetime import datetime
from random import Random
from typing import NamedTuple

from . import security, sysmon
from .cast import BOOTED, DC01, DOMAIN, LOCAL_SERVICE, MAIL01, NETWORK_SERVICE, SEED, SYSTEM, Account, Host, Site
from .emit import Event, Log
from .process import Logon, Process, process_guid
from .sysmon import End

SYSTEM32 = "C:\\Windows\\System32\\"
_SYSTEM_LOGON = Logon(SYSTEM, 0x3E7)
_LOGONS = {
    SYSTEM: _SYSTEM_LOGON,
    LOCAL_SERVICE: Logon(LOCAL_SERVICE, 0x3E5),
    NETWORK_SERVICE: Logon(NETWORK_SERVICE, 0x3E4),
}


class _Standing(NamedTuple):
    """A program that is started with the machine: long before the logs begin, so that no event tells of it."""

    key: str
    parent: str
    image: str
    arguments: str = ""
    account: Account = SYSTEM


_SVCHOST = SYSTEM32 + "svchost.exe"
_EVERYWHERE = (
    _Standing("smss", "System", SYSTEM32 + "smss.exe"),
    _Standing("csrss", "smss", SYSTEM32 + "csrss.exe"),
    _Standing("wininit", "smss", SYSTEM32 + "wininit.exe"),
    _Standing("winlogon", "smss", SYSTEM32 + "winlogon.exe"),
    _Standing("services", "wininit", SYSTEM32 + "services.exe"),
    _Standing("lsass", "wininit", SYSTEM32 + "lsass.exe"),
    _Standing("DcomLaunch", "services", _SVCHOST, "-k DcomLaunch -p"),
    _Standing("Schedule", "services", _SVCHOST, "-k netsvcs -p -s Schedule"),
    _Standing("wuauserv", "services", _SVCHOST, "-k netsvcs -p -s wuauserv"),
    _Standing("Dnscache", "services", _SVCHOST, "-k NetworkService -p -s Dnscache", NETWORK_SERVICE),
    _Standing("CryptSvc", "services", _SVCHOST, "-k NetworkService -p -s CryptSvc", NETWORK_SERVICE),
    _Standing("W32Time", "services", _SVCHOST, "-k LocalService -s W32Time", LOCAL_SERVICE),
    _Standing("spoolsv", "services", SYSTEM32 + "spoolsv.exe"),
    _Standing("MsMpEng", "services", "C:\\Program Files\\Windows Defender\\MsMpEng.exe"),
    _Standing("Sysmon", "services", "C:\\Windows\\Sysmon64.exe"),
    _Standing("WmiPrvSE", "DcomLaunch", SYSTEM32 + "wbem\\WmiPrvSE.exe", "-secured -Embedding", NETWORK_SERVICE),
)
_ELSEWHERE = {
    DC01: (
        _Standing("dns", "services", SYSTEM32 + "dns.exe"),
        _Standing("adws", "services", "C:\\Windows\\ADWS\\Microsoft.ActiveDirectory.WebServices.exe"),
    ),
    MAIL01: (_Standing("transport", "services", "C:\\Program Files\\Mail Server\\Bin\\EdgeTransport.exe"),),
}


class Machine:
    """Starts and ends programs on one host and writes what the host's agent would have written."""

    def __init__(self, host: Host, log: Log) -> None:
        self.host = host
        self._log = log
        self._rng = Random(f"{SEED} machine {host.name}")
        self._sequence = 0
        self._taken: set[int] = {4}
        self.standing: dict[str, Process] = {}
        self.standing["System"] = self._new(BOOTED, None, "System", "", _SYSTEM_LOGON, pid=4)
        for item in (*_EVERYWHERE, *_ELSEWHERE.get(host, ())):
            line = f"{item.image} {item.arguments}".rstrip()
            parent = self.standing[item.parent]
            self.standing[item.key] = self._new(BOOTED, parent, item.image, line, _LOGONS[item.account])

    def _new(
        self, at: datetime, parent: Process | None, image: str, line: str, logon: Logon, *, pid: int = 0
    ) -> Process:
        self._sequence += 1
        guid = process_guid(self.host, at, self._sequence)
        # What is started with the machine gets the low numbers.
        low, high = (400, 3600) if at == BOOTED else (3600, 15000)
        return Process(guid, pid or self._number(low, high, 4), image, line, logon, at, parent)

    def _number(self, low: int, high: int, step: int) -> int:
        """A number that this machine has not used for a process or a session yet."""
        while (number := low + int(self._rng.random() * (high - low)) // step * step) in self._taken:
            pass
        self._taken.add(number)
        return number

    def port(self) -> int:
        return 49152 + int(self._rng.random() * 16000)

    def new_logon(self, account: Account, session: int = 0, integrity: str = "High") -> Logon:
        return Logon(account, self._number(0x40000, 0x4000000, 1), session, integrity)

    def emit(self, at: datetime, *events: Event) -> None:
        for event in events:
            self._log.add(self.host, at, event)

    def start(self, at: datetime, parent: Process, image: str, line: str = "", logon: Logon | None = None) -> Process:
        """Run a program, by default as its parent and without arguments."""
        process = self._new(at, parent, image, line or f'"{image}"', logon or parent.logon)
        self.emit(at, sysmon.process_created(self.host, process), security.process_created(self.host, process))
        return process

    def stop(self, at: datetime, process: Process) -> None:
        self.emit(at, sysmon.process_ended(process))

    def connect(self, at: datetime, process: Process, site: Site, *, udp: bool = False, audited: bool = True) -> End:
        """Open a connection; the answer is this machine's end of it."""
        six = ":" in site.address
        source = End(self.host.address6 if six else self.host.address, self.port(), self.host.fqdn)
        inside = site.name if site.name.endswith(f".{DOMAIN}") else "-"
        target = End(site.address, site.port, inside)
        self.emit(at, sysmon.connected(process, source, target, udp=udp))
        if audited:
            self.emit(at, security.connection_permitted(process, source, target, udp=udp))
        return source

    def accept(self, at: datetime, process: Process, source: End, port: int) -> None:
        """Report a connection from the side that was called."""
        target = End(self.host.address, port, self.host.fqdn)
        self.emit(at, sysmon.connected(process, source, target, initiated=False))
