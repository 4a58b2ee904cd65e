"""What fields of events say, as clew spells it: each function takes a value as a log has it, and gives a cell or None.

One thing has one spelling, whoever logged it: that of the entities. So a row is found by its values.
"""

from __future__ import annotations

import functools
import ipaddress
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, cast

from clew.entities.host_names import canonical_name
from clew.errors import EntityError
from clew.logs.cell_lists import LIST_FUNCTIONS
from clew.logs.cell_texts import TEXT_FUNCTIONS
from clew.logs.cell_times import read_time
from clew.logs.network_values import NETWORK_FUNCTIONS, answer_texts, first_text
from clew.logs.windows_values import WINDOWS_TEXTS

Cell = Any
CellFunction = Callable[[Any], Cell]
#: What logs write where they have nothing to say.
_EMPTY = frozenset({"", "-", "(null)", "null", "NULL", "None", "nan", "NaN", "N/A"})
_EMPTY_LENGTH = max(map(len, _EMPTY))
_NO_GUID = "00000000-0000-0000-0000-000000000000"
_CACHE = 65_536
_HASH = re.compile(r"[0-9a-f]+")


def text(value: Any) -> str | None:
    """Text without blanks around it; a list is its items, separated by commas."""
    if type(value) is not str:
        value = _as_text(value)
    value = value.strip()
    return None if len(value) <= _EMPTY_LENGTH and value in _EMPTY else value


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, list):
        return ", ".join(filter(None, (text(item) or "" for item in cast("Any", value))))
    if isinstance(value, dict):
        return _node_text(cast("dict[str, Any]", value))
    return str(value)


def _node_text(node: dict[str, Any]) -> str:
    """The text of an XML element that became an object."""
    for key in ("#text", "_text", "$text", "Value"):
        if key in node:
            return _as_text(node[key])
    from clew.logs.formats.json_codec import json_bytes

    return json_bytes(node).decode() if node else ""


def lower(value: Any) -> str | None:
    """The same in lower case."""
    cell = text(value)
    return cell.lower() if cell else None


def number(value: Any) -> int | None:
    """A whole number, decimal or hexadecimal; also one that a table made a float of."""
    if type(value) is int:
        return _in_range(value)
    return _number(value if type(value) is str else _as_text(value))


@functools.lru_cache(_CACHE)
def _number(cell: str) -> int | None:
    cell = cell.strip()
    try:
        if cell[:2] in ("0x", "0X"):
            return _in_range(int(cell, 16))
        return _in_range(int(cell.replace(",", "")))
    except ValueError:
        pass
    try:
        as_float = float(cell)
        return _in_range(int(as_float)) if as_float.is_integer() else None
    except (ValueError, OverflowError):
        return None


def _in_range(value: int) -> int | None:
    return value if -(2**63) <= value < 2**63 else None


def decimal(value: Any) -> float | None:
    """A number with a fraction."""
    cell = text(value)
    try:
        return float(cell) if cell else None
    except ValueError:
        return None


def ip(value: Any) -> str | None:
    """One address, as `IpAddress` spells it; without the zone, the port and brackets around it."""
    return _ip(value if type(value) is str else _as_text(value))


@functools.lru_cache(_CACHE)
def _ip(cell: str) -> str | None:
    cell = cell.strip()
    bare = cell.strip("[]").partition("%")[0]
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        return _ip_with_port(cell)
    ipv4 = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    address = ipv4 or address
    return None if address.is_unspecified else str(address)


def _ip_with_port(cell: str) -> str | None:
    match = re.fullmatch(r"\[([0-9A-Fa-f:.]+)(?:%\w+)?\]:\d+|(\d+\.\d+\.\d+\.\d+):\d+", cell)
    return _ip(match[1] or match[2]) if match else None


def first_ip(value: Any) -> str | None:
    """The first address of a list; an address as it is."""
    return ip(first_text(value))


def host(value: Any) -> str | None:
    """The name of a machine, as `Host` spells it."""
    return _host(value if type(value) is str else _as_text(value))


@functools.lru_cache(_CACHE)
def _host(cell: str) -> str | None:
    name = (text(cell) or "").strip("\\").rstrip(".").lower()
    if name.isascii():
        return name or None
    return _domain(cell) or name


def domain(value: Any) -> str | None:
    """A name in the DNS, as `Domain` spells it: in lower case, in A-labels, without the final dot."""
    return _domain(value if type(value) is str else _as_text(value))


