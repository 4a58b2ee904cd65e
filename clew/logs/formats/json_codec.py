"""JSON as bytes and values: fast, and with the standard library for what the fast one refuses."""

from __future__ import annotations

import json
from typing import Any

from clew.errors import MissingExtra


def parse_json(text: bytes) -> Any:
    """The value of a JSON text. Control characters, half of a surrogate pair, any number and NaN are read too.

    Raises:
        ValueError: it is no JSON, or no UTF-8.
        MissingExtra: orjson is not installed.
    """
    try:
        import orjson
    except ImportError:
        raise MissingExtra("orjson", extra="logs", purpose="reading logs") from None
    try:
        return orjson.loads(text)
    except ValueError:
        return _parse_leniently(text)


def _parse_leniently(text: bytes) -> Any:
    try:
        # Control characters within texts: a command line may hold them, and its row is not lost for that.
        return json.loads(text.decode(), strict=False)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def text_value(value: Any) -> Any:
    """What a text says as JSON; the value itself where it is no text of an object or a list."""
    if not isinstance(value, str) or value.lstrip()[:1] not in ("{", "["):
        return value
    try:
        return parse_json(value.encode("utf-8", "replace"))
    except ValueError:
        return value


def json_bytes(value: Any) -> bytes:
    """A value as JSON; what JSON has no word for is text.

    Raises:
        MissingExtra: orjson is not installed.
    """
    try:
        import orjson
    except ImportError:
        raise MissingExtra("orjson", extra="logs", purpose="reading logs") from None
    try:
        return orjson.dumps(value, default=str)
    except (TypeError, ValueError):  # half of a surrogate pair, a huge number, keys that are no texts
        return json.dumps(value, default=str).encode()
