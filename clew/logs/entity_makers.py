"""What entities are made of: a function for each way in which the cells of a row name one.

A schema says which columns go into which of them. A maker gives None where the cells name nobody, and raises
EntityError where they name something impossible.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType

from clew.entities.account import Account
from clew.entities.alert import Alert
from clew.entities.attack_technique import AttackTechnique
from clew.entities.certificate import Certificate
from clew.entities.domain import Domain
from clew.entities.entity import Entity
from clew.entities.file import File
from clew.entities.host import Host
from clew.entities.incident import Incident
from clew.entities.ip_address import IpAddress
from clew.entities.process import Process
from clew.entities.url import Url
from clew.entities.vulnerability import Vulnerability

# A machine that logs under its address has no name that could be told.
_ADDRESS = re.compile(r"[0-9.]+|.*:.*")
_CERTIFICATE_TYPE = "application/x-x509"
_COMMON_NAME = re.compile(r"(?:^|[,/+]\s*)CN ?= ?([^,/+]+)", re.IGNORECASE)
_DNS_NAME = re.compile(r"(?:[A-Za-z0-9_-]+\.)+[A-Za-z][A-Za-z0-9-]*")


def host(name: str | None) -> Host | None:
    """The machine that logged the row."""
    return Host(name) if name and not _ADDRESS.fullmatch(name) else None


def address(value: str | None) -> IpAddress | None:
    """A peer address; loopback and unspecified ones say nothing about anybody."""
    if not value:
        return None
    ip = IpAddress(value)
    number = ipaddress.ip_address(ip.value)
    return None if number.is_loopback or number.is_unspecified else ip


def account(sid: str | None, domain: str | None, name: str | None, machine: str | None) -> Account | None:
    """The account of a row, by whichever of its columns are filled."""
    upn = name if name and "@" in name else None
    full = f"{domain or '.'}\\{name}" if name and not upn else None
    if not (sid or upn or full):
        return None
    return Account(sid or "", upn=upn, name=full, host=machine or None)


def remote_account(domain: str | None, name: str | None) -> Account | None:
    """An account that is known by its name, of no machine in particular."""
    return account(None, domain, name, None) if name and (domain or "@" in name) else None


def member(sid: str | None, name: str | None, machine: str | None) -> Account | None:
    """A member of a group, by its SID; its name is one in the directory, and no account name."""
    return account(sid, None, None if sid or (name and "=" in name) else name, machine)


def process(
    machine: str | None,
    guid: str | None,
    pid: int | None,
    start_time: datetime | None,
    image: str | None,
    line: str | None,
) -> Process | None:
    """A process, if the row holds enough to tell it from the next one with the same id."""
    if not machine or not (guid or (pid is not None and start_time is not None)):
        return None
    return Process(guid or "", host=machine, pid=pid, started=start_time, image=image, command_line=line)


def actor(machine: str | None, guid: str | None, pid: int | None, image: str | None) -> Process | None:
    """A process by its GUID alone, where the row says nothing of its start."""
    return process(machine, guid, pid, None, image, None)


def started_actor(
    machine: str | None, guid: str | None, pid: int | None, start_time: datetime | None, image: str | None
) -> Process | None:
    """A process whose row has no command line."""
    return process(machine, guid, pid, start_time, image, None)


def lone_host(machine: str | None, guid: str | None, start_time: datetime | None) -> Host | None:
    """The machine, for a connection whose process is not told."""
    return None if guid or start_time else host(machine)


def flow_source(machine: str | None, value: str | None) -> IpAddress | None:
    """The address that a connection came from, where no machine logged it: a sensor of the network did."""
    return None if machine else address(value)


def logon_account(
    outcome: str | None, sid: str | None, domain: str | None, name: str | None, machine: str | None
) -> Account | None:
    """The account of a successful logon."""
    return account(sid, domain, name, machine) if outcome == "success" else None


def failed_account(
    outcome: str | None, sid: str | None, domain: str | None, name: str | None, machine: str | None
) -> Account | None:
    """The account of a failed logon."""
    return account(sid, domain, name, machine) if outcome == "failure" else None


def image_file(
    sha256: str | None, sha1: str | None, md5: str | None, path: str | None, machine: str | None
) -> File | None:
    """A file known by its hashes."""
    return File(sha256=sha256, sha1=sha1, md5=md5, path=path, host=machine) if sha256 or sha1 or md5 else None


def file_at_path(path: str | None, machine: str | None) -> File | None:
    """A file known by where it is."""
    return File(path=path, host=machine) if path and machine else None


def cloud_account(sid: str | None, domain: str | None, name: str | None) -> Account | None:
    """The account of a service: its UPN, or its name in the directory or cloud account that it is of.

    What the service does itself, under a name that every machine has, is nobody's.
    """
    if (domain or "").lower() in ("nt authority", "builtin"):
        return None
    is_own = bool(name and ("@" in name or domain))
    return account(sid if sid and sid.startswith("S-1-") else None, domain, name if is_own else None, None)


def mail_account(name: str | None) -> Account | None:
    """Whose mail address or user principal name it is; None for a name that is none."""
    return Account(upn=name) if name and "@" in name and not name.startswith("@") else None


def content(sha256: str | None, sha1: str | None, md5: str | None) -> File | None:
    """A file by its hashes alone."""
    return File(sha256=sha256, sha1=sha1, md5=md5) if sha256 or sha1 or md5 else None


def mail_content(sha256: str | None) -> File | None:
    """An attachment by its hash."""
    return content(sha256, None, None)


def carried_file(mime_type: str | None, sha256: str | None, sha1: str | None, md5: str | None) -> File | None:
    """A file that was carried over the network, by its hashes; a certificate in a handshake is no file of anybody."""
    return None if (mime_type or "").startswith(_CERTIFICATE_TYPE) else content(sha256, sha1, md5)


def certificate(  # noqa: PLR0917 - a column each
    sha256: str | None,
    sha1: str | None,
    serial: str | None,
    issuer: str | None,
    subject: str | None,
    not_before: datetime | None,
    not_after: datetime | None,
) -> Certificate | None:
    """A certificate, if the row has a digest of it."""
    if not (sha256 or sha1):
        return None
    return Certificate(
        sha256=sha256,
        sha1=sha1,
        serial=serial,
        issuer=issuer,
        subject=subject,
        not_before=not_before,
        not_after=not_after,
    )


def server_name(name: str | None) -> Domain | None:
    """The name that a client asked a server for, in a handshake or a URL; None where it asked by address."""
    return None if name and _ADDRESS.fullmatch(name.strip("[]")) else domain(name)


def subject_name(subject: str | None) -> Domain | None:
    """The name in the DNS that a certificate was issued for, out of the common name of its subject."""
    match = _COMMON_NAME.search(subject or "")
    name = match[1].removeprefix("*.").strip() if match else ""
    return server_name(name) if _DNS_NAME.fullmatch(name) else None


def url(text: str | None) -> Url | None:
    """A URL."""
    return Url(text) if text else None


def domain(name: str | None) -> Domain | None:
    """A queried name, if it is one in the DNS."""
    return Domain(name) if name and "." in name.strip(".") else None


def workstation(name: str | None) -> Host | None:
    """The machine that a logon says it came from."""
    return Host(name) if name and not name.startswith("\\") else None


def alert(provider: str | None, identifier: str | None, title: str | None) -> Alert | None:
    """An alert, if the row says whose it is."""
    return Alert(f"{provider}:{identifier}", title=title) if provider and identifier else None


def incident(provider: str | None, identifier: str | None, title: str | None) -> Incident | None:
    """An incident, if the row says whose it is."""
    return Incident(f"{provider}:{identifier}", title=title) if provider and identifier else None


def attack_technique(identifier: str | None, name: str | None) -> AttackTechnique | None:
    """The technique that a detection names."""
    return AttackTechnique(identifier, name=name) if identifier else None


def vulnerability(identifier: str | None) -> Vulnerability | None:
    """The vulnerability that a row names by its CVE identifier."""
    return Vulnerability(identifier) if identifier else None


#: The makers by the names that schemas use.
MAKERS: Mapping[str, Callable[..., Entity | None]] = MappingProxyType(
    {
        maker.__name__: maker
        for maker in (
            host,
            address,
            account,
            remote_account,
            member,
            process,
            actor,
            started_actor,
            lone_host,
            flow_source,
            logon_account,
            failed_account,
            image_file,
            file_at_path,
            domain,
            workstation,
            cloud_account,
            mail_account,
            content,
            mail_content,
            carried_file,
            certificate,
            server_name,
            subject_name,
            url,
            alert,
            incident,
            attack_technique,
            vulnerability,
        )
    }
)
