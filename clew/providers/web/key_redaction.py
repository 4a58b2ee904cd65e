"""Replies without the key, for vendors that echo it: in whatever spelling they do."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

from clew.providers.web.api_keys import Secret

_MIN_LENGTH = 6


def redact_secret(body: bytes, secret: Secret | None) -> bytes:
    """The body with a mark in the place of each spelling of the key."""
    if secret is None:
        return body
    mark = f"[redacted sha256:{secret.fingerprint[:8]}]".encode()
    # The longest first: a spelling that holds another one goes as a whole.
    spellings = {spelling for text in _parts(secret.reveal()) for spelling in _spellings(text)}
    for spelling in sorted(spellings, key=len, reverse=True):
        body = body.replace(spelling, mark)
    return body


def _parts(key: str) -> Iterator[str]:
    """The key; of a user with a password, the password too. A short one would be found in every text."""
    yield key
    password = key.partition(":")[2]
    if len(password) >= _MIN_LENGTH:
        yield password


def _spellings(key: str) -> Iterator[bytes]:
    """Plain, as JSON, a URL or HTML spell it, base64, hexadecimal, reversed."""
    for text in (key, key[::-1]):
        raw, json_text = text.encode(), json.dumps(text)[1:-1]
        urls = [quote(text), quote(text, safe=""), quote_plus(text), "".join(f"%{byte:02X}" for byte in raw)]
        plain = [
            text,
            json_text,
            json_text.replace("/", "\\/"),
            html.escape(text),
            *urls,
            *map(_lowercase_escapes, urls),
        ]
        yield from (spelling.encode() for spelling in plain)
        yield from ("".join(f"\\u00{byte:{case}}" for byte in raw).encode() for case in ("02x", "02X"))
        yield from (raw.hex().encode(), raw.hex().upper().encode(), text.encode("utf-16-le"), text.encode("utf-16-be"))
        yield from _base64(raw)


def _lowercase_escapes(url: str) -> str:
    """`%2F` as `%2f`."""
    head, *escapes = url.split("%")
    return "%".join([head, *(part[:2].lower() + part[2:] for part in escapes)])


def _base64(raw: bytes) -> Iterator[bytes]:
    """What base64 makes of it wherever it stands in a longer text: there are three ways to begin a group of bytes."""
    for offset in range(3):
        base64_bytes = base64.b64encode(b"\0" * offset + raw)
        # The first characters hold bits of what stands before, the last of what comes after.
        first, last = (0, 2, 3)[offset], (0, 3, 2)[(offset + len(raw)) % 3]
        inner = base64_bytes[first : len(base64_bytes) - last]
        yield from (inner, inner.replace(b"+", b"-").replace(b"/", b"_"))
