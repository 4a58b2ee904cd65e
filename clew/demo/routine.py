"""What happens once on that day and means no harm, though parts of it look like parts of the intrusion."""

from datetime import datetime

from . import logons, security, sysmon
from .attack import POWERSHELL, encoded
from .cast import (
    ADMINISTRATOR,
    ALICE,
    BOB,
    DC01,
    FS01,
    MAIL01,
    SVC_BACKUP,
    UPDATES,
    WS01,
    WS02,
    Host,
    clock,
)
from .machine import SYSTEM32
from .office import Desk, Office, later, service
from .sysmon import End

_INVENTORY = "Get-CimInstance Win32_OperatingSystem | Select-Object CSName, Version | Export-Csv C:\\Inventory\\os.csv"


def open_the_day(office: Office) -> tuple[Desk, Desk]:
    """Let the two office workers log on; the first of them is the one who will open the attachment."""
    alice = office.sit_down(clock("07:52:08.410"), ALICE, WS01, administers=True)
    bob = office.sit_down(clock("08:05:31.905"), BOB, WS02, administers=False)
    for desk in (alice, bob):
        started = desk.explorer.started
        script = desk.machine.start(
            later(started, 3), desk.explorer, SYSTEM32 + "cmd.exe", "cmd.exe /c \\\\DC01\\netlogon\\logon.bat"
        )
        drive = desk.machine.start(later(started, 3.5), script, SYSTEM32 + "net.exe", "net use S: \\\\FS01\\shared")
        desk.machine.stop(later(started, 4.2), drive)
        desk.machine.stop(later(started, 4.3), script)
        office.open_apps(later(started, 40), desk)
    return alice, bob


def run_the_errands(office: Office, bob: Desk) -> None:
    _back_up(office)
    _mistype(office)
    _update(bob)
    _take_inventory(office)


def _back_up(office: Office) -> None:
    """The backup account works every morning on the machines where its password will be found."""
    for number, host in enumerate((WS01, WS02, FS01)):
        machine, at = office.at(host), later(clock("07:05:00.150"), 300 * number)
        logon = machine.new_logon(SVC_BACKUP)
        schedule = machine.standing["Schedule"]
        machine.emit(at, logons.logged_on_local(host, logon, 4, schedule), logons.privileges_assigned(logon))
        agent = machine.start(
            later(at, 0.4), schedule, "C:\\Program Files\\Backup\\agent.exe", "agent.exe /incremental", logon
        )
        machine.connect(later(at, 0.9), agent, service(MAIL01, 9100))
        machine.stop(later(at, 188), agent)
        machine.emit(later(at, 188.2), logons.logged_off(logon, 4))
    for text in ("07:31:10.700", "12:31:10.700"):
        at = clock(text)
        mail = office.at(MAIL01)
        office.ticket(at, SVC_BACKUP, MAIL01, FS01)
        source = mail.connect(at, mail.standing["System"], service(FS01, 445))
        logon = office.enter(later(at, 0.1), SVC_BACKUP, source, FS01, privileged=True)
        office.at(FS01).emit(later(at, 64), logons.logged_off(logon, 3))


def _mistype(office: Office) -> None:
    mistakes = (("07:51:40.020", "alice", WS01), ("08:05:02.610", "bob", WS02), ("08:05:14.300", "bob", WS02))
    late = (("10:54:21.870", "administrator", DC01), ("11:48:09.120", "bob", WS02), ("13:02:37.450", "alice", WS01))
    for text, name, host in (*mistakes, *late):
        source = End(host.address, office.at(host).port())
        office.at(FS01).emit(clock(text), logons.logon_failed(name, host.name, source))


def _update(bob: Desk) -> None:
    """A vendor's updater asks for other credentials and installs a service, as lateral movement does."""
    machine, at = bob.machine, clock("09:37:26.640")
    image = "C:\\Program Files\\Vendor\\updater.exe"
    setup = machine.start(at, bob.explorer, "C:\\Users\\bob\\Downloads\\vendor-setup.exe")
    machine.emit(later(at, 4), logons.explicit_credentials(WS02, setup, ADMINISTRATOR, WS02))
    machine.emit(later(at, 5), sysmon.dns_query(setup, UPDATES))
    machine.connect(later(at, 5.1), setup, UPDATES)
    machine.emit(later(at, 9), sysmon.file_created(setup, image, later(at, 9)))
    machine.emit(later(at, 10), security.service_installed("VendorUpdater", image, ADMINISTRATOR))
    updater = machine.start(later(at, 10.5), machine.standing["services"], image)
    machine.connect(later(at, 12), updater, UPDATES)
    machine.stop(later(at, 14), setup)


def _take_inventory(office: Office) -> None:
    """The administrator runs an encoded script too; decoded, it counts machines."""
    desk = office.sit_down(clock("10:55:03.330"), ADMINISTRATOR, DC01, administers=True)
    at = clock("11:05:17.240")
    console = desk.machine.start(at, desk.explorer, SYSTEM32 + "cmd.exe")
    shell = desk.machine.start(
        later(at, 12), console, POWERSHELL, f"powershell.exe -EncodedCommand {encoded(_INVENTORY)}"
    )
    for number, host in enumerate((FS01, MAIL01)):
        asked = later(at, 14 + 20 * number)
        source = desk.machine.connect(asked, shell, service(host, 5985))
        _serve(office, asked, host, source)
    report = later(at, 58)
    desk.machine.emit(report, sysmon.file_created(shell, "C:\\Inventory\\os.csv", report))
    desk.machine.stop(later(at, 59), shell)


def _serve(office: Office, asked: datetime, host: Host, source: End) -> None:
    machine = office.at(host)
    office.ticket(asked, ADMINISTRATOR, DC01, host)
    machine.accept(later(asked, 0.02), machine.standing["System"], source, 5985)
    logon = office.enter(later(asked, 0.1), ADMINISTRATOR, source, host, privileged=True)
    image = SYSTEM32 + "wsmprovhost.exe"
    provider = machine.start(later(asked, 0.6), machine.standing["DcomLaunch"], image, f"{image} -Embedding", logon)
    machine.stop(later(asked, 17), provider)
    machine.emit(later(asked, 17.1), logons.logged_off(logon, 3))
