"""Builders of the events of authentication: logons, their ends and failures, Kerberos tickets."""

import hashlib

from clew.demo.estate import DOMAIN_SID, KRBTGT, NETBIOS, NOBODY, REALM, DemoAccount, DemoHost
from clew.demo.event_log import SECURITY, Event, Kind, Row
from clew.demo.process import DemoProcess, Logon
from clew.demo.sysmon import ConnectionEnd

_LOGON = Kind(SECURITY, 4624, 12544, 2, "Logon", "An account was successfully logged on.")
_LOGON_FAILED = Kind(SECURITY, 4625, 12544, 0, "Logon", "An account failed to log on.", failure=True)
_LOGOFF = Kind(SECURITY, 4634, 12545, 0, "Logoff", "An account was logged off.")
_EXPLICIT = Kind(SECURITY, 4648, 12544, 0, "Logon", "A logon was attempted using explicit credentials.")
_PRIVILEGES = Kind(SECURITY, 4672, 12548, 0, "Special Logon", "Special privileges assigned to new logon.")
_TICKET = Kind(SECURITY, 4768, 14339, 0, "Kerberos Authentication Service", "A Kerberos TGT was requested.")
_SERVICE_TICKET = Kind(
    SECURITY, 4769, 14337, 0, "Kerberos Service Ticket Operations", "A Kerberos service ticket was requested."
)

_NO_GUID = "{00000000-0000-0000-0000-000000000000}"


def account_fields(role: str, account: DemoAccount, logon_id: str = "") -> Row:
    """An account as fields of an event.

    Args:
        role: what the account is in the event, as in the names of its fields: `Subject` or `Target`.
        logon_id: of its session, as hexadecimal text; left out where the event has none.
    """
    row: Row = {
        f"{role}UserSid": account.sid,
        f"{role}UserName": account.name,
        f"{role}DomainName": account.domain,
    }
    return row | {f"{role}LogonId": logon_id} if logon_id else row


def _logon_fields(logon_type: int, package: str, process: str) -> Row:
    return {
        "LogonType": str(logon_type),
        "LogonProcessName": process,
        "AuthenticationPackageName": package,
        "TransmittedServices": "-",
        "LmPackageName": "-",
        "KeyLength": "0",
    }


def logged_on_local(host: DemoHost, logon: Logon, logon_type: int, by: DemoProcess) -> Event:
    """A logon at the machine itself: at its keyboard (2), by its scheduler (4) or as one of its services (5)."""
    keyboard = logon_type == 2
    return Event(
        _LOGON,
        {
            **account_fields("Subject", by.logon.subject(host), by.logon.hex),
            **account_fields("Target", logon.account, logon.hex),
            **_logon_fields(logon_type, "Negotiate", "User32 " if keyboard else "Advapi  "),
            "WorkstationName": host.name if keyboard else "-",
            "LogonGuid": logon.guid(host) if keyboard else _NO_GUID,
            "ProcessId": f"{by.pid:#x}",
            "ProcessName": by.image,
            "IpAddress": "127.0.0.1" if keyboard else "-",
            "IpPort": "0" if keyboard else "-",
            **_token(),
        },
    )


def logged_on_network(host: DemoHost, logon: Logon, source: ConnectionEnd) -> Event:
    """A Kerberos logon over the network; the domain is the realm here, as Windows has it in these events alone."""
    account = logon.account
    return Event(
        _LOGON,
        {
            **account_fields("Subject", NOBODY, "0x0"),
            **account_fields("Target", DemoAccount(account.name, account.sid, REALM), logon.hex),
            **_logon_fields(3, "Kerberos", "Kerberos"),
            "WorkstationName": "-",
            "LogonGuid": logon.guid(host),
            "ProcessId": "0x0",
            "ProcessName": "-",
            "IpAddress": source.address,
            "IpPort": str(source.port),
            **_token(),
        },
    )


def _token() -> Row:
    return {
        "ImpersonationLevel": "%%1833",
        "RestrictedAdminMode": "-",
        "TargetOutboundUserName": "-",
        "TargetOutboundDomainName": "-",
        "VirtualAccount": "%%1843",
        "TargetLinkedLogonId": "0x0",
        "ElevatedToken": "%%1842",
    }


