r"""Text to entities: recognise what a person pasted."""

from __future__ import annotations

import re
from collections.abc import Callable

from clew.entities.account import Account
from clew.entities.attack_technique import TECHNIQUE_ID, AttackTechnique
from clew.entities.autonomous_system import AutonomousSystem
from clew.entities.checked_text import given_text, refang
from clew.entities.codec import ENTITY_TYPES, from_key
from clew.entities.display import visible
from clew.entities.domain import Domain
from clew.entities.entity import Entity
from clew.entities.file import HASHES, File
from clew.entities.ip_address import IpAddress, looks_like_address
from clew.entities.key import Key
from clew.entities.url import Url
from clew.entities.vulnerability import CVE_ID, Vulnerability
from clew.errors import EntityError

_HASH = re.compile(rf"(?:[0-9a-fA-F]{{{'}|[0-9a-fA-F]{'.join(str(n) for n in HASHES.values())}}})")
_SID = re.compile(r"S-1-\d+(?:-\d+)*", re.IGNORECASE)
_GUID = re.compile(r"\{?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\}?", re.IGNORECASE)
_KIND_AND_VALUE = re.compile(rf"({'|'.join(ENTITY_TYPES)})(@[^:]*)?:(?!//)(.+)", re.DOTALL)
_ADDRESS = re.compile(r"\[?[0-9a-fA-F:.]*[:.][0-9a-fA-F:.]*(?:%\w+)?\]?")
_AS = re.compile(r"ASN?[0-9]{1,10}", re.IGNORECASE)
_PATH = re.compile(r"(?:[A-Za-z]:\\|\\\\|/)")

# What an identifier of a scheme looks like, and what it identifies.
_BY_IDENTIFIER: tuple[tuple[re.Pattern[str], Callable[[str], Entity]], ...] = (
    (_SID, Account),
    (_AS, AutonomousSystem),
    (CVE_ID, Vulnerability),
    (TECHNIQUE_ID, AttackTechnique),
)


def parse(text: str) -> Entity:
    r"""The entity that `text` most likely names, defanged or not; `kind:value` says which.

    >>> parse("hxxps://evil[.]example/a")
    Url('https://evil.example/a', original='hxxps://evil[.]example/a')
    >>> parse("198[.]51[.]100[.]7"), parse(r"CORP\alice"), parse("host:ws01")
    (IpAddress('198.51.100.7'), Account('corp\\alice'), Host('ws01'))

    Raises:
        EntityError: the text names nothing, or could be several things; says how to write it.
    """
    text = given_text(text, "an entity")
    match = _KIND_AND_VALUE.fullmatch(text)
    if match:
        return from_key(Key(match[1], match[3], (match[2] or "").removeprefix("@")))
    plain = refang(text)
    if "://" in plain:
        return Url(text)
    kind = _by_shape(plain)
    if kind is not None:
        return kind(plain)
    raise _ambiguity_error(text, plain)


def _by_shape(plain: str) -> Callable[[str], Entity] | None:
    if _HASH.fullmatch(plain):
        return File
    if _ADDRESS.fullmatch(plain) and looks_like_address(plain):
        return IpAddress
    for pattern, entity_class in _BY_IDENTIFIER:
        if pattern.fullmatch(plain):
            return entity_class
    if _GUID.fullmatch(plain) or _PATH.match(plain) or "/" in plain:
        return None
    return Account if "\\" in plain or "@" in plain else Domain if "." in plain else None


def _ambiguity_error(text: str, plain: str) -> EntityError:
    """Why a text names no single thing, and how to write it."""
    if _GUID.fullmatch(plain):
        return EntityError(
            f"{text!r} is a GUID, which is unique on one host only",
            next_step="Process(guid, host=...), or process@HOST:GUID",
        )
    if _PATH.match(plain):
        return EntityError(
            f"{text!r} is a path, which means a file on one host only",
            next_step="File(path=..., host=...), or file@HOST:path:...",
        )
    if "/" in plain and "." in plain.partition("/")[0]:
        return EntityError(f"{text!r} looks like a URL without a scheme", next_step=f"write https://{visible(plain)}")
    return EntityError(f"{text!r} could be several things", next_step="say which, as in host:ws01")
