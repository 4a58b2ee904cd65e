"""Values that identify nothing, for unrelated things share them: hashes of next to no content, names for oneself."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from types import MappingProxyType

from clew.entities.file import HASHES
from clew.entities.key import Key

_CONTENTS = {
    b"": "an empty file",
    b"\0": "a file of one zero byte",
    b" ": "a file of one space",
    b"\n": "a file of one line break",
    b"\r\n": "a file of one line break",
    b"\xef\xbb\xbf": "a file of nothing but a byte order mark",
}
_HOSTS = ("localhost", "localhost.localdomain", "localhost4", "localhost6", "ip6-localhost")


@functools.cache
def shared_values() -> Mapping[Key, str]:
    """The key of each such value, and what it is.

    >>> shared_values()[Key("file", "md5:d41d8cd98f00b204e9800998ecf8427e")]
    'an empty file'
    """
    # Not for security, but because files are known by these hashes.
    files = {
        Key("file", f"{name}:{hashlib.new(name, content, usedforsecurity=False).hexdigest()}"): description
        for content, description in _CONTENTS.items()
        for name in HASHES
    }
    return MappingProxyType(files | {Key("host", name): "what every machine calls itself" for name in _HOSTS})
