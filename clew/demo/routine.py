"""What happens once on that day and means no harm, though parts of it look like parts of the intrusion."""

from datetime import datetime

from clew.demo import logons, security, sysmon
from clew.demo.attack import POWERSHELL, encode_script
from clew.demo.estate import (
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
    DemoHost,
    clock,
)
from clew.demo.machine import SYSTEM32
from clew.demo.office import Desk, Office, add_seconds, service
from clew.demo.sysmon import ConnectionEnd

_INVENTORY = "Get-CimInstance Win32_OperatingSystem | Select-Object CSName, Version | Export-Csv C:\\Inventory\\os.csv"


def start_day(office: Office) -> tuple[Desk, Desk]:
    """Let the two office workers log on.

    Returns:
        The desk of the one who will open the attachment, and that of the other.
    """
    alice = office.sit_down(clock("07:52:08.410"), ALICE, WS01, is_admin=True)
    bob = office.sit_down(clock("08:05:31.905"), BOB, WS02, is_admin=False)
    for desk in (alice, bob):
        start_time = desk.explorer.start_time
        script = desk.machine.start(
            add_seconds(start_time, 3), desk.explorer, SYSTEM32 + "cmd.exe", "cmd.exe /c \\\\DC01\\netlogon\\logon.bat"
        )
        drive = desk.machine.start(
            add_seconds(start_time, 3.5), script, SYSTEM32 + "net.exe", "net use S: \\\\FS01\\shared"
        )
        desk.machine.stop(add_seconds(start_time, 4.2), drive)
        desk.machine.stop(add_seconds(start_time, 4.3), script)
        office.open_apps(add_seconds(start_time, 40), desk)
    return alice, bob


def run_routines(office: Office, bob: Desk) -> None:
    """What happens on any morning: backups, a mistyped password, updates, an inventory."""
    _back_up(office)
    _mistype(office)
    _update(bob)
    _take_inventory(office)


def _back_up(office: Office) -> None:
    """The backup account works every morning on the machines where its password will be found."""
    for number, host in enumerate((WS01, WS02, FS01)):
        machine, at = office.machine_of(host), add_seconds(clock("07:05:00.150"), 300 * number)
        logon = machine.new_logon(SVC_BACKUP)
        schedule = machine.boot_processes["Schedule"]
        machine.emit(at, logons.logged_on_local(host, logon, 4, schedule), logons.privileges_assigned(logon))
        agent = machine.start(
            add_seconds(at, 0.4), schedule, "C:\\Program Files\\Backup\\agent.exe", "agent.exe /incremental", logon
        )
        machine.connect(add_seconds(at, 0.9), agent, service(MAIL01, 9100))
        machine.stop(add_seconds(at, 188), agent)
        machine.emit(add_seconds(at, 188.2), logons.logged_off(logon, 4))
    for text in ("07:31:10.700", "12:31:10.700"):
        at = clock(text)
        mail = office.machine_of(MAIL01)
        office.request_ticket(at, SVC_BACKUP, MAIL01, FS01)
        source = mail.connect(at, mail.boot_processes["System"], service(FS01, 445))
        logon = office.log_on(add_seconds(at, 0.1), SVC_BACKUP, source, FS01, with_privileges=True)
        office.machine_of(FS01).emit(add_seconds(at, 64), logons.logged_off(logon, 3))


def _mistype(office: Office) -> None:
    mistakes = (("07:51:40.020", "alice", WS01), ("08:05:02.610", "bob", WS02), ("08:05:14.300", "bob", WS02))
    late = (("10:54:21.870", "administrator", DC01), ("11:48:09.120", "bob", WS02), ("13:02:37.450", "alice", WS01))
    for text, name, host in (*mistakes, *late):
        source = ConnectionEnd(host.address, office.machine_of(host).port())
        office.machine_of(FS01).emit(clock(text), logons.logon_failed(name, host.name, source))


def _update(bob: Desk) -> None:
    """A vendor's updater asks for other credentials and installs a service, as lateral movement does."""
    machine, at = bob.machine, clock("09:37:26.640")
    image = "C:\\Program Files\\Vendor\\updater.exe"
    setup = machine.start(at, bob.explorer, "C:\\Users\\bob\\Downloads\\vendor-setup.exe")
    machine.emit(add_seconds(at, 4), logons.explicit_credentials(WS02, setup, ADMINISTRATOR, WS02))
    machine.emit(add_seconds(at, 5), sysmon.dns_query(setup, UPDATES))
    machine.connect(add_seconds(at, 5.1), setup, UPDATES)
    machine.emit(add_seconds(at, 9), sysmon.file_created(setup, image, add_seconds(at, 9)))
    machine.emit(add_seconds(at, 10), security.service_installed("VendorUpdater", image, ADMINISTRATOR))
    updater = machine.start(add_seconds(at, 10.5), machine.boot_processes["services"], image)
    machine.connect(add_seconds(at, 12), updater, UPDATES)
    machine.stop(add_seconds(at, 14), setup)


def _take_inventory(office: Office) -> None:
    """The administrator runs an encoded script too; decoded, it counts machines."""
    desk = office.sit_down(clock("10:55:03.330"), ADMINISTRATOR, DC01, is_admin=True)
    at = clock("11:05:17.240")
    console = desk.machine.start(at, desk.explorer, SYSTEM32 + "cmd.exe")
    shell = desk.machine.start(
        add_seconds(at, 12), console, POWERSHELL, f"powershell.exe -EncodedCommand {encode_script(_INVENTORY)}"
    )
    for number, host in enumerate((FS01, MAIL01)):
        request_time = add_seconds(at, 14 + 20 * number)
        source = desk.machine.connect(request_time, shell, service(host, 5985))
        _serve(office, request_time, host, source)
    report_time = add_seconds(at, 58)
    desk.machine.emit(report_time, sysmon.file_created(shell, "C:\\Inventory\\os.csv", report_time))
    desk.machine.stop(add_seconds(at, 59), shell)


def _serve(office: Office, request_time: datetime, host: DemoHost, source: ConnectionEnd) -> None:
    machine = office.machine_of(host)
    office.request_ticket(request_time, ADMINISTRATOR, DC01, host)
    machine.accept(add_seconds(request_time, 0.02), machine.boot_processes["System"], source, 5985)
    logon = office.log_on(add_seconds(request_time, 0.1), ADMINISTRATOR, source, host, with_privileges=True)
    image = SYSTEM32 + "wsmprovhost.exe"
    provider = machine.start(
        add_seconds(request_time, 0.6), machine.boot_processes["DcomLaunch"], image, f"{image} -Embedding", logon
    )
    machine.stop(add_seconds(request_time, 17), provider)
    machine.emit(add_seconds(request_time, 17.1), logons.logged_off(logon, 3))
