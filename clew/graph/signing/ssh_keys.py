"""Keys of OpenSSH: the files that analysts have already, what they sign, and whether it was they that signed."""

from __future__ import annotations

import base64
import os
import stat
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from clew.errors import KeyUnusable, MissingExtra
from clew.graph.signing.sshsig import (
    NAMESPACE,
    BadSignature,
    SshReader,
    SshSignature,
    encode_mpint,
    kind_of,
    signing_input,
)

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes
    from cryptography.hazmat.primitives.hashes import HashAlgorithm

#: Asked for the passphrase of a key that has one.
Passphrase = Callable[[], str]
# No key file is larger than this, in bytes.
_MAX_BYTES = 65_536
_MIN_RSA_BITS = 2048
_BEGIN = b"-----BEGIN OPENSSH PRIVATE KEY-----"
#: How many bits of hash go with a curve, by the kind of its keys.
_CURVES: Mapping[str, int] = MappingProxyType(
    {
        "ecdsa-sha2-nistp256": 256,
        "ecdsa-sha2-nistp384": 384,
        "ecdsa-sha2-nistp521": 512,
    }
)
_RSA: Mapping[str, int] = MappingProxyType({"rsa-sha2-256": 256, "rsa-sha2-512": 512})
_KINDS = ("ssh-ed25519", "ssh-rsa", *_CURVES)


def require_cryptography() -> None:
    """Raises MissingExtra where there is no library to sign with."""
    try:
        import_module("cryptography")
    except ImportError:
        raise MissingExtra("cryptography", extra="share", purpose="signing, and checking signatures,") from None


def load_private(path: Path, passphrase: Passphrase | None = None) -> PrivateKeyTypes:
    """The private key in a file of OpenSSH that nobody else can read.

    Raises:
        KeyUnusable: it cannot be read, others can read it, it is no key, or its passphrase is missing or wrong.
        MissingExtra: there is no library to read it with.
    """
    require_cryptography()
    content = _private_bytes(path)
    if _BEGIN not in content:
        next_step = f"give the file without .pub; one of an older form: ssh-keygen -p -f {path}"
        raise KeyUnusable("this is no private key of OpenSSH", location=str(path), next_step=next_step)
    try:
        return _load_key(content, None)
    except _PassphraseRequired:
        if passphrase is None:
            raise KeyUnusable("the key has a passphrase", location=str(path), next_step="give passphrase=") from None
    except ValueError as error:
        raise KeyUnusable(f"the key cannot be read: {error}", location=str(path)) from None
    return _unlock_key(content, passphrase(), path)


class _PassphraseRequired(Exception):
    """A key that has a passphrase."""


def _load_key(content: bytes, password: bytes | None) -> PrivateKeyTypes:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_ssh_private_key

    try:
        return load_ssh_private_key(content, password)
    except TypeError:
        raise _PassphraseRequired from None
    except UnsupportedAlgorithm as error:
        raise ValueError(str(error)) from None


def _unlock_key(content: bytes, passphrase: str, path: Path) -> PrivateKeyTypes:
    try:
        return _load_key(content, passphrase.encode())
    except (ValueError, _PassphraseRequired):
        raise KeyUnusable("the passphrase does not open the key", location=str(path), next_step="try again") from None


def _private_bytes(path: Path) -> bytes:
    """The content of a file, if nobody but its owner can read it: what ssh asks of a private key."""
    try:
        if not path.is_file():
            raise KeyUnusable("there is no such key", location=str(path), next_step="make one: ssh-keygen -t ed25519")
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if os.name == "posix" and status.st_uid == os.getuid() and stat.S_IMODE(status.st_mode) & 0o077:
                raise KeyUnusable("others can read the private key", location=str(path), next_step=f"chmod 600 {path}")
            return file.read(_MAX_BYTES)
    except OSError as error:
        raise KeyUnusable(f"the key cannot be read: {error.strerror}", location=str(path)) from None


def public_bytes(key: PublicKeyTypes) -> bytes:
    """A public key: what OpenSSH writes between its kind and its comment, decoded."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return base64.b64decode(key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).split()[1])


def sign(message: bytes, key: PrivateKeyTypes) -> SshSignature:
    """Sign a message. Raises KeyUnusable for a key of a kind that signs nothing here, or one that is too weak."""
    public = public_bytes(key.public_key())
    kind, value = _raw_signature(key, signing_input(message), kind_of(public))
    return SshSignature(public, NAMESPACE, "sha512", kind, value)


def _raw_signature(key: PrivateKeyTypes, content: bytes, kind: str) -> tuple[str, bytes]:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

    match key:
        case ed25519.Ed25519PrivateKey():
            return kind, key.sign(content)
        case ec.EllipticCurvePrivateKey() if kind in _CURVES:
            numbers = utils.decode_dss_signature(key.sign(content, ec.ECDSA(_hash(_CURVES[kind]))))
            return kind, b"".join(map(encode_mpint, numbers))
        case rsa.RSAPrivateKey() if key.key_size >= _MIN_RSA_BITS:
            return "rsa-sha2-512", key.sign(content, padding.PKCS1v15(), _hash(512))
        case _:
            raise KeyUnusable(
                f"a key of this kind and size signs nothing: {kind}", next_step="make one: ssh-keygen -t ed25519"
            )


def check(signature: SshSignature, message: bytes) -> None:
    """Whether a signature is of a message, by the key that it names.

    Raises:
        BadSignature: it is not.
        MissingExtra: there is no library to check it with.
    """
    require_cryptography()
    from cryptography.exceptions import InvalidSignature

    if signature.namespace != NAMESPACE:
        raise BadSignature(f"it was made for {signature.namespace!r}, not for {NAMESPACE!r}")
    try:
        _verify_raw(
            _load_public(signature.key),
            signature,
            signing_input(message, signature.namespace, signature.hash_algorithm),
        )
    except InvalidSignature:
        raise BadSignature("it is not of this statement by this key") from None


def _load_public(key: bytes) -> PublicKeyTypes:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_ssh_public_key

    kind = kind_of(key)
    if kind not in _KINDS:
        raise BadSignature(f"keys of {kind!r} are not known here")
    try:
        return load_ssh_public_key(f"{kind} {base64.b64encode(key).decode()}".encode())
    except (ValueError, UnsupportedAlgorithm):
        raise BadSignature("its public key cannot be read") from None


def _verify_raw(key: PublicKeyTypes, signature: SshSignature, content: bytes) -> None:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

    kind = kind_of(signature.key)
    match key:
        case ed25519.Ed25519PublicKey() if signature.kind == kind:
            key.verify(signature.value, content)
        case ec.EllipticCurvePublicKey() if signature.kind == kind:
            parts = SshReader(signature.value)
            numbers = parts.number(), parts.number()
            parts.require_end()
            key.verify(utils.encode_dss_signature(*numbers), content, ec.ECDSA(_hash(_CURVES[kind])))
        case rsa.RSAPublicKey() if signature.kind in _RSA and key.key_size >= _MIN_RSA_BITS:
            key.verify(signature.value, content, padding.PKCS1v15(), _hash(_RSA[signature.kind]))
        case _:
            raise BadSignature(f"{signature.kind!r} by a key of {kind!r} proves nothing")


def _hash(bits: int) -> HashAlgorithm:
    from cryptography.hazmat.primitives import hashes

    return {256: hashes.SHA256(), 384: hashes.SHA384(), 512: hashes.SHA512()}[bits]