@functools.lru_cache(_CACHE)
def _domain(cell: str) -> str | None:
    name = (text(cell) or "").rstrip(".").lower()
    if name.isascii():
        return name or None
    try:
        return canonical_name(name, "a name")
    except EntityError:
        return name


def guid(value: Any) -> str | None:
    """A GUID in lower case, without braces; that of zeros is none."""
    cell = text(value)
    if not cell:
        return None
    bare = cell.strip("{}").lower()
    return None if bare == _NO_GUID else bare


def sid(value: Any) -> str | None:
    """A security identifier; the one of nobody is none."""
    cell = text(value)
    if not cell:
        return None
    bare = cell.strip("%{}").upper()
    return None if bare == "S-1-0-0" else bare


def logon_id(value: Any) -> str | None:
    """A logon session of Windows, in lower-case hexadecimal without zeros before it."""
    as_number = number(value)
    return hex(as_number) if as_number is not None and as_number >= 0 else lower(value)


def hash_text(value: Any) -> str | None:
    """A digest in lower case."""
    cell = lower(value)
    return cell if cell and _HASH.fullmatch(cell) else None


def _digest(algorithm: str) -> CellFunction:
    pattern = re.compile(rf"(?:^|[,;\s]){algorithm}=([0-9A-Fa-f]+)", re.IGNORECASE)

    def digest(value: Any) -> str | None:
        match = pattern.search(text(value) or "")
        return match[1].lower() if match else None

    return digest


def before_backslash(value: Any) -> str | None:
    """The domain of `DOMAIN\\name`."""
    cell = text(value)
    return cell.rpartition("\\")[0] or None if cell else None


def after_backslash(value: Any) -> str | None:
    """The name of `DOMAIN\\name`; of a text without a backslash, all of it."""
    cell = text(value)
    return cell.rpartition("\\")[2] or None if cell else None


def yes(value: Any) -> bool | None:
    """Whether it says yes."""
    cell = lower(value)
    return cell in ("true", "yes", "1", "t") if cell else None


def outbound(value: Any) -> bool | None:
    """Whether a direction is outbound, in the words of the Windows firewall too."""
    cell = lower(value)
    return cell in ("%%14593", "outbound", "egress", "out", "o") if cell else None


_PROTOCOLS = MappingProxyType(
    {"1": "icmp", "6": "tcp", "t": "tcp", "17": "udp", "u": "udp", "58": "ipv6-icmp", "47": "gre", "50": "esp"}
)


def transport(value: Any) -> str | None:
    """A transport protocol by its name."""
    cell = lower(value)
    return _PROTOCOLS.get(cell, cell) if cell else None


def dns_answers(value: Any) -> str | None:
    """The addresses of an answer, as `IpAddress` spells them, separated by semicolons."""
    is_structured = isinstance(value, list | dict)
    items = answer_texts(value) if is_structured else re.split(r"[;,\s]+", text(value) or "")
    addresses = dict.fromkeys(filter(None, (ip(item) for item in items if item[-1:] != ":")))
    return ";".join(addresses) or None


def _of_text(read: Callable[[str], str | None]) -> CellFunction:
    def cell_of(value: Any) -> str | None:
        cell = text(value)
        return text(read(cell)) if cell else None

    return cell_of


#: What a function makes, where that is no text.
CELL_TYPES: Mapping[CellFunction, type] = MappingProxyType(
    {number: int, decimal: float, read_time: datetime, yes: bool, outbound: bool}
)
#: The functions by the names that schemas use.
CELL_FUNCTIONS: Mapping[str, CellFunction] = MappingProxyType(
    {
        "text": text,
        "lower": lower,
        "number": number,
        "decimal": decimal,
        "time": read_time,
        "guid": guid,
        "ip": ip,
        "host": host,
        "domain": domain,
        "sid": sid,
        "logon_id": logon_id,
        "hash": hash_text,
        "sha256": _digest("SHA256"),
        "sha1": _digest("SHA1"),
        "md5": _digest("MD5"),
        "before_backslash": before_backslash,
        "after_backslash": after_backslash,
        "yes": yes,
        "outbound": outbound,
        "transport": transport,
        "dns_answers": dns_answers,
        **{name: _of_text(read) for name, read in {**WINDOWS_TEXTS, **TEXT_FUNCTIONS}.items()},
        **LIST_FUNCTIONS,
        **NETWORK_FUNCTIONS,
        "first_ip": first_ip,
    }
)
