"""Builders of Sysmon events."""

from datetime import datetime
from ipaddress import IPv6Address, ip_address
from typing import NamedTuple

from .cast import Host, Site, digests
from .emit import SYSMON, Event, Kind, Row
from .process import Process

_CREATED = Kind(SYSMON, 1, 1, 5, "Process Create (rule: ProcessCreate)", "Process Create")
_CONNECTED = Kind(SYSMON, 3, 3, 5, "Network connection detected (rule: NetworkConnect)", "Network connection detected")
_ENDED = Kind(SYSMON, 5, 5, 3, "Process terminated (rule: ProcessTerminate)", "Process terminated")
_LOADED = Kind(SYSMON, 7, 7, 3, "Image loaded (rule: ImageLoad)", "Image loaded")
_ACCESSED = Kind(SYSMON, 10, 10, 3, "Process accessed (rule: ProcessAccess)", "Process accessed")
_FILE = Kind(SYSMON, 11, 11, 2, "File created (rule: FileCreate)", "File created")
_VALUE = Kind(SYSMON, 13, 13, 2, "Registry value set (rule: RegistryEvent)", "Registry value set")
_QUERIED = Kind(SYSMON, 22, 22, 5, "Dns query (rule: DnsQuery)", "Dns query")

_OFFICE = "Microsoft Office"
_PRODUCTS = {
    "chrome.exe": ("Google Chrome", "Google LLC", "Google Chrome"),
    "curl.exe": ("The curl executable", "curl", "The curl executable"),
    "outlook.exe": ("Microsoft Outlook", "Microsoft Corporation", _OFFICE),
    "rar.exe": ("Command line RAR", "Example Archivers", "RAR"),
    "teams.exe": ("Microsoft Teams", "Microsoft Corporation", "Microsoft Teams"),
    "winword.exe": ("Microsoft Word", "Microsoft Corporation", _OFFICE),
}


class End(NamedTuple):
    """One end of a connection, as far as the reporting machine knows it."""

    address: str
    port: int
    hostname: str = "-"


def _who(process: Process) -> Row:
    return {"ProcessGuid": process.guid, "ProcessId": str(process.pid), "Image": process.image}


def _hashes(image: str) -> str:
    return ",".join(f"{name}={value}" for name, value in digests(image).items())


def _properties(image: str) -> Row:
    """The version resource of a program: the system's own and the known products have one, the payload has none."""
    name = image.rpartition("\\")[2]
    if known := _PRODUCTS.get(name.lower()):
        description, company, product = known
    elif image.lower().startswith(("c:\\windows\\system32\\", "c:\\program files\\windows")):
        description, company, product = name, "Microsoft Corporation", "Microsoft® Windows® Operating System"
    else:
        unknown = ("FileVersion", "Description", "Product", "Company", "OriginalFileName")
        return dict.fromkeys(unknown, "-")
    version = "10.0.19041.3636" if company == "Microsoft Corporation" else "7.1.0.0"
    return {
        "FileVersion": version,
        "Description": description,
        "Product": product,
        "Company": company,
        "OriginalFileName": name,
    }


def process_created(host: Host, process: Process) -> Event:
    parent = process.parent
    home = f"C:\\Users\\{process.logon.account.name}\\" if process.logon.session else "C:\\Windows\\system32\\"
    return Event(
        _CREATED,
        {
            **_who(process),
            **_properties(process.image),
            "CommandLine": process.command_line,
            "CurrentDirectory": home,
            "User": process.logon.account.user,
            "LogonGuid": process.logon.guid(host),
            "LogonId": process.logon.hex,
            "TerminalSessionId": str(process.logon.session),
            "IntegrityLevel": process.logon.integrity,
            "Hashes": _hashes(process.image),
            "ParentProcessGuid": parent.guid if parent else "{00000000-0000-0000-0000-000000000000}",
            "ParentProcessId": str(parent.pid) if parent else "0",
            "ParentImage": parent.image if parent else "-",
            "ParentCommandLine": parent.command_line if parent else "-",
        },
    )


def process_ended(process: Process) -> Event:
    return Event(_ENDED, _who(process))


def connected(process: Process, source: End, target: End, *, udp: bool = False, initiated: bool = True) -> Event:
    return Event(
        _CONNECTED,
        {
            **_who(process),
            "User": process.logon.account.user,
            "Protocol": "udp" if udp else "tcp",
            "Initiated": "true" if initiated else "false",
            **_end("Source", source),
            **_end("Destination", target),
        },
    )


def _end(side: str, end: End) -> Row:
    address = ip_address(end.address)
    text = str(address)
    if isinstance(address, IPv6Address):
        # Sysmon drops leading zeros but never folds a run of them into `::`.
        text = ":".join(f"{int(group, 16):x}" for group in address.exploded.split(":"))
    return {
        f"{side}IsIpv6": "true" if address.version == 6 else "false",
        f"{side}Ip": text,
        f"{side}Hostname": end.hostname,
        f"{side}Port": str(end.port),
        f"{side}PortName": {80: "http", 88: "kerberos", 389: "ldap", 443: "https", 445: "microsoft-ds"}.get(
            end.port, "-"
        ),
    }


def image_loaded(process: Process, library: str, *, signed: bool = True) -> Event:
    return Event(
        _LOADED,
        {
            **_who(process),
            "ImageLoaded": library,
            **_properties(library),
            "Hashes": _hashes(library),
            "Signed": "true" if signed else "false",
            "Signature": "Microsoft Windows" if signed else "-",
            "SignatureStatus": "Valid" if signed else "Unavailable",
        },
    )


def process_accessed(source: Process, target: Process, granted: str, trace: str) -> Event:
    return Event(
        _ACCESSED,
        {
            "SourceProcessGUID": source.guid,
            "SourceProcessId": str(source.pid),
            "SourceThreadId": str(source.pid + 8),
            "SourceImage": source.image,
            "TargetProcessGUID": target.guid,
            "TargetProcessId": str(target.pid),
            "TargetImage": target.image,
            "GrantedAccess": granted,
            "CallTrace": trace,
        },
    )


def file_created(process: Process, path: str, at: datetime) -> Event:
    created = at.strftime("%Y-%m-%d %H:%M:%S.") + f"{at.microsecond // 1000:03d}"
    return Event(_FILE, {**_who(process), "TargetFilename": path, "CreationUtcTime": created})


def value_set(process: Process, key: str, details: str) -> Event:
    kinds: Row = {"EventType": "SetValue", "EventTypeOrignal": "INFO"}
    return Event(_VALUE, {**kinds, **_who(process), "TargetObject": key, "Details": details})


def dns_query(process: Process, site: Site) -> Event:
    address = site.address if ":" in site.address else f"::ffff:{site.address}"
    results = "".join(f"type:  5 {name};" for name in site.via) + f"{address};"
    return Event(_QUERIED, {**_who(process), "QueryName": site.name, "QueryStatus": "0", "QueryResults": results})


def dns_failure(process: Process, name: str) -> Event:
    return Event(_QUERIED, {**_who(process), "QueryName": name, "QueryStatus": "9003", "QueryResults": "-"})
