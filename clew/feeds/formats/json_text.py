"""JSON of others as plain values that survive being kept."""

from __future__ import annotations

import json
from typing import Any

from clew.errors import FeedUnusable


def read_json(text: str) -> Any:
    """A document. Halves of characters are replaced, and numbers that are none are null. Raises FeedUnusable."""
    try:
        document = json.loads(text, parse_constant=lambda _: None)
        if "\\u" in text:  # only an escape can spell half of a character here
            document = json.loads(json.dumps(document, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError) as error:
        raise FeedUnusable(f"it is no usable JSON: {error}") from None
    return document
