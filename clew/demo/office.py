"""The estate on an ordinary morning: machines, people who sit down at them, and the programs they leave open."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from clew.demo import logons
from clew.demo.estate import DC01, HOSTS, DemoAccount, DemoHost, Site
from clew.demo.event_log import EventLog
from clew.demo.machine import SYSTEM32, Machine
from clew.demo.process import DemoProcess, Logon
from clew.demo.sysmon import ConnectionEnd

_APPS = {
    "outlook": "C:\\Program Files\\Microsoft Office\\root\\Office16\\OUTLOOK.EXE",
    "teams": "C:\\Program Files\\Teams\\Teams.exe",
    "chrome": "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
}


@dataclass(frozen=True, slots=True)
class Desk:
    """A person at a machine."""

    machine: Machine
    logon: Logon
    explorer: DemoProcess
    apps: dict[str, DemoProcess]


def service(host: DemoHost, port: int) -> Site:
    """A service of a machine inside."""
    return Site(host.fqdn, host.address, port)


def add_seconds(at: datetime, seconds: float) -> datetime:
    """A time some seconds later, to the millisecond."""
    return at + timedelta(milliseconds=int(seconds * 1000))


class Office:
    """All machines, and what happens between them."""

    def __init__(self, log: EventLog) -> None:
        self.log = log
        self.machines = {host.name: Machine(host, log) for host in HOSTS}

    def machine_of(self, host: DemoHost) -> Machine:
        """The machine behind a host."""
        return self.machines[host.name]

    def boot_guids(self) -> tuple[str, ...]:
        """The processes that were running before the logs begin."""
        guids = (process.guid for machine in self.machines.values() for process in machine.boot_processes.values())
        return tuple(sorted(guids))

    def request_ticket(self, at: datetime, account: DemoAccount, client: DemoHost, server: DemoHost) -> None:
        """Ask the domain controller for a ticket to `server`."""
        machine = self.machine_of(DC01)
        port = machine.port()
        machine.emit(add_seconds(at, -0.040), logons.ticket_requested(account, ConnectionEnd(client.address, port)))
        machine.emit(
            add_seconds(at, -0.015),
            logons.service_ticket_requested(account, server, ConnectionEnd(client.address, port + 1)),
        )

    def log_on(
        self,
        at: datetime,
        account: DemoAccount,
        source: ConnectionEnd,
        server: DemoHost,
        *,
        with_privileges: bool = False,
    ) -> Logon:
        """Log on to a server over the network."""
        machine = self.machine_of(server)
        logon = machine.new_logon(account)
        machine.emit(at, logons.logged_on_network(server, logon, source))
        if with_privileges:
            machine.emit(at, logons.privileges_assigned(logon))
        return logon

    def sit_down(self, at: datetime, account: DemoAccount, host: DemoHost, *, is_admin: bool) -> Desk:
        """Log on at the keyboard; whoever administers the machine works with the full token, as it has no UAC."""
        machine = self.machine_of(host)
        winlogon = machine.boot_processes["winlogon"]
        logon = machine.new_logon(account, session=1, integrity="High" if is_admin else "Medium")
        self.request_ticket(at, account, host, host)
        machine.emit(at, logons.logged_on_local(host, logon, 2, winlogon))
        if is_admin:
            machine.emit(at, logons.privileges_assigned(logon))
        userinit = machine.start(add_seconds(at, 0.8), winlogon, SYSTEM32 + "userinit.exe", logon=logon)
        explorer = machine.start(
            add_seconds(at, 1.4), userinit, "C:\\Windows\\explorer.exe", "C:\\Windows\\Explorer.EXE"
        )
        machine.stop(add_seconds(at, 25), userinit)
        return Desk(machine, logon, explorer, {})

    def open_apps(self, at: datetime, desk: Desk) -> None:
        """Start what is on every desk, one after the other."""
        for number, (name, image) in enumerate(_APPS.items()):
            desk.apps[name] = desk.machine.start(add_seconds(at, 20.3 * number), desk.explorer, image)
