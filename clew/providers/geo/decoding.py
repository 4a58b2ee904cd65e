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
_MOST, _DEEPEST = 2**16, 64
# A text counts as a value for each so many bytes.
_PIECE = 16
# Values that are kept, all together; then it begins anew.
_KEPT = 2**20
_POINTER, _TEXT, _DOUBLE, _MAP, _INT32, _ARRAY, _BOOL, _FLOAT = 1, 2, 3, 7, 8, 11, 14, 15
# Unsigned integers by their type, and how many bytes each may have.
_UNSIGNED = {5: 2, 6: 4, 9: 8, 10: 16}
# What is added to a pointer, by its length.
_BEYOND = (0, 2048, 526336, 0)
_TOO_LARGE, _BEYOND_FILE = "a record is too large", "a value ends beyond the file"


# What a pointer leads to, how many values that is, and how deep.
_Part = tuple[Any, int, int]


class Decoder:
    """Decodes values of a file.

    Args:
        buffer: the file.
        base: where its data section begins.
    """

    def __init__(self, buffer: bytes, base: int) -> None:
        self._buffer = buffer
        self._base = base
        self._parts: dict[int, _Part] = {}
        self._kept = 0

    def decode(self, place: int) -> Any:
        """The value at a place. Raises ValueError or LookupError for a damaged one."""
        if self._kept > _KEPT:
            self._parts, self._kept = {}, 0
        reading = _Reading(self._buffer, self._base, self._parts)
        value, _ = reading.value(place, 0)
        self._kept += reading.fresh
        return value


@dataclass(slots=True)
class _Reading:
    """The decoding of one record."""

    buffer: bytes
    base: int
    parts: dict[int, _Part]
    weight: int = 0
    deepest: int = 0
    fresh: int = 0
    begun: set[int] = field(default_factory=set[int])

    def value(self, place: int, depth: int) -> tuple[Any, int]:
        """The value at a place, and where it ends."""
        control = self.buffer[place]
        kind, size = control >> 5, control & 31
        if kind == _POINTER:
            target, end = self._target(size, place + 1)
            part = self.parts.get(target)
            # Half of all values are pointers to what is known: nothing is called for those.
            if part is None:
                part = self._part(target, depth)
            else:
                self.weight += part[1]
                if self.weight > _MOST or depth + part[2] > _DEEPEST:
                    raise ValueError(_TOO_LARGE)
                self.deepest = max(self.deepest, depth + part[2])
            return part[0], end
        place += 1
        if kind == 0 or size > 28:
            kind, size, place = self._extended(kind, size, place)
        self.weight += 1 + size // _PIECE if kind == _TEXT else 1
        if self.weight > _MOST:
            raise ValueError(_TOO_LARGE)
        if kind == _TEXT:
            return self._bytes(place, size).decode(), place + size
        if kind in (_MAP, _ARRAY):
            self._go_down(depth + 1)
            return self._map(size, place, depth + 1) if kind == _MAP else self._array(size, place, depth + 1)
        if kind == _BOOL:
            return size != 0, place
        return _number(kind, self._bytes(place, size)), place + size

    def _extended(self, kind: int, size: int, place: int) -> tuple[int, int, int]:
        """The type and the size where the first byte has no room for them, and where the value itself begins."""
        if kind == 0:
            kind = self.buffer[place] + 7
            place += 1
        if size > 28:
            width = size - 28
            size = (29, 285, 65821)[width - 1] + int.from_bytes(self._bytes(place, width), "big")
            place += width
        return kind, size, place

    def _map(self, size: int, place: int, depth: int) -> tuple[dict[str, Any], int]:
        found: dict[str, Any] = {}
        read = self.value
        for _ in range(size):
            key, place = read(place, depth)
            if not isinstance(key, str):
                raise ValueError("a key is no text")  # noqa: TRY004 - damage of a file
            found[key], place = read(place, depth)
        return found, place

    def _array(self, size: int, place: int, depth: int) -> tuple[list[Any], int]:
        found: list[Any] = []
        for _ in range(size):
            value, place = self.value(place, depth)
            found.append(value)
        return found, place

    def _target(self, size: int, place: int) -> tuple[int, int]:
        """Where a pointer leads, and where it ends."""
        width = size >> 3
        end = place + width + 1
        target = int.from_bytes(self.buffer[place:end], "big")
        if end > len(self.buffer):
            raise ValueError(_BEYOND_FILE)
        if width < 3:
            target |= (size & 7) << 8 * (width + 1)
        return target + _BEYOND[width] + self.base, end

    def _part(self, target: int, depth: int) -> _Part:
        if target in self.begun or self.buffer[target] >> 5 == _POINTER:
            raise ValueError("a pointer leads back, or to another pointer")
        self.begun.add(target)
        weight, deepest = self.weight, self.deepest
        self.deepest = depth
        value, _ = self.value(target, depth)
        part = self.parts[target] = (value, self.weight - weight, self.deepest - depth)
        self.deepest = max(deepest, self.deepest)
        self.begun.discard(target)
        self.fresh += part[1]
        return part

    def _bytes(self, place: int, size: int) -> bytes:
        found = self.buffer[place : place + size]
        if len(found) != size:
            raise ValueError(_BEYOND_FILE)
        return found

    def _go_down(self, depth: int) -> None:
        self.deepest = max(self.deepest, depth)
        if depth > _DEEPEST:
            raise ValueError(_TOO_LARGE)


def _number(kind: int, found: bytes) -> int | float:
    size = len(found)
    if size <= _UNSIGNED.get(kind, -1):
        return int.from_bytes(found, "big")
    if kind == _INT32 and size <= 4:
        return int.from_bytes(found, "big", signed=size == 4)
    if (kind, size) in ((_DOUBLE, 8), (_FLOAT, 4)):
        number: float = struct.unpack("!d" if kind == _DOUBLE else "!f", found)[0]
        if math.isfinite(number):
            return number
        raise ValueError("a number is infinite or none")
    raise ValueError("a value is of a type that no GeoIP database has")
