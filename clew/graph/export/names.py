"""Names and texts that are legal in the formats of others, whatever an attacker called things."""

from __future__ import annotations

from hashlib import sha256
from urllib.parse import quote

# A longer name, in characters, stands for itself by its hash.
_LONGEST = 300


def clean(text: object) -> str:
    """A text without halves of characters, which JSON can spell and no other format can hold."""
    return str(text).encode("utf-8", "backslashreplace").decode()


def local_name(sort: str, name: object) -> str:
    """The part of a qualified name after its prefix: different for different names, and legal for any.

    >>> local_name("node", "ip:198.51.100.7")
    'node-ip%3A198.51.100.7'
    >>> local_name("node", "<b>.")
    'node-%3Cb%3E%2E'
    """
    text = clean(name)
    quoted = quote(text, safe="")
    if len(quoted) > _LONGEST:
        # No name begins so: a percent sign is quoted itself.
        return f"{sort}-%23{sha256(text.encode()).hexdigest()}"
    return f"{sort}-{quoted[:-1]}%2E" if quoted.endswith(".") else f"{sort}-{quoted}"
