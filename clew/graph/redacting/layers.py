"""Text in its wrappings, each opened and closed again: JSON and the JSON inside it, base64, hexadecimal, UTF-16."""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field

_LITERAL = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_HASH = re.compile(r'"[0-9a-fA-F]{64}"')
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{60,76}\r?\n)+[A-Za-z0-9+/]+={0,2}|[A-Za-z0-9+/]{8,}={0,2}")
_URL_BASE64 = re.compile(r"[A-Za-z0-9_-]{8,}={0,2}")
_HEX = re.compile(
    r"(?<![0-9A-Fa-f])(?:[0-9a-f]{2}){4,}(?![0-9A-Fa-f])|(?<![0-9A-Fa-f])(?:[0-9A-F]{2}){4,}(?![0-9A-Fa-f])"
)
_DEEPEST = 6
#: Nothing packed is unpacked to more than this, in bytes; and shorter texts than `_PACKED` are not tried.
_LARGEST, _PACKED = 1 << 24, 40
# How many literals are remembered, and how long they may be: logs say the same things over and over.
_REMEMBERED, _SHORT = 500_000, 2_000
Rewrite = Callable[[str], str]
#: A kind and a value.
Hit = tuple[str, str]


@dataclass(slots=True)
class Layers:
    """Rewrites texts and bodies through all their wrappings.

    Attributes:
        rewrite: what is done to plain text.
        hits: what `rewrite` says that it found; a text that was met before says the same again.
    """

    rewrite: Rewrite
    hits: list[Hit] = field(default_factory=list[Hit])
    _known: dict[str, tuple[str, tuple[Hit, ...]]] = field(default_factory=dict[str, tuple[str, tuple[Hit, ...]]])

    def body(self, body: bytes) -> bytes | None:
        """A raw reply rewritten; None for what is no text, and so cannot be rewritten safely."""
        read = _read(body)
        if read is None:
            return None
        text, encoding, mark = read
        return mark + self.text(text).encode(encoding)

    def text(self, text: str, depth: int = 0) -> str:
        """A text rewritten. What was no part of a change is the same to the character."""
        if depth > _DEEPEST:
            return self.rewrite(text)
        if text.lstrip()[:1] in ("{", "[") and _is_json(text):
            return _LITERAL.sub(lambda found: self._literal(found[0], depth), text)
        return self.rewrite(self._unwrapped(text, depth))

    def _literal(self, literal: str, depth: int) -> str:
        """A string of JSON, in its quotes."""
        if _HASH.fullmatch(literal):
            return f'"{self.rewrite(literal[1:-1])}"'
        known = self._known.get(literal)
        if known is not None:
            self.hits += known[1]
            return known[0]
        before = len(self.hits)
        text = json.loads(literal, strict=False)
        made = self.text(text, depth + 1)
        written = literal if made == text else _quoted(made, ascii_only=literal.isascii())
        if len(self._known) < _REMEMBERED and len(literal) < _SHORT:
            self._known[literal] = written, tuple(self.hits[before:])
        return written

    def _unwrapped(self, text: str, depth: int) -> str:
        """What is encoded in a text rewritten, the rest left."""
        if len(text) < 8:
            return text
        text = _BASE64.sub(lambda found: self._base64(found[0], b"+/", depth), text)
        if "-" in text or "_" in text:
            text = _URL_BASE64.sub(lambda found: self._url_base64(found[0], depth), text)
        return _HEX.sub(lambda found: self._hex(found[0], depth), text)

    def _url_base64(self, run: str, depth: int) -> str:
        return self._base64(run, b"-_", depth) if "-" in run or "_" in run else run

    def _base64(self, run: str, last: bytes, depth: int) -> str:
        """Base64, also where its first one, two or three characters are no part of it."""
        bare = "".join(run.rstrip("=").split())
        for skipped in range(4):
            core = bare[skipped:]
            rest = core[-1] if len(core) % 4 == 1 else ""
            core = core[: len(core) - len(rest)]
            data = base64.b64decode(core + "=" * (-len(core) % 4), last)
            made = self._data(data, depth)
            if made != data:
                encoded = bare[:skipped] + base64.b64encode(made, last).decode().rstrip("=") + rest
                whole = (len(bare) + run.count("=")) % 4 == 0
                return _folded(encoded + "=" * (-len(encoded) % 4 if whole else 0), run)
        return run

    def _hex(self, run: str, depth: int) -> str:
        data = bytes.fromhex(run)
        made = self._data(data, depth)
        if made == data:
            return run
        return made.hex().upper() if run.isupper() else made.hex()

    def _data(self, data: bytes, depth: int) -> bytes:
        """Decoded bytes rewritten, if they are text, or packed text."""
        made = self._plain(data, depth)
        if made is not None or len(data) < _PACKED:
            return data if made is None else made
        for window in (31, 15, -15):
            try:
                opened = zlib.decompressobj(window)
                unpacked = opened.decompress(data, _LARGEST)
            except zlib.error:
                continue
            made = self._plain(unpacked, depth) if opened.eof and not opened.unused_data else None
            if made is not None and made != unpacked:
                packer = zlib.compressobj(9, zlib.DEFLATED, window)
                return packer.compress(made) + packer.flush()
        return data

    def _plain(self, data: bytes, depth: int) -> bytes | None:
        read = _decoded(data)
        if read is None:
            return None
        text, encoding, rest = read
        made = self.text(text, depth + 1)
        return data if made == text else made.encode(encoding, "surrogatepass") + rest


