"""A MaxMind database file: which record is about an address, and which network that record is about.

maxminddb opens the file; its tree is walked and its records are decoded here, for many addresses at once. Nothing of it
is done by a library in C: a damaged file must not end the process.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, cast

from clew.errors import MissingExtra
from clew.providers.geo.maxmind_decoder import RecordDecoder

#: Where no record is, and where the tree leads out of the file.
NO_RECORD, BAD_OFFSET = 0, -1
#: What a damaged file may raise: the decoder's own error is a RuntimeError.
DAMAGE_ERRORS = (OSError, ValueError, TypeError, LookupError, AttributeError, RuntimeError, ArithmeticError)
# All of a file is read into memory; the largest databases that MaxMind sells have less than half of this.
_MAX_SIZE = 2 * 2**30
_SEPARATOR = 16
_MAX_TYPE_LENGTH = 100


@dataclass(frozen=True, slots=True)
class Database:
    """An open database.

    Attributes:
        type: what MaxMind calls it: `GeoLite2-City`.
        build_day: the day on which it was built, ISO 8601.
        ip_version: 4 where it holds no IPv6 addresses, else 6.
    """

    name: str
    type: str
    build_day: str
    ip_version: int
    _buffer: bytes
    _nodes: int
    _record_size: int
    _ipv4_start: int
    _decoder: RecordDecoder

    @classmethod
    def open(cls, path: Path) -> Database:
        """Read a file. Raises one of DAMAGE, or MissingExtra."""
        try:
            from maxminddb import MODE_FD
            from maxminddb.reader import Reader
        except ImportError:
            raise MissingExtra("maxminddb", extra="geo", purpose="locating addresses") from None
        if path.is_dir():
            raise ValueError("it is a folder without .mmdb files")
        if path.stat().st_size > _MAX_SIZE:
            raise ValueError(f"it has more than {_MAX_SIZE >> 30} GiB, and no GeoIP database has")
        file = _File(path)
        content = file.getvalue()
        # The reader checks the metadata, and that the tree fits into the file.
        metadata = Reader(file, MODE_FD).metadata()
        numbers = (metadata.node_count, metadata.record_size, metadata.ip_version, metadata.build_epoch)
        if not all(type(number) is int for number in numbers) or metadata.ip_version not in (4, 6):
            raise ValueError("its metadata is damaged")
        kind = cast("object", metadata.database_type)
        if not isinstance(kind, str) or len(kind) > _MAX_TYPE_LENGTH:
            raise ValueError("its type is damaged")
        build_day = datetime.fromtimestamp(metadata.build_epoch, UTC).date().isoformat()
        decoder = RecordDecoder(content, metadata.search_tree_size + _SEPARATOR)
        database = cls(
            path.name,
            kind,
            build_day,
            metadata.ip_version,
            content,
            metadata.node_count,
            metadata.record_size,
            0,
            decoder,
        )
        return database._with_ipv4_start()

    def find(self, numbers: Sequence[int], bits: int) -> tuple[list[int], list[int]]:
        """Look up addresses, of which each begins where it parts from the one before.

        Args:
            numbers: addresses in ascending order.
            bits: 32 or 128.

        Returns:
            Where the record of each address is, or NOWHERE or ASTRAY; and how many bits the network of each has.
        """
        buffer, nodes, size = self._buffer, self._nodes, self._record_size
        step, side, width, is_shared = size // 4, (3, 4)[size == 32], (4, 3)[size == 24], size == 28
        path = [self._ipv4_start if bits == 32 else 0, *[0] * bits]
        offsets, prefixes = [0] * len(numbers), [0] * len(numbers)
        offset = depth = previous = 0
        last = -1
        for index, number in enumerate(numbers):
            if number > last:
                # Down from where the way parts from that of the address before it.
                depth = bits - (number ^ previous).bit_length() if last >= 0 else 0
                node = path[depth]
                while node < nodes and depth < bits:
                    depth += 1
                    bit = number >> bits - depth & 1
                    start = node * step + side * bit
                    node = int.from_bytes(buffer[start : start + width], "big")
                    if is_shared:  # two records of 28 bits share the byte between them
                        node = node & 0x0FFFFFFF if bit else node >> 8 | (node & 0xF0) << 20
                    path[depth] = node
                offset, previous, last = self._record_offset(node), number, number | (1 << bits - depth) - 1
            offsets[index], prefixes[index] = offset, depth
        return offsets, prefixes

    def record(self, offset: int) -> Any:
        """The record at a place, as JSON can hold it. Raises one of DAMAGE."""
        return self._decoder.decode(offset)

    def _record_offset(self, node: int) -> int:
        if node == self._nodes:
            return NO_RECORD
        tree = self._nodes * self._record_size // 4
        offset = node - self._nodes + tree
        return offset if tree + _SEPARATOR <= offset < len(self._buffer) else BAD_OFFSET

    def _with_ipv4_start(self) -> Database:
        """The same, and it knows where the IPv4 addresses begin in a tree of IPv6 addresses: below 96 zeros."""
        node = 0
        for _ in range(96 if self.ip_version == 6 else 0):
            if node >= self._nodes:
                break
            start = node * self._record_size // 4
            if self._record_size == 28:
                node = int.from_bytes(self._buffer[start : start + 3], "big") | (self._buffer[start + 3] & 0xF0) << 20
            else:
                node = int.from_bytes(self._buffer[start : start + self._record_size // 8], "big")
        return Database(
            self.name,
            self.type,
            self.build_day,
            self.ip_version,
            self._buffer,
            self._nodes,
            self._record_size,
            node,
            self._decoder,
        )


class _File(BytesIO):
    """A file that was read, under the name that errors of the reader say."""

    def __init__(self, path: Path) -> None:
        super().__init__(path.read_bytes())
        self.name = path.name


class _CachedFile:
    """A place for one file as it was last read: a file that was changed is read again, and the old one let go."""

    def __init__(self) -> None:
        self.entry: tuple[tuple[int, int, int], Database] | None = None

    def database(self, path: Path) -> Database:
        """The file as it is now."""
        status = path.stat()
        version = (status.st_mtime_ns, status.st_size, status.st_ino)
        if self.entry is None or self.entry[0] != version:
            self.entry = (version, Database.open(path))
        return self.entry[1]


@functools.lru_cache(maxsize=32)
def _cached_file(_path: Path) -> _CachedFile:
    return _CachedFile()


def open_database(path: Path) -> Database:
    """The database as it is now. Raises one of DAMAGE, or MissingExtra."""
    return _cached_file(path).database(path)
