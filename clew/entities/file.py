"""Files."""

from __future__ import annotations

import re
from dataclasses import KW_ONLY
from typing import Any, ClassVar

from pydantic.dataclasses import dataclass

from clew.entities.checked_text import given_text
from clew.entities.entity import STRICT, Entity
from clew.entities.host_names import host_name
from clew.entities.key import Key
from clew.entities.static_menus import FileMenus
from clew.errors import EntityError

#: Hash algorithms, strongest first, with the length of their hexadecimal form.
HASHES = {"sha512": 128, "sha256": 64, "sha1": 40, "md5": 32}
_BY_LENGTH = {length: name for name, length in HASHES.items()}
_HEX = re.compile(r"[0-9a-f]+")


@dataclass(frozen=True, slots=True, eq=False, repr=False, config=STRICT)
class File(Entity, FileMenus):
    r"""A file, by its content: a set of hashes, of which any shared one means the same file.

    Where no hash is known, a path on a host is a place, and the place is the identity; a place is never merged with
    a content.

    >>> File(md5="D41D8CD98F00B204E9800998ECF8427E").value
    'md5:d41d8cd98f00b204e9800998ecf8427e'
    >>> File(path=r"C:\ProgramData\svcupd.exe", host="WS01.corp.example").key.scope
    'ws01.corp.example'

    Args:
        value: a hash, recognised by its length.
        sha512, sha256, sha1, md5: hashes, hexadecimal.
        path: where it was seen; part of the identity only without a hash.
        host: the machine of the path.
        size: bytes.

    Raises:
        EntityError: no hash and no path with a host, a hash of the wrong length, or two different hashes.
    """

    kind: ClassVar[str] = "file"
    exclusive: ClassVar[tuple[str, ...]] = tuple(HASHES)
    value: str = ""
    _: KW_ONLY
    sha512: str | None = None
    sha256: str | None = None
    sha1: str | None = None
    md5: str | None = None
    path: str | None = None
    host: str | None = None
    size: int | None = None

    @classmethod
    def identify(cls, arguments: dict[str, Any]) -> dict[str, Any]:
        fields = {name: value for name, value in arguments.items() if value is not None}
        if "host" in fields:
            fields["host"] = host_name(fields["host"], "a host name")
        if fields.get("value"):
            _take_value(fields)
        for name in HASHES:
            if name in fields:
                fields[name] = _checked_digest(name, fields[name])
        best = next((name for name in HASHES if name in fields), None)
        if best is not None:
            return {**fields, "value": f"{best}:{fields[best]}"}
        if "path" not in fields or "host" not in fields:
            raise EntityError("a file needs a hash, or a path together with a host")
        return {**fields, "value": f"path:{given_text(fields['path'], 'a path').lower()}"}

    @property
    def key(self) -> Key:
        return Key("file", self.value, self.host or "" if self.value.startswith("path:") else "")

    @property
    def aliases(self) -> tuple[Key, ...]:
        digests = ((name, getattr(self, name)) for name in HASHES)
        keys = (Key("file", f"{name}:{digest}") for name, digest in digests if digest)
        return tuple(key for key in keys if key.value != self.value)

    @property
    def name(self) -> str:
        """The last part of the path, or nothing."""
        return re.split(r"[\\/]", self.path)[-1] if self.path else ""

    @property
    def label(self) -> str:
        return self.name or self.value

    @classmethod
    def scheme(cls, key: Key) -> str:
        return key.value.partition(":")[0]


def _take_value(fields: dict[str, Any]) -> None:
    """Put the positional identity where it belongs: a hash by its length, or `algorithm:hash`."""
    text = given_text(fields.pop("value"), "a file hash").lower()
    name, colon, digest = text.partition(":")
    if name == "path" and colon and "path" in fields:
        return
    if not colon:
        name, digest = _BY_LENGTH.get(len(text), ""), text
    if name not in HASHES:
        lengths = ", ".join(f"{algorithm} {length}" for algorithm, length in HASHES.items())
        raise EntityError(f"{text!r} is not a file hash", next_step=f"hexadecimal lengths: {lengths}")
    if fields.setdefault(name, digest).lower() != digest:
        raise EntityError(f"two different {name} hashes for one file")


def _checked_digest(name: str, value: Any) -> str:
    digest = given_text(value, f"a {name} hash").lower()
    if len(digest) != HASHES[name] or not _HEX.fullmatch(digest):
        raise EntityError(f"{digest!r} is not a {name} hash: {HASHES[name]} hexadecimal digits are needed")
    return digest
