"""An event for each view of windows_views.yaml, as collectors forward them."""

from __future__ import annotations

from typing import Any

from tests.logs.events import GUID, OTHER, Event, security, sysmon

_HASHES = f"SHA1={'A' * 40},MD5={'B' * 32},SHA256={'C' * 64}"
_SUBJECT = {
    "SubjectUserSid": "S-1-5-21-1-2-3-1104",
    "SubjectUserName": "alice",
    "SubjectDomainName": "CORP",
    "SubjectLogonId": "0x3e7",
}
_TARGET = {"TargetUserName": "alice", "TargetDomainName": "CORP", "TargetSid": "S-1-5-21-1-2-3-1104"}
_CLIENT = {"IpAddress": "::ffff:198.51.100.7", "IpPort": "51000"}
_TASK = "<Task><Actions><Exec><Command>a.exe</Command><Arguments>-x &amp; y</Arguments></Exec></Actions></Task>"


def event(channel: str, code: int, **fields: Any) -> Event:
    """An event of another log, in the flat shape."""
    return {**security(code, **fields), "Channel": channel, "UserID": "S-1-5-21-1-2-3-1104"}


def _by_alice(code: int, **fields: Any) -> Event:
    return security(code, **_SUBJECT, **fields)


_THREAD = {
    "SourceProcessId": "6700",
    "SourceImage": "C:\\Tools\\a.exe",
    "TargetProcessId": "700",
    "TargetImage": "C:\\Windows\\notepad.exe",
    "StartAddress": "0x1",
}
WINDOWS: tuple[Event, ...] = (
    sysmon(13, EventType="SetValue", TargetObject="HKLM\\Software\\Run\\a", Details="a.exe"),
    sysmon(7, ImageLoaded="C:\\Tools\\a.dll", Hashes=_HASHES, Signed="false"),
    sysmon(8, SourceProcessGuid=f"{{{GUID}}}", TargetProcessGuid=f"{{{OTHER}}}", **_THREAD),
    sysmon(8, SourceProcessGuid=f"{{{OTHER}}}", TargetProcessGuid=f"{{{GUID}}}", **_THREAD),
    sysmon(17, PipeName="\\a"),
    sysmon(5),
    sysmon(23, TargetFilename="C:\\Temp\\b.exe", Hashes=_HASHES, User="CORP\\Alice"),
    _by_alice(4663, ObjectServer="Security", ObjectType="File", ObjectName="C:\\secret.txt", AccessMask="0x1"),
    _by_alice(5136, ObjectDN="CN=x,DC=corp,DC=example", ObjectClass="user", AttributeLDAPDisplayName="member"),
    _by_alice(4697, ServiceName="a", ServiceFileName="C:\\Tools\\a.exe -s", ServiceAccount="LocalSystem"),
    _by_alice(4698, TaskName="\\a", TaskContent=_TASK),
    event("Microsoft-Windows-PowerShell/Operational", 4104, ScriptBlockText="whoami", ScriptBlockId=f"{{{GUID}}}"),
    _by_alice(4738, **_TARGET),
    _by_alice(4732, MemberSid="S-1-5-21-1-2-3-1105", MemberName="-", TargetUserName="Admins", TargetSid="S-1-5-32-544"),
    security(4768, ServiceName="krbtgt", Status="0x0", TicketEncryptionType="0x12", **_TARGET, **_CLIENT),
    _by_alice(4672, PrivilegeList="SeDebugPrivilege"),
    _by_alice(4648, TargetServerName="dc01.corp.example", TargetUserName="bob", TargetDomainName="CORP", **_CLIENT),
    _by_alice(5145, ShareName="\\\\*\\C$", RelativeTargetName="a.exe", AccessMask="0x2", **_CLIENT),
    sysmon(20, User="CORP\\Alice", Name="a", Type="Command Line", Destination="a.exe"),
    event(
        "Microsoft-Windows-Windows Defender/Operational",
        1116,
        **{
            "Threat Name": "Tool:Example",
            "Severity Name": "High",
            "Path": "file:_C:\\Temp\\b.exe; process:_pid:1",
            "Detection User": "CORP\\alice",
        },
    ),
    event("Microsoft-Windows-Windows Firewall With Advanced Security/Firewall", 2004, RuleName="a", LocalPorts="4444"),
    event(
        "Microsoft-Windows-TerminalServices-LocalSessionManager/Operational",
        21,
        User="CORP\\alice",
        SessionID="2",
        Address="198.51.100.7",
    ),
    _by_alice(1102),
    security(4634, TargetUserSid="S-1-5-21-1-2-3-1104", TargetUserName="alice", TargetLogonId="0x1", LogonType="3"),
    event(
        "Microsoft-Windows-Bits-Client/Operational",
        59,
        name="a",
        url="https://files.example/a.exe",
        fileLength=2**64 - 1,
    ),
)
