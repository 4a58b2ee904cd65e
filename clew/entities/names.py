"""Host and domain names: lower-case, IDNA, no trailing dot."""

from __future__ import annotations

import re

from clew.errors import EntityError

_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_ADDRESS = re.compile(r"[0-9.]+|.*:.*")
# What IDNA reads as a dot (UTS 46).
_FULL_STOPS = ".\u3002\uff0e\uff61"


def canonical_name(text: str, what: str) -> str:
    """One spelling for a DNS-like name.

    >>> canonical_name("Bücher.Example.", "a domain")
    'xn--bcher-kva.example'

    Raises:
        EntityError: an address, an empty or over-long label, or a character that no name has.
    """
    name = text.rstrip(_FULL_STOPS).lower()
    if not name.isascii():
        name = _punycode(name, text, what)
    if _ADDRESS.fullmatch(name):
        raise EntityError(f"{text!r} is an address, not {what}", next_step="use IpAddress")
    for label in name.split("."):
        if not _LABEL.fullmatch(label):
            raise EntityError(f"{text!r} is not {what}: bad label {label!r}")
    if len(name) > 253:
        raise EntityError(f"{text!r} is not {what}: longer than 253 characters")
    return name


def _punycode(name: str, text: str, what: str) -> str:
    # Loaded here: most names are ASCII and need none of it.
    import idna

    try:
        return idna.encode(name, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise EntityError(f"{text!r} is not {what}: {error}") from None
