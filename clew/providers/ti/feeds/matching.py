"""An entity to the listed values that mean it: itself, its network, a name above it, a URL that it begins with."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from clew.entities import Domain, Entity, IpAddress, Url
from clew.providers.ti.feeds.recognising import NETWORK, ONLY, UNDER

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

#: How an entity can be listed. `ITSELF`, `NETWORK_OF` and `WILDCARD` are meant by the list; the others are what the
#: listed value lends to what is near it.
ITSELF, NETWORK_OF, WILDCARD, PARENT, HOST, PREFIX = "itself", "network", "wildcard", "parent", "host", "prefix"
MEANT = frozenset({ITSELF, NETWORK_OF, WILDCARD})
MAX_FOLDERS = 32

Prefixes = Iterable[tuple[int, int]]


def candidates(entity: Entity, prefixes: Prefixes = ()) -> dict[str, str]:
    """The keys under which an entity would be listed, and how each means it.

    >>> candidates(Domain("a.evil.example"))["domain:evil.example"]
    'parent'

    Args:
        prefixes: the version and the bits of the networks that there are; no others are looked for.
    """
    found = {str(key): ITSELF for key in (entity.key, *entity.aliases)}
    if isinstance(entity, IpAddress):
        found |= dict.fromkeys(_networks(entity.value, prefixes), NETWORK_OF)
    elif isinstance(entity, Domain):
        found |= dict(_names(entity.value))
    elif isinstance(entity, Url):
        found |= {key: how for key, how in _of_url(entity.value) if key not in found}
    return found


def _networks(address: str, prefixes: Prefixes) -> Iterator[str]:
    parsed = ipaddress.ip_address(address)
    for version, bits in prefixes:
        if version == parsed.version:
            yield f"{NETWORK}{ipaddress.ip_network((parsed, bits), strict=False)}"


def _names(name: str) -> Iterator[tuple[str, str]]:
    """The name, and what is above it: a name that anybody can have something under says nothing about that."""
    yield f"domain:{name}", ITSELF
    yield f"{ONLY}{name}", ITSELF
    for above in _above(name):
        yield f"{UNDER}{above}", WILDCARD
        yield f"domain:{above}", PARENT


def _above(name: str) -> Iterator[str]:
    _, _, rest = name.partition(".")
    while "." in rest:
        yield rest
        _, _, rest = rest.partition(".")


def is_shared(name: str) -> bool:
    """Whether anybody can have a name below this one: `co.uk`, `github.io`."""
    return _suffixes().publicsuffix(name) == name


def _of_url(url: str) -> Iterator[tuple[str, str]]:
    parts = urlsplit(url)
    base = f"{parts.scheme}://{parts.netloc}"
    whole = url.partition("#")[0]
    yield f"url:{whole}", PREFIX
    yield f"url:{whole.partition('?')[0]}", PREFIX
    folders = parts.path.split("/")[:-1][: MAX_FOLDERS + 1]
    for count in range(len(folders), 0, -1):
        yield f"url:{base}{'/'.join(folders[:count])}/", PREFIX
    host = parts.hostname or ""
    yield from ((key, HOST) for key in _of_host(host))


def _of_host(host: str) -> Iterator[str]:
    if ":" in host or host.replace(".", "").isdigit():
        yield f"ip:{host}"
    else:
        yield from (key for key, _ in _names(host))


@cache
def _suffixes() -> PublicSuffixList:
    # Loaded here: only names that were found below a listed one need it.
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList()
