"""Background activities within one machine: short-lived programs, libraries, the registry, files, handles."""

from clew.demo.machine import SYSTEM32
from clew.demo.machine_scene import MachineScene
from clew.demo.process import DemoProcess
from clew.demo.sysmon import file_created, image_loaded, process_accessed, value_set

_TASKS = (
    ("Schedule", SYSTEM32 + "taskhostw.exe", "taskhostw.exe KEYROAMING"),
    ("Schedule", SYSTEM32 + "usoclient.exe", f"{SYSTEM32}usoclient.exe StartScan"),
    ("Schedule", SYSTEM32 + "gpupdate.exe", "gpupdate.exe /target:computer"),
    ("Schedule", SYSTEM32 + "rundll32.exe", f"rundll32.exe {SYSTEM32}pla.dll,PlaHost"),
    ("DcomLaunch", SYSTEM32 + "backgroundTaskHost.exe", f"{SYSTEM32}backgroundTaskHost.exe -ServerName:App"),
    ("DcomLaunch", SYSTEM32 + "RuntimeBroker.exe", f"{SYSTEM32}RuntimeBroker.exe -Embedding"),
    (
        "DcomLaunch",
        SYSTEM32 + "dllhost.exe",
        f"{SYSTEM32}DllHost.exe /Processid:{{7C1D52A0-44E9-4B1E-A1F3-0D5B8E9C2F61}}",
    ),
    ("DcomLaunch", SYSTEM32 + "wbem\\WmiPrvSE.exe", f"{SYSTEM32}wbem\\wmiprvse.exe -Embedding"),
    ("services", SYSTEM32 + "svchost.exe", f"{SYSTEM32}svchost.exe -k wsappx -p"),
    ("services", "C:\\Windows\\servicing\\TrustedInstaller.exe", "C:\\Windows\\servicing\\TrustedInstaller.exe"),
    ("MsMpEng", "C:\\Program Files\\Windows Defender\\MpCmdRun.exe", "MpCmdRun.exe SignatureUpdate -ScheduleJob"),
    ("spoolsv", SYSTEM32 + "splwow64.exe", f"{SYSTEM32}splwow64.exe 8192"),
)
_LIBRARIES = (
    *("advapi32.dll", "amsi.dll", "bcrypt.dll", "cfgmgr32.dll", "combase.dll", "crypt32.dll", "dnsapi.dll"),
    *("gdi32.dll", "iphlpapi.dll", "kernel32.dll", "msvcrt.dll", "netapi32.dll", "ntdll.dll", "ole32.dll"),
    *("profapi.dll", "rpcrt4.dll", "sechost.dll", "shlwapi.dll", "ucrtbase.dll", "user32.dll", "winhttp.dll"),
)
_VALUES = (
    ("HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Diagnostics\\LastRun", "QWORD (0x01dcb5e1-{:#010x})"),
    (
        "HKLM\\System\\CurrentControlSet\\Services\\bam\\State\\UserSettings\\S-1-5-18\\SequenceNumber",
        "DWORD ({:#010x})",
    ),
    ("HKLM\\System\\CurrentControlSet\\Services\\Tcpip\\Parameters\\LeaseObtainedTime", "DWORD ({:#010x})"),
    ("HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Schedule\\TaskCache\\Tasks\\DynamicInfo", "Binary Data"),
    ("HKLM\\System\\CurrentControlSet\\Services\\W32Time\\Config\\LastKnownGoodTime", "QWORD (0x01dcb5e1-{:#010x})"),
)
_FILES = {
    "chrome.exe": "C:\\Users\\{user}\\AppData\\Local\\Google\\Chrome\\User Data\\Default\\Cache\\f_{number:06x}",
    "outlook.exe": "C:\\Users\\{user}\\AppData\\Local\\Temp\\~DF{number:08X}.TMP",
    "teams.exe": "C:\\Users\\{user}\\AppData\\Roaming\\Teams\\Cache\\data_{number:06x}",
    "msmpeng.exe": "C:\\ProgramData\\Microsoft\\Windows Defender\\Scans\\mpcache-{number:08X}.bin",
    "edgetransport.exe": "C:\\Program Files\\Mail Server\\Queue\\{number:08x}.eml",
    "dns.exe": "C:\\Windows\\System32\\dns\\backup\\zone-{number:06x}.bak",
}
_HANDLES = (("MsMpEng", "0x1000"), ("MsMpEng", "0x101000"), ("Schedule", "0x1400"), ("WmiPrvSE", "0x1410"))
_TRACE = f"{SYSTEM32}ntdll.dll+9a3c2|{SYSTEM32}KERNELBASE.dll+{{:x}}"


def run_task(scene: MachineScene) -> None:
    """A program of the system that comes and goes."""
    parent, image, line = scene.pick(_TASKS)
    _run(scene, scene.machine.start(scene.at, scene.machine.boot_processes[parent], image, line))


def open_tab(scene: MachineScene) -> None:
    """A renderer of the browser; a task where there is no desk."""
    if scene.desk is None:
        return run_task(scene)
    chrome = scene.desk.apps["chrome"]
    line = f'"{chrome.image}" --type=renderer --renderer-client-id={scene.random_number(4, 900)}'
    return _run(scene, scene.machine.start(scene.at, chrome, chrome.image, line))


def _run(scene: MachineScene, process: DemoProcess) -> None:
    for _ in range(scene.random_number(2, 6)):
        library = SYSTEM32 + scene.pick(_LIBRARIES)
        scene.machine.emit(scene.random_time(0.02, 0.4), image_loaded(process, library))
    scene.machine.stop(scene.random_time(1, 120), process)


def load_library(scene: MachineScene) -> None:
    """Some process loads one of the system's libraries."""
    scene.machine.emit(scene.at, image_loaded(scene.random_process(), SYSTEM32 + scene.pick(_LIBRARIES)))


def set_registry_value(scene: MachineScene) -> None:
    """Some service sets one of its values."""
    key, details = scene.pick(_VALUES)
    service = scene.pick(("services", "Schedule", "wuauserv", "W32Time", "MsMpEng"))
    text = details.format(scene.random_number(0, 1 << 31))
    scene.machine.emit(scene.at, value_set(scene.machine.boot_processes[service], key, text))


def open_handle(scene: MachineScene) -> None:
    """A look at another process, now and then at lsass.exe: never with full access."""
    source, access_mask = scene.pick(_HANDLES)
    target = scene.pick((scene.random_process(), scene.random_process(), scene.machine.boot_processes["lsass"]))
    trace = _TRACE.format(scene.random_number(0x20000, 0x40000))
    scene.machine.emit(scene.at, process_accessed(scene.machine.boot_processes[source], target, access_mask, trace))


def write_file(scene: MachineScene) -> None:
    """A file of the program's own kind, or else a prefetch file, which the system writes for every program."""
    process, number = scene.random_process(), scene.random_number(1, 1 << 24)
    if pattern := _FILES.get(process.name.lower()):
        path = pattern.format(user=process.logon.account.name, number=number)
    else:
        path = f"C:\\Windows\\Prefetch\\{process.name.upper()}-{number:08X}.pf"
        process = scene.machine.boot_processes["Schedule"]
    scene.machine.emit(scene.at, file_created(process, path, scene.at))
