"""Text in its wrappings, each opened and closed again: JSON and the JSON inside it, base64, hexadecimal, UTF-16."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from clew.transforms.encodings import (
    BASE64_RUN,
    HEX_RUN,
    URL_BASE64_RUN,
    decode_bytes,
    is_printable,
    pack,
    unpack,
    utf16_encoding,
)

_LITERAL = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_HASH = re.compile(r'"[0-9a-fA-F]{64}"')
_MAX_DEPTH = 6
#: Nothing packed is unpacked to more than this, in bytes; and shorter texts than `_MIN_COMPRESSED` are not tried.
_MAX_DECOMPRESSED, _MIN_COMPRESSED = 1 << 24, 40
# How many literals are remembered, and how long they may be: logs say the same things over and over.
_MAX_CACHE, _MAX_CACHED_TEXT = 500_000, 2_000
Rewrite = Callable[[str], str]
#: A kind and a value.
Hit = tuple[str, str]


@dataclass(slots=True)
class EncodedTextRewriter:
    """Rewrites texts and bodies through all their wrappings.

    Attributes:
        rewrite: what is done to plain text.
        hits: what `rewrite` says that it found; a text that was met before says the same again.
    """

    rewrite: Rewrite
    hits: list[Hit] = field(default_factory=list[Hit])
    _cache: dict[str, tuple[str, tuple[Hit, ...]]] = field(default_factory=dict[str, tuple[str, tuple[Hit, ...]]])

    def rewrite_body(self, body: bytes) -> bytes | None:
        """A raw reply rewritten; None for what is no text, and so cannot be rewritten safely."""
        read = _decode_body(body)
        if read is None:
            return None
        text, encoding, mark = read
        return mark + self.rewrite_text(text).encode(encoding)

    def rewrite_text(self, text: str, depth: int = 0) -> str:
        """A text rewritten. What was no part of a change is the same to the character."""
        if depth > _MAX_DEPTH:
            return self.rewrite(text)
        if text.lstrip()[:1] in ("{", "[") and _is_json(text):
            return _LITERAL.sub(lambda match: self._rewrite_literal(match[0], depth), text)
        return self.rewrite(self._rewrite_encoded(text, depth))

    def _rewrite_literal(self, literal: str, depth: int) -> str:
        """A string of JSON, in its quotes."""
        if _HASH.fullmatch(literal):
            return f'"{self.rewrite(literal[1:-1])}"'
        entry = self._cache.get(literal)
        if entry is not None:
            self.hits += entry[1]
            return entry[0]
        before = len(self.hits)
        text = json.loads(literal, strict=False)
        new_text = self.rewrite_text(text, depth + 1)
        new_literal = literal if new_text == text else _json_literal(new_text, ascii_only=literal.isascii())
        if len(self._cache) < _MAX_CACHE and len(literal) < _MAX_CACHED_TEXT:
            self._cache[literal] = new_literal, tuple(self.hits[before:])
        return new_literal

    def _rewrite_encoded(self, text: str, depth: int) -> str:
        """What is encoded in a text rewritten, the rest left."""
        if len(text) < 8:
            return text
        text = BASE64_RUN.sub(lambda match: self._rewrite_base64(match[0], b"+/", depth), text)
        if "-" in text or "_" in text:
            text = URL_BASE64_RUN.sub(lambda match: self._rewrite_url_base64(match[0], depth), text)
        return HEX_RUN.sub(lambda match: self._rewrite_hex(match[0], depth), text)

    def _rewrite_url_base64(self, run: str, depth: int) -> str:
        return self._rewrite_base64(run, b"-_", depth) if "-" in run or "_" in run else run

    def _rewrite_base64(self, run: str, last: bytes, depth: int) -> str:
        """Base64, also where its first one, two or three characters are no part of it."""
        bare = "".join(run.rstrip("=").split())
        for offset in range(4):
            core = bare[offset:]
            tail = core[-1] if len(core) % 4 == 1 else ""
            core = core[: len(core) - len(tail)]
            data = base64.b64decode(core + "=" * (-len(core) % 4), last)
            output = self._rewrite_bytes(data, depth)
            if output != data:
                text = bare[:offset] + base64.b64encode(output, last).decode().rstrip("=") + tail
                is_padded = (len(bare) + run.count("=")) % 4 == 0
                return _wrap_lines(text + "=" * (-len(text) % 4 if is_padded else 0), run)
        return run

    def _rewrite_hex(self, run: str, depth: int) -> str:
        data = bytes.fromhex(run)
        output = self._rewrite_bytes(data, depth)
        if output == data:
            return run
        return output.hex().upper() if run.isupper() else output.hex()

    def _rewrite_bytes(self, data: bytes, depth: int) -> bytes:
        """Decoded bytes rewritten, if they are text, or packed text."""
        output = self._rewrite_plain(data, depth)
        if output is not None or len(data) < _MIN_COMPRESSED:
            return data if output is None else output
        for result in unpack(data, _MAX_DECOMPRESSED):
            output = self._rewrite_plain(result.content, depth) if result.is_whole else None
            if output is not None and output != result.content:
                return pack(output, result.window)
        return data

    def _rewrite_plain(self, data: bytes, depth: int) -> bytes | None:
        source = decode_bytes(data)
        if source is None or (source.encoding == "utf-8" and not is_printable(source.text)):
            return None
        new_text = self.rewrite_text(source.text, depth + 1)
        return data if new_text == source.text else new_text.encode(source.encoding, "surrogatepass") + source.tail


def _decode_body(body: bytes) -> tuple[str, str, bytes] | None:
    """The text of a whole body, its encoding, and the mark that says which it is; None for what is no text."""
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if body.startswith(mark):
            return _decode_strictly(body[2:], encoding, mark)
    utf16 = utf16_encoding(body)
    if utf16 and len(body) % 2 == 0:
        return _decode_strictly(body, utf16, b"")
    return None if b"\0" in body else _decode_strictly(body, "utf-8", b"")


def _decode_strictly(body: bytes, encoding: str, mark: bytes) -> tuple[str, str, bytes] | None:
    try:
        return body.decode(encoding), encoding, mark
    except UnicodeDecodeError:
        return None


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


def _json_literal(text: str, *, ascii_only: bool) -> str:
    literal = json.dumps(text, ensure_ascii=ascii_only)
    try:
        literal.encode()
    except UnicodeEncodeError:
        return json.dumps(text)  # half of a character has to be spelt out
    return literal


def _wrap_lines(text: str, like: str) -> str:
    """Base64 in lines as long as those that it replaces, if it was in lines."""
    width = len(like.split(maxsplit=1)[0])
    if width >= len(like):
        return text
    end = "\r\n" if "\r\n" in like else "\n"
    return end.join(text[index : index + width] for index in range(0, len(text), width))
