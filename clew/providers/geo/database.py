"""A MaxMind database file: the record of an address, and the network that it is about.

It is read by the pure-Python reader: a damaged file must not end the process.
"""

from __future__ import annotations

import functools
import socket
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv6Network
from pathlib import Path
from typing import Any, cast

from clew.errors import AskSkipped, MissingExtra


@contextmanager
def readable(database: Path | None) -> Generator[Path, None, None]:
    """Turns the ways in which there is no database, or a damaged one, into AskSkipped."""
    if database is None:
        raise AskSkipped("there is no GeoIP database", kind="no-source", next_step="set CLEW_GEOIP to a .mmdb file")
    try:
        yield database
    except MissingExtra as error:
        raise AskSkipped(error.what, kind="no-source", next_step=error.next_step) from None
    except (OSError, ValueError, TypeError, LookupError, AttributeError, RuntimeError, ArithmeticError) as error:
        # A damaged file fails in any of these ways inside the reader, whose own error is a RuntimeError.
        raise AskSkipped(f"the GeoIP database {database.name} cannot be read: {error}", kind="no-source",
                         next_step="check CLEW_GEOIP, download the database again") from None  # fmt: skip


@dataclass(frozen=True, slots=True)
class Database:
    """An open database.

    Attributes:
        changed: when the file was last written.
        built: the day on which MaxMind built it.
    """

    path: Path
    changed: int
    built: str
    reader: Any

    @classmethod
    def at(cls, path: Path) -> Database:
        """The database as it is now: a changed file is another one."""
        return _open(path, path.stat().st_mtime_ns)

    def record(self, address: str) -> tuple[Any, int]:
        """The record of an address, and how many bits its network has."""
        if ":" in address and self.reader.metadata().ip_version == 4:
            raise AskSkipped(f"the GeoIP database {self.path.name} holds no IPv6 addresses", kind="no-source",
                             next_step="set CLEW_GEOIP to one that does")  # fmt: skip
        return cast("tuple[Any, int]", self.reader.get_with_prefix_len(address))

    def document(self, address: str, record: object, prefix: int) -> dict[str, Any]:
        """What a reply says of an address."""
        network = _network(address, prefix)
        return {"database": self.path.name, "built": self.built, "network": network, "record": record}


def _width(address: str) -> int:
    return 128 if ":" in address else 32


def _network(address: str, prefix: int) -> str:
    first = _number(address) >> _width(address) - prefix << _width(address) - prefix
    if ":" in address:
        return str(IPv6Network((first, prefix)))
    return f"{socket.inet_ntoa(first.to_bytes(4, 'big'))}/{prefix}"


def addresses_after(address: str, prefix: int) -> int:
    """How many addresses of the network come after this one."""
    rest = (1 << _width(address) - prefix) - 1
    return rest - (_number(address) & rest)


def _number(address: str) -> int:
    return int.from_bytes(socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address), "big")


def place(address: str) -> int:
    """Where an address stands when those of IPv6 stand behind those of IPv4."""
    return _number(address) + (1 << 32 if ":" in address else 0)


@functools.lru_cache(maxsize=4)
def _open(path: Path, changed: int) -> Database:
    try:
        from maxminddb import MODE_MEMORY, InvalidDatabaseError
        from maxminddb.reader import Reader
    except ImportError:
        raise MissingExtra("maxminddb", extra="geo", purpose="locating addresses") from None
    try:
        reader = Reader(path, MODE_MEMORY)
    except InvalidDatabaseError as error:
        raise ValueError(str(error)) from None
    built = datetime.fromtimestamp(reader.metadata().build_epoch, UTC).date().isoformat()
    return Database(path, changed, built, reader)
