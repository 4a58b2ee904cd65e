"""Signatures in the format of OpenSSH (PROTOCOL.sshsig), which `ssh-keygen -Y verify` reads without clew."""

from __future__ import annotations

import base64
import binascii
import re
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256, sha512
from types import MappingProxyType

#: What a signature of clew is for: one that was made for something else does not count.
NAMESPACE = "clew"
# No signature of any kind of key is longer than this, in characters.
_MAX_LENGTH = 16_384
_MAGIC, _VERSION = b"SSHSIG", 1
_BEGIN, _END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
_ARMOUR = re.compile(rf"\s*{_BEGIN}\r?\n([A-Za-z0-9+/=\r\n]+)\r?\n{_END}\s*")
_WIDTH = 70
_HASHES: Mapping[str, Callable[[bytes], bytes]] = MappingProxyType(
    {
        "sha256": lambda content: sha256(content).digest(),
        "sha512": lambda content: sha512(content).digest(),
    }
)


class BadSignature(ValueError):
    """A signature that is not what the format says, or does not prove what it should."""


@dataclass(frozen=True, slots=True)
class SshSignature:
    """A signature as it is written; nothing of it is checked yet.

    Attributes:
        key: the public key: what OpenSSH writes between its kind and its comment, decoded.
        namespace: what it was made for.
        hash_algorithm: how the text was hashed: sha256 or sha512.
        kind: the way in which it was signed: `ssh-ed25519`, `rsa-sha2-512`.
        value: the signature itself.
    """

    key: bytes
    namespace: str
    hash_algorithm: str
    kind: str
    value: bytes

    @classmethod
    def read(cls, armour: str) -> SshSignature:
        """The parts of an armoured signature. Raises BadSignature for anything else."""
        match = _ARMOUR.fullmatch(armour) if len(armour) <= _MAX_LENGTH else None
        try:
            parts = SshReader(base64.b64decode("".join(match[1].split()), validate=True) if match else b"")
        except binascii.Error:
            raise BadSignature("it is no signature of OpenSSH") from None
        parts.skip_prefix(_MAGIC + struct.pack(">I", _VERSION))
        key, namespace, _, hash_algorithm, signature = (parts.string() for _ in range(5))
        parts.require_end()
        inner = SshReader(signature)
        kind, value = inner.text(), inner.string()
        inner.require_end()
        return cls(key, _text(namespace), _text(hash_algorithm), kind, value)

    def armour(self) -> str:
        """The signature as text; it ends in a line break."""
        signature = encode_string(self.kind.encode()) + encode_string(self.value)
        fields = (self.key, self.namespace.encode(), b"", self.hash_algorithm.encode(), signature)
        blob = _MAGIC + struct.pack(">I", _VERSION) + b"".join(map(encode_string, fields))
        text = base64.b64encode(blob).decode()
        lines = [text[start : start + _WIDTH] for start in range(0, len(text), _WIDTH)]
        return "\n".join([_BEGIN, *lines, _END, ""])


def signing_input(message: bytes, namespace: str = NAMESPACE, hash_algorithm: str = "sha512") -> bytes:
    """What a key signs for a message: its hash, and what the signature is for. Raises BadSignature."""
    if hash_algorithm not in _HASHES:
        raise BadSignature(f"it hashes with {hash_algorithm!r}, which is not known here")
    fields = (namespace.encode(), b"", hash_algorithm.encode(), _HASHES[hash_algorithm](message))
    return _MAGIC + b"".join(map(encode_string, fields))


def fingerprint(key: bytes) -> str:
    """A public key in short, as `ssh-keygen -l` prints it."""
    return f"SHA256:{base64.b64encode(sha256(key).digest()).decode().rstrip('=')}"


def kind_of(key: bytes) -> str:
    """The kind of a public key: `ssh-ed25519`. Raises BadSignature where it is none."""
    return SshReader(key).text()


class SshReader:
    """What was joined by lengths, taken apart again; whatever it is, it raises BadSignature or gives bytes."""

    def __init__(self, content: bytes) -> None:
        self._remaining = content

    def skip_prefix(self, prefix: bytes) -> None:
        """Take these bytes off the front."""
        if not self._remaining.startswith(prefix):
            raise BadSignature("it is no signature of OpenSSH")
        self._remaining = self._remaining[len(prefix) :]

    def string(self) -> bytes:
        """The next part."""
        size = int.from_bytes(self._remaining[:4], "big")
        if len(self._remaining) < 4 + size:
            raise BadSignature("it is cut off")
        part, self._remaining = self._remaining[4 : 4 + size], self._remaining[4 + size :]
        return part

    def text(self) -> str:
        """The next part, a name."""
        return _text(self.string())

    def number(self) -> int:
        """The next part, a number that is not negative."""
        return int.from_bytes(self.string(), "big")

    def require_end(self) -> None:
        """Nothing may come after it."""
        if self._remaining:
            raise BadSignature("something follows it that belongs to nothing")


def encode_string(content: bytes) -> bytes:
    """A part with its length before it."""
    return struct.pack(">I", len(content)) + content


def encode_mpint(value: int) -> bytes:
    """A number as a part; a first bit that is set would make it negative, so a zero goes before it."""
    return encode_string(value.to_bytes(value.bit_length() // 8 + 1, "big") if value else b"")


def _text(part: bytes) -> str:
    try:
        return part.decode("ascii")
    except UnicodeDecodeError:
        raise BadSignature("a name in it is no plain text") from None
