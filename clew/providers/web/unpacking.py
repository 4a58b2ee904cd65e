"""Bodies as they were before packing, never more of them than is allowed."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

# Says to zlib which format follows: 16 for gzip, and 32 where it finds out itself.
_WINDOW = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": 32 + zlib.MAX_WBITS}


class TooLarge(Exception):
    """There is more than is allowed."""


def unpacked(chunks: Iterable[bytes], packing: str, limit: int) -> bytes:
    """The whole body; a bomb is left as soon as it is past the limit, not when it has gone off.

    Args:
        packing: the Content-Encoding: none, gzip or deflate.
        limit: in bytes, of what comes and of what it unpacks to.

    Raises:
        TooLarge: it is longer than that.
        ValueError: it is packed in another way, damaged or cut off.
    """
    if packing in ("", "identity"):
        return _joined(chunks, limit)
    if packing not in _WINDOW:
        raise ValueError("it is packed in a way that was not asked for")
    machine = zlib.decompressobj(_WINDOW[packing])
    whole, came = bytearray(), 0
    try:
        for chunk in chunks:
            came += len(chunk)
            whole += machine.decompress(chunk, limit + 1 - len(whole))
            if len(whole) > limit or came > limit:
                raise TooLarge
    except zlib.error:
        raise ValueError("it cannot be unpacked") from None
    if came and not machine.eof:
        raise ValueError("it ends too early")
    return bytes(whole)


def _joined(chunks: Iterable[bytes], limit: int) -> bytes:
    whole = bytearray()
    for chunk in chunks:
        whole += chunk
        if len(whole) > limit:
            raise TooLarge
    return bytes(whole)
