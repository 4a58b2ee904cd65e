"""Builders of the other Security and System events: processes, connections, services."""

from clew.demo.estate import NOBODY, SYSTEM, DemoAccount, DemoHost
from clew.demo.event_log import SECURITY, SERVICES, Event, Kind
from clew.demo.logons import account_fields
from clew.demo.process import DemoProcess
from clew.demo.sysmon import ConnectionEnd

_PROCESS_CREATED = Kind(SECURITY, 4688, 13312, 2, "Process Creation", "A new process has been created.")
_CONNECTION_PERMITTED = Kind(
    SECURITY, 5156, 12810, 1, "Filtering Platform Connection", "WFP has permitted a connection."
)
_SERVICE_INSTALLED = Kind(SERVICES, 7045, 0, 0, "-", "A service was installed in the system.")

_LABELS = {"System": "S-1-16-16384", "High": "S-1-16-12288", "Medium": "S-1-16-8192"}


def process_created(host: DemoHost, process: DemoProcess) -> Event:
    """4688: a process began."""
    logon, parent = process.logon, process.parent
    return Event(
        _PROCESS_CREATED,
        {
            **account_fields("Subject", logon.subject(host), logon.hex),
            "NewProcessId": f"{process.pid:#x}",
            "NewProcessName": process.image,
            "TokenElevationType": "%%1938" if logon.integrity == "Medium" else "%%1936",
            "ProcessId": f"{parent.pid:#x}" if parent else "0x0",
            "CommandLine": process.command_line,
            **account_fields("Target", NOBODY, "0x0"),
            "ParentProcessName": parent.image if parent else "-",
            "MandatoryLabel": _LABELS[logon.integrity],
        },
    )


def connection_permitted(
    process: DemoProcess, source: ConnectionEnd, target: ConnectionEnd, *, udp: bool = False
) -> Event:
    """5156: the firewall let a connection pass."""
    device = process.image
    if device.startswith("C:"):
        device = "\\device\\harddiskvolume2" + device[2:].lower()
    return Event(
        _CONNECTION_PERMITTED,
        {
            "ProcessId": str(process.pid),
            "Application": device,
            "Direction": "%%14593",
            "SourceAddress": source.address,
            "SourcePort": str(source.port),
            "DestAddress": target.address,
            "DestPort": str(target.port),
            "Protocol": "17" if udp else "6",
            "FilterRTID": "68114",
            "LayerName": "%%14611",
            "LayerRTID": "48",
            "RemoteUserID": NOBODY.sid,
            "RemoteMachineID": NOBODY.sid,
        },
    )


def service_installed(name: str, image: str, by: DemoAccount = SYSTEM) -> Event:
    """7045: a service was installed; `by` is the account that did it."""
    return Event(
        _SERVICE_INSTALLED,
        {
            "ServiceName": name,
            "ImagePath": image,
            "ServiceType": "user mode service",
            "StartType": "demand start",
            # Over the account that would run the service, the collector writes the account that installed it.
            "AccountName": by.name,
            "Domain": by.domain,
            "AccountType": "User",
            "UserID": by.sid,
        },
    )
