"""X.509 certificates."""

from __future__ import annotations

import re
from dataclasses import KW_ONLY
from datetime import datetime
from typing import Any, ClassVar

from pydantic.dataclasses import dataclass

from clew.entities.checked_text import given_text, utc
from clew.entities.entity import STRICT, Entity
from clew.entities.key import Key
from clew.entities.static_menus import CertificateMenus
from clew.errors import EntityError

#: The digests that identify one, strongest first, with the length of their hexadecimal form.
FINGERPRINTS = {"sha256": 64, "sha1": 40}
_BY_LENGTH = {length: name for name, length in FINGERPRINTS.items()}
_HEX = re.compile(r"[0-9a-f]+")


@dataclass(frozen=True, slots=True, eq=False, repr=False, config=STRICT)
class Certificate(Entity, CertificateMenus):
    """A certificate, by the digest of its DER form.

    >>> Certificate(f"{'AB:' * 19}AB").value
    'sha1:abababababababababababababababababababab'

    Args:
        value: a digest, with colons or without; which one is told by its length.
        sha256, sha1: digests, hexadecimal.
        serial: the serial number, hexadecimal, as told.
        issuer, subject: distinguished names, as told.
        not_before, not_after: from when and until when it is valid, in UTC.

    Raises:
        EntityError: no digest, one of another length, or two different ones of a kind.
    """

    kind: ClassVar[str] = "certificate"
    exclusive: ClassVar[tuple[str, ...]] = tuple(FINGERPRINTS)
    value: str = ""
    _: KW_ONLY
    sha256: str | None = None
    sha1: str | None = None
    serial: str | None = None
    issuer: str | None = None
    subject: str | None = None
    not_before: datetime | None = None
    not_after: datetime | None = None

    @classmethod
    def identify(cls, arguments: dict[str, Any]) -> dict[str, Any]:
        fields = {name: value for name, value in arguments.items() if value is not None}
        if fields.get("value"):
            _take_value(fields)
        for name in FINGERPRINTS:
            if name in fields:
                fields[name] = _checked_digest(name, fields[name])
        for name in ("not_before", "not_after"):
            if name in fields:
                fields[name] = utc(fields[name], "the validity of a certificate")
        best = next((name for name in FINGERPRINTS if name in fields), None)
        if best is None:
            raise EntityError("a certificate needs its SHA-256 or its SHA-1")
        return {**fields, "value": f"{best}:{fields[best]}"}

    @property
    def key(self) -> Key:
        return Key("certificate", self.value)

    @property
    def aliases(self) -> tuple[Key, ...]:
        digests = ((name, getattr(self, name)) for name in FINGERPRINTS)
        keys = (Key("certificate", f"{name}:{digest}") for name, digest in digests if digest)
        return tuple(key for key in keys if key.value != self.value)

    @property
    def label(self) -> str:
        return self.subject or self.value

    @classmethod
    def scheme(cls, key: Key) -> str:
        return key.value.partition(":")[0]


def _take_value(fields: dict[str, Any]) -> None:
    """Put the positional identity where it belongs: a digest by its length, or `algorithm:digest`."""
    text = _plain_digest(fields.pop("value"), "a fingerprint")
    name, digest = _BY_LENGTH.get(len(text), ""), text
    for algorithm, length in FINGERPRINTS.items():
        if text.startswith(algorithm) and len(text) == len(algorithm) + length:
            name, digest = algorithm, text.removeprefix(algorithm)
    if not name:
        lengths = ", ".join(f"{algorithm} {digits}" for algorithm, digits in FINGERPRINTS.items())
        raise EntityError(
            f"{text!r} is not the fingerprint of a certificate", next_step=f"hexadecimal lengths: {lengths}"
        )
    if _plain_digest(fields.setdefault(name, digest), "a fingerprint") != digest:
        raise EntityError(f"two different {name} fingerprints for one certificate")


def _checked_digest(name: str, value: Any) -> str:
    digest = _plain_digest(value, f"a {name} fingerprint")
    if len(digest) != FINGERPRINTS[name] or not _HEX.fullmatch(digest):
        raise EntityError(f"{digest!r} is not a {name} fingerprint: {FINGERPRINTS[name]} hexadecimal digits are needed")
    return digest


def _plain_digest(value: Any, noun: str) -> str:
    return given_text(value, noun).lower().replace(":", "").replace(" ", "")
