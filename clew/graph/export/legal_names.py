"""Names and texts that are legal in the formats of others, whatever an attacker called things."""

from __future__ import annotations

from hashlib import sha256
from urllib.parse import quote

# A longer name, in characters, stands for itself by its hash.
_MAX_NAME = 300


def encodable_text(text: object) -> str:
    """A text without halves of characters, which JSON can spell and no other format can hold."""
    return str(text).encode("utf-8", "backslashreplace").decode()


def local_name(kind: str, name: object) -> str:
    """The part of a qualified name after its prefix: different for different names, and legal for any.

    >>> local_name("node", "ip:198.51.100.7")
    'node-ip%3A198.51.100.7'
    >>> local_name("node", "<b>.")
    'node-%3Cb%3E%2E'
    """
    text = encodable_text(name)
    encoded_name = quote(text, safe="")
    if len(encoded_name) > _MAX_NAME:
        # No name begins so: a percent sign is quoted itself.
        return f"{kind}-%23{sha256(text.encode()).hexdigest()}"
    return f"{kind}-{encoded_name[:-1]}%2E" if encoded_name.endswith(".") else f"{kind}-{encoded_name}"
