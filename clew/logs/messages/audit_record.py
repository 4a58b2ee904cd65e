"""Records of the Linux audit system, one a line.

See https://github.com/linux-audit/audit-documentation/wiki/SPEC-Audit-Event-Enrichment for the part that auditd adds
behind the byte 0x1d, and lib/audit_logging.h of audit-userspace for which values are written in hexadecimal.
"""

from __future__ import annotations

import ipaddress
import re
from typing import NamedTuple

_RECORD = re.compile(
    r"(?:node=(?P<node>\S+) )?type=(?P<type>\S+) (?:msg=)?"
    r"audit\((?P<time>[0-9]{1,12}\.[0-9]{1,6}):(?P<serial>[0-9]{1,20})\):? ?(?P<content>.*)",
    re.DOTALL,
)
_PAIR = re.compile(r"""([\w.-]{1,64}(?:\[[0-9]{1,6}\])?)=(?:"([^"]*)"|'([^']*)'|(\S*))""")
_HEXADECIMAL = re.compile(r"(?:[0-9A-Fa-f]{2})+")
_ARGUMENT = re.compile(r"a[0-9]{1,6}(?:\[[0-9]{1,6}\])?")
#: What a stranger may have named: written in quotes, or in hexadecimal where it has blanks or worse in it.
_NAMES = frozenset(
    {
        *("proctitle", "exe", "comm", "ocomm", "cmd", "cwd", "name", "path", "file", "dir"),
        *("acct", "data", "key", "unit", "op"),
    }
)
_EMPTY = frozenset({"", "?", "(null)", "(none)"})


class AuditRecord(NamedTuple):
    """One record.

    Attributes:
        node: the machine, where the log says it.
        event: what the records of one event share: the time and the serial number.
        fields: by name, hexadecimal names decoded; what auditd added has a name in capitals.
    """

    type: str
    node: str
    time: str
    event: str
    fields: dict[str, str]


def read_record(line: str) -> AuditRecord | None:
    """The record of a line; None for what is none.

    >>> read_record('type=CWD msg=audit(1773269730.100:7): cwd="/home/alice"').fields
    {'cwd': '/home/alice'}
    """
    match = _RECORD.match(line)
    if match is None:
        return None
    record_type = match["type"]
    content, _, enriched_content = match["content"].partition("\x1d")
    fields = _fields(content, record_type)
    fields |= {name: value for name, value in _fields(enriched_content, record_type).items() if name.isupper()}
    time, serial = match["time"], match["serial"]
    return AuditRecord(record_type, match["node"] or "", time, f"{time}:{serial}", fields)


def _fields(content: str, record_type: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    for name, double_quoted, single_quoted, plain in _PAIR.findall(content):
        if single_quoted:  # what a program says of itself
            fields |= _fields(single_quoted, record_type)
        elif double_quoted:
            fields[name] = double_quoted
        elif plain not in _EMPTY:
            is_name = name in _NAMES or (record_type == "EXECVE" and _ARGUMENT.fullmatch(name))
            fields[name] = _decoded_name(plain) if is_name else plain
    return fields


def _decoded_name(text: str) -> str:
    """A name that was written in hexadecimal."""
    if not _HEXADECIMAL.fullmatch(text):
        return text
    return bytes.fromhex(text).rstrip(b"\0").replace(b"\0", b" ").decode("utf-8", "replace")


class SocketAddress(NamedTuple):
    """Where a socket leads: an address and a port, or the path of a local one."""

    ip: str = ""
    port: int | None = None
    path: str = ""


def socket_address(text: str) -> SocketAddress | None:
    """A `saddr`: the bytes of struct sockaddr in hexadecimal; None for a family without addresses.

    >>> socket_address("020001BBC6336407")
    SocketAddress(ip='198.51.100.7', port=443, path='')
    """
    if not _HEXADECIMAL.fullmatch(text):
        return None
    content = bytes.fromhex(text)
    family = int.from_bytes(content[:2], "little")
    port = int.from_bytes(content[2:4], "big")
    if family == 2 and len(content) >= 8:
        return SocketAddress(str(ipaddress.IPv4Address(content[4:8])), port)
    if family == 10 and len(content) >= 24:
        return SocketAddress(str(ipaddress.IPv6Address(content[8:24])), port)
    if family == 1:
        return SocketAddress(path=content[2:].partition(b"\0")[0].decode("utf-8", "replace"))
    return None
