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
from clew.providers.geo.decoding import Decoder

#: Where no record is, and where the tree leads out of the file.
NOWHERE, ASTRAY = 0, -1
#: What a damaged file may raise: the decoder's own error is a RuntimeError.
DAMAGE = (OSError, ValueError, TypeError, LookupError, AttributeError, RuntimeError, ArithmeticError)
# All of a file is read into memory; the largest databases that MaxMind sells have less than half of this.
_LARGEST = 2 * 2**30
_SEPARATOR = 16
_LONGEST_TYPE = 100


@dataclass(frozen=True, slots=True)
class Database:
    """An open database.

    Attributes:
        type: what MaxMind calls it: `GeoLite2-City`.
        built: the day on which it was built, ISO 8601.
        ip_version: 4 where it holds no IPv6 addresses, else 6.
    """

    name: str
    type: str
    built: str
    ip_version: int
    _buffer: bytes
    _nodes: int
    _record_size: int
    _ipv4_start: int
    _decoder: Decoder

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
        if path.stat().st_size > _LARGEST:
            raise ValueError(f"it has more than {_LARGEST >> 30} GiB, and no GeoIP database has")
        file = _File(path)
        content = file.getvalue()
        # The reader checks the metadata, and that the tree fits into the file.
        about = Reader(file, MODE_FD).metadata()
        numbers = (about.node_count, about.record_size, about.ip_version, about.build_epoch)
        if not all(type(number) is int for number in numbers) or about.ip_version not in (4, 6):
            raise ValueError("its metadata is damaged")
        kind = cast("object", about.database_type)
        if not isinstance(kind, str) or len(kind) > _LONGEST_TYPE:
            raise ValueError("its type is damaged")
        built = datetime.fromtimestamp(about.build_epoch, UTC).date().isoformat()
        decoder = Decoder(content, about.search_tree_size + _SEPARATOR)
        opened = cls(path.name, kind, built, about.ip_version, content, about.node_count, about.record_size, 0, decoder)
        return opened._starting_at_ipv4()

    def find(self, numbers: Sequence[int], bits: int) -> tuple[list[int], list[int]]:
        """Where the record of each address is (or NOWHERE, ASTRAY), and how many bits its network has.

        Args:
            numbers: addresses in ascending order.
            bits: 32 or 128.
        """
        buffer, nodes, size = self._buffer, self._nodes, self._record_size
        step, side, width, is_shared = size // 4, (3, 4)[size == 32], (4, 3)[size == 24], size == 28
        path = [self._ipv4_start if bits == 32 else 0, *[0] * bits]
        places, prefixes = [0] * len(numbers), [0] * len(numbers)
        place = depth = before = 0
        last = -1
        for at, number in enumerate(numbers):
            if number > last:
                # Down from where the way parts from that of the address before it.
                depth = bits - (number ^ before).bit_length() if last >= 0 else 0
                node = path[depth]
                while node < nodes and depth < bits:
                    depth += 1
                    right = number >> bits - depth & 1
                    start = node * step + side * right
                    node = int.from_bytes(buffer[start : start + width], "big")
                    if is_shared:  # two records of 28 bits share the byte between them
                        node = node & 0x0FFFFFFF if right else node >> 8 | (node & 0xF0) << 20
                    path[depth] = node
                place, before, last = self._place(node), number, number | (1 << bits - depth) - 1
            places[at], prefixes[at] = place, depth
        return places, prefixes

    def record(self, place: int) -> Any:
        """The record at a place, as JSON can hold it. Raises one of DAMAGE."""
        return self._decoder.decode(place)

    def _place(self, node: int) -> int:
        if node == self._nodes:
            return NOWHERE
        tree = self._nodes * self._record_size // 4
        place = node - self._nodes + tree
        return place if tree + _SEPARATOR <= place < len(self._buffer) else ASTRAY

    def _starting_at_ipv4(self) -> Database:
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
            self.built,
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


class _Shelf:
    """A place for one file as it was last read: a file that was changed is read again, and the old one let go."""

    def __init__(self) -> None:
        self.held: tuple[tuple[int, int, int], Database] | None = None

    def database(self, path: Path) -> Database:
        """The file as it is now."""
        found = path.stat()
        state = (found.st_mtime_ns, found.st_size, found.st_ino)
        if self.held is None or self.held[0] != state:
            self.held = (state, Database.open(path))
        return self.held[1]


@functools.lru_cache(maxsize=32)
def _shelf(_path: Path) -> _Shelf:
    return _Shelf()


def opened(path: Path) -> Database:
    """The database as it is now. Raises one of DAMAGE, or MissingExtra."""
    return _shelf(path).database(path)