def logon_failed(name: str, workstation: str, source: ConnectionEnd) -> Event:
    """4625: somebody gave a wrong password over the network.

    Args:
        workstation: the name that the other machine gave itself.
        source: its end of the connection.
    """
    return Event(
        _LOGON_FAILED,
        {
            **account_fields("Subject", NOBODY, "0x0"),
            **account_fields("Target", DemoAccount(name, NOBODY.sid, NETBIOS)),
            **_logon_fields(3, "NTLM", "NtLmSsp "),
            "Status": "0xc000006d",
            "SubStatus": "0xc000006a",
            "FailureReason": "%%2313",
            "WorkstationName": workstation,
            "ProcessId": "0x0",
            "ProcessName": "-",
            "IpAddress": source.address,
            "IpPort": str(source.port),
        },
    )


def logged_off(logon: Logon, logon_type: int) -> Event:
    """4634: a session ended; `logon_type` is the number by which Windows knows its kind."""
    return Event(_LOGOFF, {**account_fields("Target", logon.account, logon.hex), "LogonType": str(logon_type)})


def explicit_credentials(host: DemoHost, by: DemoProcess, target: DemoAccount, server: DemoHost) -> Event:
    """4648: a process logged on to a server with the password of another account."""
    return Event(
        _EXPLICIT,
        {
            **account_fields("Subject", by.logon.subject(host), by.logon.hex),
            "LogonGuid": by.logon.guid(host),
            "TargetUserName": target.name,
            "TargetDomainName": target.domain,
            "TargetLogonGuid": _NO_GUID,
            "TargetServerName": server.fqdn,
            "TargetInfo": f"cifs/{server.fqdn}",
            "ProcessId": f"{by.pid:#x}",
            "ProcessName": by.image,
            "IpAddress": "-",
            "IpPort": "-",
        },
    )


def privileges_assigned(logon: Logon) -> Event:
    """4672: a session began that may do all."""
    names = ("SeSecurityPrivilege", "SeBackupPrivilege", "SeRestorePrivilege", "SeDebugPrivilege")
    privileges = "\r\n\t\t\t".join(names)
    return Event(_PRIVILEGES, {**account_fields("Subject", logon.account, logon.hex), "PrivilegeList": privileges})


def ticket_requested(account: DemoAccount, source: ConnectionEnd) -> Event:
    """4768: the domain controller was asked for the ticket of an account."""
    return Event(
        _TICKET,
        {
            "TargetUserName": account.name,
            "TargetDomainName": NETBIOS,
            "TargetSid": account.sid,
            "ServiceName": KRBTGT.name,
            "ServiceSid": KRBTGT.sid,
            "TicketOptions": "0x40810010",
            "TicketEncryptionType": "0x12",
            "PreAuthType": "2",
            "Status": "0x0",
            "IpAddress": f"::ffff:{source.address}",
            "IpPort": str(source.port),
        },
    )


def service_ticket_requested(account: DemoAccount, service: DemoHost, source: ConnectionEnd) -> Event:
    """4769: the domain controller was asked for a ticket for a service."""
    seal = hashlib.sha256(f"{account.sid} {service.fqdn} {source.port}".encode()).hexdigest()
    return Event(
        _SERVICE_TICKET,
        {
            "TargetUserName": f"{account.name}@{REALM}",
            "TargetDomainName": REALM,
            "ServiceName": service.account.name,
            "ServiceSid": f"{DOMAIN_SID}-{service.rid}",
            "TicketOptions": "0x40810000",
            "TicketEncryptionType": "0x12",
            "Status": "0x0",
            "LogonGuid": f"{{{seal[:8]}-{seal[8:12]}-{seal[12:16]}-{seal[16:20]}-{seal[20:32]}}}",
            "TransmittedServices": "-",
            "IpAddress": f"::ffff:{source.address}",
            "IpPort": str(source.port),
        },
    )
