"""Keys of services: read when they are needed, shown nowhere.

They are looked for in the environment, then in the keyring of the system, then in a file that nobody else can read.
"""

from __future__ import annotations

import importlib
import os
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn

from clew.errors import AskSkipped
from clew.providers.base import Provider

_MIN_LENGTH = 8
_TOKEN = re.compile(rf"[!-~]{{{_MIN_LENGTH},}}")
#: Under which name keys are in the keyring of the system.
SERVICE = "clew"


class Secret:
    """A key. It says nothing of itself unless it is told to."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The key itself, for the request that carries it."""
        return self._value

    @property
    def fingerprint(self) -> str:
        """Tells keys apart without saying what they are."""
        return sha256(b"clew key " + self._value.encode()).hexdigest()[:16]

    def __repr__(self) -> str:
        return f"<secret {self.fingerprint[:8]}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not written anywhere")


def from_keyring(name: str) -> str:
    """The password of that name in the keyring of the system; empty where there is none, or no keyring."""
    if find_spec("keyring") is None:
        return ""
    keyring: Any = importlib.import_module("keyring")
    try:
        return keyring.get_password(SERVICE, name) or ""
    except (keyring.errors.KeyringError, OSError, RuntimeError):
        return ""  # a machine without a desktop has the library and no keyring


@dataclass(frozen=True, slots=True)
class Keys:
    """Where keys are looked for.

    Attributes:
        file: a TOML file of keys by name; its permissions are checked each time.
        keyring: from a name to a key.
    """

    file: Path | None = None
    keyring: Callable[[str], str] = from_keyring

    def secret(self, provider: type[Provider]) -> Secret | None:
        """The key of a provider; None for one that needs none, or gets along without.

        Raises:
            AskSkipped: there is none, it cannot be one, or its file can be read by others.
        """
        if not provider.secret:
            return None
        secret = next(filter(None, self._candidates(provider.secret)), None)
        if secret is None:
            if provider.secret_optional:
                return None
            raise AskSkipped(
                f"{provider.title} was not asked: it needs a key",
                kind="no-key",
                sent=False,
                next_step=f"set {self._location_text(provider.secret)}",
            )
        if not _TOKEN.fullmatch(secret.reveal()):
            problem = "is too short for one" if len(secret.reveal()) < _MIN_LENGTH else "has characters that no key has"
            raise AskSkipped(
                f"the key of {provider.title} {problem}",
                kind="no-key",
                sent=False,
                next_step=f"check {self._location_text(provider.secret)}",
            )
        return secret

    def _location_text(self, name: str) -> str:
        """The places of a key, in words."""
        file = self.file or "the file that CLEW_KEYS names"
        return f"{name} in the environment, in the keyring (keyring set {SERVICE} {name}) or in {file}"

    def has(self, provider: type[Provider]) -> bool:
        """Whether there is a key for the provider, one that can be one."""
        try:
            return self.secret(provider) is not None
        except AskSkipped:
            return False

    def _candidates(self, name: str) -> Iterator[Secret | None]:
        """What each place has, hidden at once: an error on the way must not show it."""
        for lookup in (_from_environment, self.keyring, self._from_file):
            text = lookup(name).strip()
            yield Secret(text) if text else None

    def _from_file(self, name: str) -> str:
        if self.file is None:
            return ""
        try:
            with self.file.open("rb") as file:
                _check_private(os.fstat(file.fileno()), self.file)
                value = tomllib.load(file).get(name, "")
        except (OSError, ValueError) as error:
            # Without the error's own words: they may quote the line.
            problem = f"cannot be read ({type(error).__name__})"
            raise _unusable_file(self.file, problem, "check it, or unset CLEW_KEYS") from None
        return value if isinstance(value, str) else ""


def _from_environment(name: str) -> str:
    return os.environ.get(name, "")


def _check_private(status: os.stat_result, file: Path) -> None:
    """Raise AskSkipped if anybody but its owner can read the file, or if that is somebody else."""
    if os.name != "posix":
        return
    if status.st_uid != os.getuid():
        raise _unusable_file(file, "belongs to somebody else", f"chown it to yourself, then chmod 600 {file}")
    if status.st_mode & 0o077:
        raise _unusable_file(file, "can be read by others", f"chmod 600 {file}")


def _unusable_file(file: Path, problem: str, fix: str) -> AskSkipped:
    return AskSkipped(f"the file of keys {file} {problem}", kind="no-key", next_step=fix, sent=False)
