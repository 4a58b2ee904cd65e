"""Bodies as they were before packing, never more of them than is allowed."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

# Says to zlib which format follows: 16 for gzip, and 32 where it finds out itself.
_WINDOW = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": 32 + zlib.MAX_WBITS}


class TooLarge(Exception):
    """There is more than is allowed."""


def decompress(chunks: Iterable[bytes], encoding: str, limit: int) -> bytes:
    """The whole body; a bomb is left as soon as it is past the limit, not when it has gone off.

    Args:
        encoding: the Content-Encoding: none, gzip or deflate.
        limit: in bytes, of what comes and of what it unpacks to.

    Raises:
        TooLarge: it is longer than that.
        ValueError: it is packed in another way, damaged or cut off.
    """
    if encoding in ("", "identity"):
        return _join_chunks(chunks, limit)
    if encoding not in _WINDOW:
        raise ValueError("it is packed in a way that was not asked for")
    decompressor = zlib.decompressobj(_WINDOW[encoding])
    body, read_size = bytearray(), 0
    try:
        for chunk in chunks:
            read_size += len(chunk)
            body += decompressor.decompress(chunk, limit + 1 - len(body))
            if len(body) > limit or read_size > limit:
                raise TooLarge
    except zlib.error:
        raise ValueError("it cannot be unpacked") from None
    if read_size and not decompressor.eof:
        raise ValueError("it ends too early")
    return bytes(body)


def _join_chunks(chunks: Iterable[bytes], limit: int) -> bytes:
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > limit:
            raise TooLarge
    return bytes(body)