def _read(body: bytes) -> tuple[str, str, bytes] | None:
    """The text of a whole body, its encoding, and the mark that says which it is; None for what is no text."""
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if body.startswith(mark):
            return _strictly(body[2:], encoding, mark)
    wide = _wide(body)
    if wide and len(body) % 2 == 0:
        return _strictly(body, wide, b"")
    return None if b"\0" in body else _strictly(body, "utf-8", b"")


def _strictly(body: bytes, encoding: str, mark: bytes) -> tuple[str, str, bytes] | None:
    try:
        return body.decode(encoding), encoding, mark
    except UnicodeDecodeError:
        return None


def _decoded(data: bytes) -> tuple[str, str, bytes] | None:
    """The text that decoded bytes are, its encoding, and a last byte that is half a character; None for no text."""
    encoding = _wide(data)
    rest = data[len(data) // 2 * 2 :] if encoding else b""
    try:
        text = data[: len(data) - len(rest)].decode(encoding or "utf-8")
    except UnicodeDecodeError:
        return None
    return (text, encoding or "utf-8", rest) if encoding or _is_printable(text) else None


def _wide(data: bytes) -> str:
    """UTF-16 by its zeros, in either order of bytes; empty for anything else."""
    if len(data) < 4:
        return ""
    for first, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        zeros = data[first::2]
        if 2 * zeros.count(0) >= len(zeros) and data[1 - first :: 2].count(0) == 0:
            return encoding
    return ""


def _is_printable(text: str) -> bool:
    return text.isprintable() or all(char.isprintable() or char in "\r\n\t" for char in text)


def _is_json(text: str) -> bool:
    try:
        json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return _is_lines_of_json(text)
    return True


def _is_lines_of_json(text: str) -> bool:
    try:
        return all(json.loads(line) is not None for line in text.splitlines() if line.strip())
    except (ValueError, RecursionError):
        return False


def _quoted(text: str, *, ascii_only: bool) -> str:
    written = json.dumps(text, ensure_ascii=ascii_only)
    try:
        written.encode()
    except UnicodeEncodeError:
        return json.dumps(text)  # half of a character has to be spelt out
    return written


def _folded(encoded: str, like: str) -> str:
    """Base64 in lines as long as those that it replaces, if it was in lines."""
    width = len(like.split(maxsplit=1)[0])
    if width >= len(like):
        return encoded
    end = "\r\n" if "\r\n" in like else "\n"
    return end.join(encoded[place : place + width] for place in range(0, len(encoded), width))
