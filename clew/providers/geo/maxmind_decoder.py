"""The data section of a MaxMind database, decoded into what JSON can hold.

Records share most of their parts by pointers. maxminddb decodes what a pointer leads to again for each record; here it
is decoded once and kept, which is most of the work for a column of addresses. What a record costs is counted as if
nothing were kept, so that a record is refused or not whatever was read before.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, field
from typing import Any

# Real records have some hundred values, six deep.
_MAX_VALUES, _MAX_DEPTH = 2**16, 64
# A text counts as a value for each so many bytes.
_BYTES_PER_VALUE = 16
# Values that are kept, all together; then it begins anew.
_MAX_CACHE_SIZE = 2**20
_POINTER, _TEXT, _DOUBLE, _MAP, _INT32, _ARRAY, _BOOL, _FLOAT = 1, 2, 3, 7, 8, 11, 14, 15
# Unsigned integers by their type, and how many bytes each may have.
_UNSIGNED_SIZES = {5: 2, 6: 4, 9: 8, 10: 16}
# What is added to a pointer, by its length.
_POINTER_BASES = (0, 2048, 526336, 0)
_TOO_LARGE, _BEYOND_FILE = "a record is too large", "a value ends beyond the file"


# What a pointer leads to, how many values that is, and how deep.
_CachedValue = tuple[Any, int, int]


class RecordDecoder:
    """Decodes values of a file.

    Args:
        buffer: the file.
        base: where its data section begins.
    """

    def __init__(self, buffer: bytes, base: int) -> None:
        self._buffer = buffer
        self._base = base
        self._cache: dict[int, _CachedValue] = {}
        self._cache_size = 0

    def decode(self, offset: int) -> Any:
        """The value at a place. Raises ValueError or LookupError for a damaged one."""
        if self._cache_size > _MAX_CACHE_SIZE:
            self._cache, self._cache_size = {}, 0
        reader = _RecordReader(self._buffer, self._base, self._cache)
        value, _ = reader.read_value(offset, 0)
        self._cache_size += reader.new_count
        return value


@dataclass(slots=True)
class _RecordReader:
    """The decoding of one record."""

    buffer: bytes
    base: int
    cache: dict[int, _CachedValue]
    weight: int = 0
    deepest: int = 0
    new_count: int = 0
    open_targets: set[int] = field(default_factory=set[int])

    def read_value(self, offset: int, depth: int) -> tuple[Any, int]:
        """The value at a place, and where it ends."""
        control = self.buffer[offset]
        kind, size = control >> 5, control & 31
        if kind == _POINTER:
            target, end = self._read_target(size, offset + 1)
            entry = self.cache.get(target)
            # Half of all values are pointers to what is known: nothing is called for those.
            if entry is None:
                entry = self._cached_value(target, depth)
            else:
                self.weight += entry[1]
                if self.weight > _MAX_VALUES or depth + entry[2] > _MAX_DEPTH:
                    raise ValueError(_TOO_LARGE)
                self.deepest = max(self.deepest, depth + entry[2])
            return entry[0], end
        offset += 1
        if kind == 0 or size > 28:
            kind, size, offset = self._read_extended(kind, size, offset)
        self.weight += 1 + size // _BYTES_PER_VALUE if kind == _TEXT else 1
        if self.weight > _MAX_VALUES:
            raise ValueError(_TOO_LARGE)
        if kind == _TEXT:
            return self._read_bytes(offset, size).decode(), offset + size
        if kind in (_MAP, _ARRAY):
            self._descend(depth + 1)
            return (
                self._read_map(size, offset, depth + 1) if kind == _MAP else self._read_array(size, offset, depth + 1)
            )
        if kind == _BOOL:
            return size != 0, offset
        return _parse_number(kind, self._read_bytes(offset, size)), offset + size

    def _read_extended(self, kind: int, size: int, offset: int) -> tuple[int, int, int]:
        """The type and the size where the first byte has no room for them, and where the value itself begins."""
        if kind == 0:
            kind = self.buffer[offset] + 7
            offset += 1
        if size > 28:
            width = size - 28
            size = (29, 285, 65821)[width - 1] + int.from_bytes(self._read_bytes(offset, width), "big")
            offset += width
        return kind, size, offset

    def _read_map(self, size: int, offset: int, depth: int) -> tuple[dict[str, Any], int]:
        mapping: dict[str, Any] = {}
        read = self.read_value
        for _ in range(size):
            key, offset = read(offset, depth)
            if not isinstance(key, str):
                raise ValueError("a key is no text")  # noqa: TRY004 - damage of a file
            mapping[key], offset = read(offset, depth)
        return mapping, offset

    def _read_array(self, size: int, offset: int, depth: int) -> tuple[list[Any], int]:
        values: list[Any] = []
        for _ in range(size):
            value, offset = self.read_value(offset, depth)
            values.append(value)
        return values, offset

    def _read_target(self, size: int, offset: int) -> tuple[int, int]:
        """Where a pointer leads, and where it ends."""
        width = size >> 3
        end = offset + width + 1
        target = int.from_bytes(self.buffer[offset:end], "big")
        if end > len(self.buffer):
            raise ValueError(_BEYOND_FILE)
        if width < 3:
            target |= (size & 7) << 8 * (width + 1)
        return target + _POINTER_BASES[width] + self.base, end

    def _cached_value(self, target: int, depth: int) -> _CachedValue:
        if target in self.open_targets or self.buffer[target] >> 5 == _POINTER:
            raise ValueError("a pointer leads back, or to another pointer")
        self.open_targets.add(target)
        weight, deepest = self.weight, self.deepest
        self.deepest = depth
        value, _ = self.read_value(target, depth)
        entry = self.cache[target] = (value, self.weight - weight, self.deepest - depth)
        self.deepest = max(deepest, self.deepest)
        self.open_targets.discard(target)
        self.new_count += entry[1]
        return entry

    def _read_bytes(self, offset: int, size: int) -> bytes:
        chunk = self.buffer[offset : offset + size]
        if len(chunk) != size:
            raise ValueError(_BEYOND_FILE)
        return chunk

    def _descend(self, depth: int) -> None:
        self.deepest = max(self.deepest, depth)
        if depth > _MAX_DEPTH:
            raise ValueError(_TOO_LARGE)


def _parse_number(kind: int, chunk: bytes) -> int | float:
    size = len(chunk)
    if size <= _UNSIGNED_SIZES.get(kind, -1):
        return int.from_bytes(chunk, "big")
    if kind == _INT32 and size <= 4:
        return int.from_bytes(chunk, "big", signed=size == 4)
    if (kind, size) in ((_DOUBLE, 8), (_FLOAT, 4)):
        number: float = struct.unpack("!d" if kind == _DOUBLE else "!f", chunk)[0]
        if math.isfinite(number):
            return number
        raise ValueError("a number is infinite or none")
    raise ValueError("a value is of a type that no GeoIP database has")
