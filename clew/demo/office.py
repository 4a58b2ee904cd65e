"""The estate on an ordinary morning: machines, people who sit down at them, and the programs they leave open."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from . import logons
from .cast import DC01, HOSTS, Account, Host, Site
from .emit import Log
from .machine import SYSTEM32, Machine
from .process import Logon, Process
from .sysmon import End

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
    explorer: Process
    apps: dict[str, Process]


def service(host: Host, port: int) -> Site:
    """A service of a machine inside."""
    return Site(host.fqdn, host.address, port)


def later(at: datetime, seconds: float) -> datetime:
    return at + timedelta(milliseconds=int(seconds * 1000))


class Office:
    """All machines, and what happens between them."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.machines = {host.name: Machine(host, log) for host in HOSTS}

    def at(self, host: Host) -> Machine:
        return self.machines[host.name]

    def standing(self) -> tuple[str, ...]:
        """The processes that were running before the logs begin."""
        guids = (process.guid for machine in self.machines.values() for process in machine.standing.values())
        return tuple(sorted(guids))

    def ticket(self, at: datetime, account: Account, client: Host, server: Host) -> None:
        """Ask the domain controller for a ticket to `server`."""
        machine = self.at(DC01)
        port = machine.port()
        machine.emit(later(at, -0.040), logons.ticket_requested(account, End(client.address, port)))
        machine.emit(later(at, -0.015), logons.service_ticket_requested(account, server, End(client.address, port + 1)))

    def enter(self, at: datetime, account: Account, source: End, server: Host, *, privileged: bool = False) -> Logon:
        """Log on to a server over the network."""
        machine = self.at(server)
        logon = machine.new_logon(account)
        machine.emit(at, logons.logged_on_network(server, logon, source))
        if privileged:
            machine.emit(at, logons.privileges_assigned(logon))
        return logon

    def sit_down(self, at: datetime, account: Account, host: Host, *, administers: bool) -> Desk:
        """Log on at the keyboard; whoever administers the machine works with the full token, as it has no UAC."""
        machine = self.at(host)
        winlogon = machine.standing["winlogon"]
        logon = machine.new_logon(account, session=1, integrity="High" if administers else "Medium")
        self.ticket(at, account, host, host)
        machine.emit(at, logons.logged_on_local(host, logon, 2, winlogon))
        if administers:
            machine.emit(at, logons.privileges_assigned(logon))
        userinit = machine.start(later(at, 0.8), winlogon, SYSTEM32 + "userinit.exe", logon=logon)
        explorer = machine.start(later(at, 1.4), userinit, "C:\\Windows\\explorer.exe", "C:\\Windows\\Explorer.EXE")
        machine.stop(later(at, 25), userinit)
        return Desk(machine, logon, explorer, {})

    def open_apps(self, at: datetime, desk: Desk) -> None:
        for number, (name, image) in enumerate(_APPS.items()):
            desk.apps[name] = desk.machine.start(later(at, 20.3 * number), desk.explorer, image)
