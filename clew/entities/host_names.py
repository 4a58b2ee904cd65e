"""Host and domain names: lower-case, IDNA, no trailing dot."""

from __future__ import annotations

import re
from typing import Any

from clew.entities.checked_text import given_text, refang
from clew.errors import EntityError

_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_ADDRESS = re.compile(r"[0-9.]+|.*:.*")
# A name that is short enough for one label has none that is too long.
_PLAIN = re.compile(r"(?![0-9.]+\Z)[a-z0-9_]++(?:[.-][a-z0-9_]++)*+")
_MAX_LABEL = 63


def host_name(value: Any, noun: str) -> str:
    """The canonical name in `value`, defanged or not. Raises EntityError for what is no text or no name."""
    if type(value) is str:
        plain = value.lower()
        if len(plain) <= _MAX_LABEL and _PLAIN.fullmatch(plain):  # most names: nothing to undo, nothing to check
            return plain
    return canonical_name(refang(given_text(value, noun)), noun)


def canonical_name(text: str, noun: str) -> str:
    """One spelling for a DNS-like name.

    >>> canonical_name("Bücher.Example.", "a domain")
    'xn--bcher-kva.example'

    Raises:
        EntityError: an address, an empty or over-long label, or a character that no name has.
    """
    name = text.rstrip(".").lower()
    if not name.isascii():
        name = _punycode(name, text, noun)
    if _ADDRESS.fullmatch(name):
        raise EntityError(f"{text!r} is an address, not {noun}", next_step="use IpAddress")
    for label in name.split("."):
        if not _LABEL.fullmatch(label):
            raise EntityError(f"{text!r} is not {noun}: bad label {label!r}")
    if len(name) > 253:
        raise EntityError(f"{text!r} is not {noun}: longer than 253 characters")
    return name


def _punycode(name: str, text: str, noun: str) -> str:
    # Loaded here: most names are ASCII and need none of it.
    import idna

    try:
        # Label by label: an ASCII one may begin with an underscore, which IDNA refuses.
        labels = idna.uts46_remap(name, std3_rules=False).rstrip(".").split(".")
        return ".".join(label if label.isascii() else idna.alabel(label).decode("ascii") for label in labels)
    except idna.IDNAError as error:
        raise EntityError(f"{text!r} is not {noun}: {error}") from None
