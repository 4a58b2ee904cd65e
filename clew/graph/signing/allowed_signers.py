"""Whose signatures count: a public key, or a list of them as `ssh-keygen -Y verify` takes it (ALLOWED SIGNERS)."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from clew.errors import KeyUnusable
from clew.graph.signing.sshsig import NAMESPACE, BadSignature, fingerprint, kind_of

# No list of keys is larger than this, in bytes.
_MAX_BYTES = 4 * 1024 * 1024
_WORD = re.compile(r'(?:[^\s"]|"[^"]*")+')
_OPTION = re.compile(r'([A-Za-z-]+)(?:="([^"]*)")?(?:,|$)')
_TIME = re.compile(r"(\d{8})(\d{4})?(\d{2})?(Z?)")
_OPTION_NAMES = ("cert-authority", "namespaces", "valid-after", "valid-before")


@dataclass(frozen=True, slots=True)
class Signer:
    """Somebody whose signature counts.

    Attributes:
        name: as the list has it; the comment of a bare public key.
        key: the public key: what OpenSSH writes between its kind and its comment, decoded.
        after: signatures from before this time do not count.
        before: signatures from this time on do not count.
    """

    name: str
    key: bytes
    after: datetime | None = None
    before: datetime | None = None

    def signs(self, key: bytes, at: datetime) -> bool:
        """Whether a signature by that key, at the time that it says itself, is one of theirs."""
        has_begun = self.after is None or self.after <= at
        return key == self.key and has_begun and (self.before is None or at < self.before)


@dataclass(frozen=True, slots=True)
class Signers:
    """Those whose signatures count, and where that is written."""

    path: Path
    signers: tuple[Signer, ...]

    @classmethod
    def load(cls, path: str | Path) -> Signers:
        """Read a public key file or a list of allowed signers.

        Keys that certify others, and keys for other uses than clew's, are left out: they sign no case.

        Raises:
            KeyUnusable: the file cannot be read, a line of it is no key, or no key is left.
        """
        file = Path(path)
        try:
            if not file.is_file():
                raise KeyUnusable("there is no such file of keys", location=str(file), next_step="give a .pub file")
            with file.open("rb") as stream:
                text = stream.read(_MAX_BYTES).decode("utf-8", "backslashreplace")
        except OSError as error:
            raise KeyUnusable(f"the keys cannot be read: {error.strerror}", location=str(file)) from None
        if "PRIVATE KEY-----" in text:
            raise KeyUnusable("this is a private key", location=str(file), next_step="give the .pub file beside it")
        signers = tuple(_signers(text, file))
        if not signers:
            raise KeyUnusable(
                "no key in the file signs for clew", location=str(file), next_step="one line each: NAME ssh-ed25519 KEY"
            )
        return cls(file, signers)

    def find(self, key: bytes, at: datetime) -> Signer | None:
        """Whose signature it is; None for nobody's."""
        return next((signer for signer in self.signers if signer.signs(key, at)), None)

    def __str__(self) -> str:
        return ", ".join(f"{signer.name} ({fingerprint(signer.key)})" for signer in self.signers)


def _signers(text: str, file: Path) -> Iterator[Signer]:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip() and not line.lstrip().startswith("#"):
            try:
                signer = _signer(line)
            except ValueError as error:
                next_step = "one line each: NAME ssh-ed25519 KEY, or a public key alone"
                raise KeyUnusable(f"line {number}: {error}", location=str(file), next_step=next_step) from None
            if signer is not None:
                yield signer


def _signer(line: str) -> Signer | None:
    """Who a line names; None where the key is for something else."""
    words: list[str] = _WORD.findall(line)
    position, key = _key(words)
    if position == 0:
        return Signer(" ".join(words[2:]) or "no name", key)
    options = _options(words[1]) if position == 2 else {}
    if "cert-authority" in options or not _matches(options.get("namespaces", "*")):
        return None
    after, before = (_time(options[name]) if name in options else None for name in ("valid-after", "valid-before"))
    return Signer(words[0].strip('"'), key, after, before)


def _key(words: list[str]) -> tuple[int, bytes]:
    """Where in a line the key is, and the key."""
    for position, (kind, text) in enumerate(pairwise(words[:4])):
        try:
            key = base64.b64decode(text, validate=True)
            if kind_of(key) == kind:
                return position, key
        except (binascii.Error, BadSignature):
            continue
    raise ValueError("there is no key in it")


def _options(text: str) -> dict[str, str]:
    options: dict[str, str] = {}
    position = 0
    while position < len(text):
        option = _OPTION.match(text, position)
        if option is None or option[1].lower() not in _OPTION_NAMES:
            raise ValueError(f"what {text[position:]!r} allows is not known here")
        options[option[1].lower()] = option[2] or ""
        position = option.end()
    return options


def _matches(patterns: str) -> bool:
    """Whether a list of patterns takes clew's signatures; one with `!` before it takes them out again."""
    is_accepted = False
    for pattern in patterns.split(","):
        expression = re.escape(pattern.strip().removeprefix("!")).replace(r"\*", ".*").replace(r"\?", ".")
        if re.fullmatch(expression, NAMESPACE):
            if pattern.strip().startswith("!"):
                return False
            is_accepted = True
    return is_accepted


def _time(text: str) -> datetime:
    """A time as OpenSSH writes it: `20260317`, `202603171200Z`; by the clock of this machine where there is no Z."""
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no time")
    clock = f"{match[2] or '0000'}{match[3] or '00'}"
    return datetime.fromisoformat(f"{match[1]}T{clock}{'+00:00' if match[4] else ''}").astimezone(UTC)
