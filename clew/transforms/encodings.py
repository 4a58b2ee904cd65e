"""Encoded text: base64, hexadecimal, UTF-16 and what zlib packs, down through text that is encoded in encoded text.

Nothing here knows what the text is for. What a text hides is a tree: each layer has those that stand encoded in it.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

#: How many characters one encoded text may decode to.
MAX_TEXT = 1 << 20
#: Of a text that is readable, so many characters can be printed.
_READABLE_RATIO = 0.95
# How zlib is told what is around what it packed.
_GZIP, _ZLIB, _BARE = 31, 15, -15

#: Whatever may be base64, in lines or not: more than is shown to anybody, and all that could hide a name.
BASE64_RUN = re.compile(r"(?:[A-Za-z0-9+/]{60,76}\r?\n)+[A-Za-z0-9+/]+={0,2}|[A-Za-z0-9+/]{8,}={0,2}")
#: The same in the letters that URLs have for it.
URL_BASE64_RUN = re.compile(r"[A-Za-z0-9_-]{8,}={0,2}")
#: Whatever may be bytes in hexadecimal.
HEX_RUN = re.compile(
    r"(?<![0-9A-Fa-f])(?:[0-9a-f]{2}){4,}(?![0-9A-Fa-f])|(?<![0-9A-Fa-f])(?:[0-9A-F]{2}){4,}(?![0-9A-Fa-f])"
)
#: What is more likely base64 than a word: wrapped as mail and certificates wrap it, or standing alone; short ones only
#: if they are padded.
BASE64_WORD = re.compile(
    r"(?<![A-Za-z0-9+/])((?:[A-Za-z0-9+/]{76}\r?\n)+[A-Za-z0-9+/]*={0,2}|(?:[A-Za-z0-9+/]{64}\r?\n)+[A-Za-z0-9+/]*={0,2}"
    r"|[A-Za-z0-9+/]{16,}={0,2}|[A-Za-z0-9+/]{6,15}={1,2})"
)


class DecodedBytes(NamedTuple):
    """The text that bytes are, the name of its encoding, and a last byte that is half a character, or nothing."""

    text: str
    encoding: str
    tail: bytes


class UnpackResult(NamedTuple):
    """What packed bytes contain, what is around them (see `pack`), and whether they were whole and nothing follows."""

    content: bytes
    window: int
    is_whole: bool


@dataclass(frozen=True, slots=True)
class LayerLimits:
    """How far a text is looked through.

    Attributes:
        depth: layers inside one another.
        tries: encoded texts that are tried, those inside others included.
        characters: what all of them may decode to.
    """

    depth: int = 3
    tries: int = 2_048
    characters: int = 16 * MAX_TEXT


@dataclass(frozen=True, slots=True)
class Layer:
    """A text that stood encoded in another.

    Attributes:
        encoded_text: as it stood there.
        layers: what stands encoded in it.
    """

    encoded_text: str
    text: str
    layers: tuple[Layer, ...] = ()


@dataclass(frozen=True, slots=True)
class LayerTree:
    """What stands encoded in a text, in the order of the text.

    Attributes:
        cut_reason: what ended the search before its end; empty if nothing did.
    """

    layers: tuple[Layer, ...]
    cut_reason: str = ""

    def walk(self) -> Iterator[tuple[int, Layer]]:
        """Each layer with its depth, 1 for what stands in the text itself; what is in a layer right after it.

        Yields:
            The depth of a layer, and the layer.
        """
        waiting = [(1, layer) for layer in reversed(self.layers)]
        while waiting:
            depth, layer = waiting.pop()
            yield depth, layer
            waiting += [(depth + 1, inner) for inner in reversed(layer.layers)]


def find_layers(
    text: str, patterns: Sequence[re.Pattern[str]] = (BASE64_WORD,), limits: LayerLimits | None = None
) -> LayerTree:
    """The base64 in a text, and what is encoded in what it decodes to.

    >>> tree = find_layers("run dwBoAG8AYQBtAGkA now")
    >>> [layer.text for layer in tree.layers], tree.cut_reason
    (['whoami'], '')

    Args:
        patterns: what base64 looks like in the text, as the first group; then what it looks like one layer down, and so
            on. The last one holds for all that are deeper.
    """
    search = _Search(patterns, limits or LayerLimits())
    return LayerTree(tuple(search.layers(text, 0)), search.cut_reason)


@dataclass(slots=True)
class _Search:
    """A search, and what it has used up."""

    patterns: Sequence[re.Pattern[str]]
    limits: LayerLimits
    tries: int = 0
    characters: int = 0
    cut_reason: str = ""

    def layers(self, text: str, depth: int) -> Iterator[Layer]:
        """What `text` encodes, which itself is so deep."""
        if depth == self.limits.depth:
            return
        for match in self.patterns[min(depth, len(self.patterns) - 1)].finditer(text):
            if not self.cut_reason and self.tries == self.limits.tries:
                self.cut_reason = f"{self.limits.tries:,} encoded texts"
            if self.cut_reason:
                return
            self.tries += 1
            decoded_text = decode_text("".join(match[1].split()))
            self.characters += len(decoded_text)
            if self.characters > self.limits.characters:
                self.cut_reason = f"{self.limits.characters:,} decoded characters"
                return
            if decoded_text:
                yield Layer(match[1], decoded_text, tuple(self.layers(decoded_text, depth + 1)))


def decode_text(base64_text: str) -> str:
    """Readable text out of base64, packed or not; empty where there is none.

    >>> decode_text("dwBoAG8AYQBtAGkA")
    'whoami'
    """
    unpadded_text = base64_text.rstrip("=")
    try:
        data = base64.b64decode(unpadded_text + "=" * (-len(unpadded_text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return ""
    for result in unpack(data, MAX_TEXT):
        text = readable_text(result.content) if len(result.content) > len(data) else ""
        if text:
            return text
    return readable_text(data)


def unpack(data: bytes, limit: int) -> Iterator[UnpackResult]:
    """What `data` may be the packed form of, as gzip, as zlib and as bare deflate; never more than `limit` bytes."""
    for window in (_GZIP, _ZLIB, _BARE):
        decompressor = zlib.decompressobj(window)
        try:
            content = decompressor.decompress(data, limit)
        except zlib.error:
            continue
        yield UnpackResult(content, window, decompressor.eof and not decompressor.unused_data)


def pack(content: bytes, window: int) -> bytes:
    """Pack bytes as those were that `unpack` said `window` of."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, window)
    return compressor.compress(content) + compressor.flush()


