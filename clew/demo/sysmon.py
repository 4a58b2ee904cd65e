"""Builders of Sysmon events."""

from datetime import datetime
from ipaddress import IPv6Address, ip_address
from typing import NamedTuple

from clew.demo.estate import DemoHost, Site, digests
from clew.demo.event_log import SYSMON, Event, Kind, Row
from clew.demo.process import DemoProcess

_PROCESS_CREATED = Kind(SYSMON, 1, 1, 5, "Process Create (rule: ProcessCreate)", "Process Create")
_NETWORK_CONNECTION = Kind(
    SYSMON, 3, 3, 5, "Network connection detected (rule: NetworkConnect)", "Network connection detected"
)
_PROCESS_ENDED = Kind(SYSMON, 5, 5, 3, "Process terminated (rule: ProcessTerminate)", "Process terminated")
_IMAGE_LOADED = Kind(SYSMON, 7, 7, 3, "Image loaded (rule: ImageLoad)", "Image loaded")
_PROCESS_ACCESSED = Kind(SYSMON, 10, 10, 3, "Process accessed (rule: ProcessAccess)", "Process accessed")
_FILE_CREATED = Kind(SYSMON, 11, 11, 2, "File created (rule: FileCreate)", "File created")
_VALUE_SET = Kind(SYSMON, 13, 13, 2, "Registry value set (rule: RegistryEvent)", "Registry value set")
_DNS_QUERY = Kind(SYSMON, 22, 22, 5, "Dns query (rule: DnsQuery)", "Dns query")

_OFFICE = "Microsoft Office"
_PRODUCTS = {
    "chrome.exe": ("Google Chrome", "Google LLC", "Google Chrome"),
    "curl.exe": ("The curl executable", "curl", "The curl executable"),
    "outlook.exe": ("Microsoft Outlook", "Microsoft Corporation", _OFFICE),
    "rar.exe": ("Command line RAR", "Example Archivers", "RAR"),
    "teams.exe": ("Microsoft Teams", "Microsoft Corporation", "Microsoft Teams"),
    "winword.exe": ("Microsoft Word", "Microsoft Corporation", _OFFICE),
}


class ConnectionEnd(NamedTuple):
    """One end of a connection, as far as the reporting machine knows it."""

    address: str
    port: int
    hostname: str = "-"


def _process_fields(process: DemoProcess) -> Row:
    return {"ProcessGuid": process.guid, "ProcessId": str(process.pid), "Image": process.image}


def _hashes(image: str) -> str:
    return ",".join(f"{name}={value}" for name, value in digests(image).items())


def _properties(image: str) -> Row:
    """The version resource of a program: the system's own and the known products have one, the payload has none."""
    name = image.rpartition("\\")[2]
    if resource := _PRODUCTS.get(name.lower()):
        description, company, product = resource
    elif image.lower().startswith(("c:\\windows\\system32\\", "c:\\program files\\windows")):
        description, company, product = name, "Microsoft Corporation", "Microsoft® Windows® Operating System"
    else:
        names = ("FileVersion", "Description", "Product", "Company", "OriginalFileName")
        return dict.fromkeys(names, "-")
    version = "10.0.19041.3636" if company == "Microsoft Corporation" else "7.1.0.0"
    return {
        "FileVersion": version,
        "Description": description,
        "Product": product,
        "Company": company,
        "OriginalFileName": name,
    }


def process_created(host: DemoHost, process: DemoProcess) -> Event:
    """1: a process began."""
    parent = process.parent
    home = f"C:\\Users\\{process.logon.account.name}\\" if process.logon.session else "C:\\Windows\\system32\\"
    return Event(
        _PROCESS_CREATED,
        {
            **_process_fields(process),
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


def process_ended(process: DemoProcess) -> Event:
    """5: a process ended."""
    return Event(_PROCESS_ENDED, _process_fields(process))


def network_connection(
    process: DemoProcess, source: ConnectionEnd, target: ConnectionEnd, *, udp: bool = False, is_initiator: bool = True
) -> Event:
    """3: a connection, as the machine of the process sees it; `is_initiator` says that it began here."""
    return Event(
        _NETWORK_CONNECTION,
        {
            **_process_fields(process),
            "User": process.logon.account.user,
            "Protocol": "udp" if udp else "tcp",
            "Initiated": "true" if is_initiator else "false",
            **_end("Source", source),
            **_end("Destination", target),
        },
    )


def _end(side: str, end: ConnectionEnd) -> Row:
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


def image_loaded(process: DemoProcess, library: str, *, is_signed: bool = True) -> Event:
    """7: a process loaded a library."""
    return Event(
        _IMAGE_LOADED,
        {
            **_process_fields(process),
            "ImageLoaded": library,
            **_properties(library),
            "Hashes": _hashes(library),
            "Signed": "true" if is_signed else "false",
            "Signature": "Microsoft Windows" if is_signed else "-",
            "SignatureStatus": "Valid" if is_signed else "Unavailable",
        },
    )


def process_accessed(source: DemoProcess, target: DemoProcess, access_mask: str, trace: str) -> Event:
    """10: a process opened another one.

    Args:
        access_mask: what it asked to be allowed, as hexadecimal text.
        trace: the stack of the call.
    """
    return Event(
        _PROCESS_ACCESSED,
        {
            "SourceProcessGUID": source.guid,
            "SourceProcessId": str(source.pid),
            "SourceThreadId": str(source.pid + 8),
            "SourceImage": source.image,
            "TargetProcessGUID": target.guid,
            "TargetProcessId": str(target.pid),
            "TargetImage": target.image,
            "GrantedAccess": access_mask,
            "CallTrace": trace,
        },
    )


def file_created(process: DemoProcess, path: str, at: datetime) -> Event:
    """11: a process wrote a file at that time."""
    creation_time = at.strftime("%Y-%m-%d %H:%M:%S.") + f"{at.microsecond // 1000:03d}"
    return Event(_FILE_CREATED, {**_process_fields(process), "TargetFilename": path, "CreationUtcTime": creation_time})


def value_set(process: DemoProcess, key: str, details: str) -> Event:
    """13: a process set a value of the registry; `details` is what it was set to."""
    kinds: Row = {"EventType": "SetValue", "EventTypeOrignal": "INFO"}
    return Event(_VALUE_SET, {**kinds, **_process_fields(process), "TargetObject": key, "Details": details})


def dns_query(process: DemoProcess, site: Site) -> Event:
    """22: a process asked for a name, and got its address."""
    address = site.address if ":" in site.address else f"::ffff:{site.address}"
    results = "".join(f"type:  5 {name};" for name in site.via) + f"{address};"
    return Event(
        _DNS_QUERY, {**_process_fields(process), "QueryName": site.name, "QueryStatus": "0", "QueryResults": results}
    )


def dns_failure(process: DemoProcess, name: str) -> Event:
    """22: a process asked for a name that there is not."""
    return Event(
        _DNS_QUERY, {**_process_fields(process), "QueryName": name, "QueryStatus": "9003", "QueryResults": "-"}
    )
