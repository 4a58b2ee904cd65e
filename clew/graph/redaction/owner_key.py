"""The key of whoever gives a case away: it makes the pseudonyms, and it alone leads back from them."""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import secrets
import stat
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from clew.errors import KeyUnusable, MissingExtra

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

#: How long a new key is, in bytes; and the least that one may have.
KEY_BYTES, MIN_KEY_BYTES = 32, 16
# No key file is larger than this, in bytes.
_MAX_BYTES = 4096
_NONCE = 12


class OwnerKey:
    """A secret, as keys for one purpose each: who learns what it sealed learns nothing of how it names.

    Raises:
        KeyUnusable: the secret is shorter than 16 bytes.
    """

    def __init__(self, secret: bytes) -> None:
        if len(secret) < MIN_KEY_BYTES:
            raise KeyUnusable(
                f"the key has {len(secret)} bytes, and needs {MIN_KEY_BYTES}",
                next_step="make one: clew redact --new-key FILE",
            )
        self._names = hmac.digest(secret, b"clew redaction: names", "sha256")
        self._seals = hmac.digest(secret, b"clew redaction: seals", "sha256")

    @classmethod
    def of(cls, source: bytes | str | Path) -> OwnerKey:
        """The key itself, or the one in a file that nobody else can read.

        Raises:
            KeyUnusable: there is no such file, others can read it, or it holds no key.
        """
        return cls(source) if isinstance(source, bytes) else cls(_read_key(Path(source)))

    def keyed_digest(self, purpose: str, value: str) -> bytes:
        """32 bytes that follow from the value, for those alone who have the key."""
        message = f"{len(purpose)} {purpose}{value}".encode("utf-8", "surrogatepass")
        return hmac.digest(self._names, message, "sha256")

    def seal(self, content: bytes, about: str) -> bytes:
        """Content that only the key opens, and only together with what it is about."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + _cipher(self._seals).encrypt(nonce, content, about.encode())

    def open(self, content: bytes, about: str) -> bytes:
        """What `seal` was given. Raises KeyUnusable where it was sealed with another key, or changed since."""
        require_cryptography()
        from cryptography.exceptions import InvalidTag

        try:
            return _cipher(self._seals).decrypt(content[:_NONCE], content[_NONCE:], about.encode())
        except (InvalidTag, ValueError):
            raise KeyUnusable(
                "the key is not the one that the case was redacted with",
                next_step="give the key of whoever redacted it",
            ) from None


def require_cryptography() -> None:
    """Raises MissingExtra where there is no library to seal with."""
    try:
        import_module("cryptography")
    except ImportError:
        raise MissingExtra("cryptography", extra="share", purpose="redacting a case") from None


def new_key(path: Path) -> Path:
    """Write a new key into a new file that nobody else can read.

    Raises:
        KeyUnusable: there is such a file already, or it cannot be written.
    """
    text = base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise KeyUnusable(
            "there is such a file already",
            location=str(path),
            next_step="choose another name: what a key sealed is lost without it",
        ) from None
    except OSError as error:
        raise KeyUnusable(
            f"the key cannot be written: {error.strerror}", location=str(path), next_step="choose another place"
        ) from None
    return path


def _read_key(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise KeyUnusable("there is no such key", location=str(path), next_step=f"clew redact --new-key {path}")
        with path.open("rb") as file:
            if os.name == "posix" and stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                raise KeyUnusable("others can read the key", location=str(path), next_step=f"chmod 600 {path}")
            return _decode_key(file.read(_MAX_BYTES + 1).strip())
    except OSError as error:
        raise KeyUnusable(f"the key cannot be read: {error.strerror}", location=str(path)) from None
    except ValueError as error:
        raise KeyUnusable(
            f"the file holds no key: {error}",
            location=str(path),
            next_step="give a file that clew redact --new-key made",
        ) from None


def _decode_key(text: bytes) -> bytes:
    """The key that is written as hexadecimal digits or as base64. Raises ValueError for anything else."""
    if len(text) > _MAX_BYTES:
        raise ValueError("it is too long")
    try:
        return bytes.fromhex(text.decode("ascii"))
    except ValueError:
        pass
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("it is neither hexadecimal nor base64") from None


def _cipher(key: bytes) -> ChaCha20Poly1305:
    require_cryptography()
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    return ChaCha20Poly1305(key)