def readable_text(data: bytes) -> str:
    """The text that bytes are, if people can read it; else nothing."""
    decoded_bytes = decode_bytes(data, allows_nul=True)
    text = decoded_bytes.text if decoded_bytes is not None else ""
    printable = sum(char.isprintable() or char in "\r\n\t" for char in text)
    return text.strip("\ufeff\0") if text and printable >= _READABLE_RATIO * len(text) else ""


def decode_bytes(data: bytes, *, allows_nul: bool = False) -> DecodedBytes | None:
    """Bytes as UTF-16, if their zeros say so, or as UTF-8; None for what is neither.

    Args:
        allows_nul: as in `utf16_encoding`.
    """
    encoding = utf16_encoding(data, allows_nul=allows_nul)
    tail = data[len(data) // 2 * 2 :] if encoding else b""
    try:
        return DecodedBytes(data[: len(data) - len(tail)].decode(encoding or "utf-8"), encoding or "utf-8", tail)
    except UnicodeDecodeError:
        return None


def utf16_encoding(data: bytes, *, allows_nul: bool = False) -> str:
    """UTF-16 by its zeros, in either order of bytes; empty for anything else.

    >>> utf16_encoding(b"w\\0h\\0o\\0"), utf16_encoding(b"\\0w\\0h\\0o"), utf16_encoding(b"whoami")
    ('utf-16-le', 'utf-16-be', '')

    Args:
        allows_nul: the text itself may have zeros in it. Then much that is no text passes for one.
    """
    if len(data) < 4:
        return ""
    for first, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        zeros, letters = data[first::2], data[1 - first :: 2]
        if 2 * zeros.count(0) >= len(zeros) and (allows_nul or letters.count(0) == 0):
            return encoding
    return ""


def is_printable(text: str) -> bool:
    """Whether every character is one that is seen, or parts words and lines."""
    return text.isprintable() or all(char.isprintable() or char in "\r\n\t" for char in text)
