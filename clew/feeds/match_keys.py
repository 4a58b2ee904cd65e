"""An entity to the listed values that mean it: itself, its network, a name above it, a URL that it begins with."""

from __future__ import annotations

import ipaddress
from collections.abc import Container, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from socket import AF_INET, AF_INET6, inet_ntoa, inet_pton
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from clew.entities import Domain, Entity, IpAddress, Url
from clew.entities.ip_address import looks_like_address
from clew.feeds.recognition import EXACT_PREFIX, NETWORK_PREFIX, WILDCARD_PREFIX

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

#: How an entity can be listed. `ITSELF`, `NETWORK_OF` and `WILDCARD` are meant by the list; the others are what the
#: listed value lends to what is near it.
ITSELF, NETWORK_OF, WILDCARD, PARENT, HOST, PREFIX = "itself", "network", "wildcard", "parent", "host", "prefix"
DIRECT_MATCHES = frozenset({ITSELF, NETWORK_OF, WILDCARD})
MAX_FOLDERS = 32

DOMAIN_PREFIX = "domain:"
#: What the keys of names can begin with.
NAME_PREFIXES = frozenset({DOMAIN_PREFIX, EXACT_PREFIX, WILDCARD_PREFIX})

Prefixes = Sequence[tuple[int, int]]
Kinds = Container[str]


def candidates(entity: Entity, prefixes: Prefixes = (), kinds: Kinds = NAME_PREFIXES) -> dict[str, str]:
    """The keys under which an entity would be listed, and how each means it.

    >>> candidates(Domain("a.evil.example"))["domain:evil.example"]
    'parent'

    Args:
        prefixes: the version and the bits of the networks that there are; no others are looked for.
        kinds: what keys of names begin with that there are, likewise.
    """
    if isinstance(entity, Domain):
        return _name_keys(entity.value, kinds)
    keys = {str(key): ITSELF for key in (entity.key, *entity.aliases)}
    if isinstance(entity, IpAddress):
        keys |= dict.fromkeys(_network_keys(entity.value, prefixes), NETWORK_OF)
    elif isinstance(entity, Url):
        keys |= {key: match_type for key, match_type in _url_keys(entity.value) if key not in keys}
    return keys


def _network_keys(address: str, prefixes: Prefixes) -> Iterator[str]:
    version = 6 if ":" in address else 4
    number = int.from_bytes(inet_pton(AF_INET6 if version == 6 else AF_INET, address), "big") if prefixes else 0
    for network_version, bits in prefixes:
        if network_version == version == 4:
            first = number >> 32 - bits << 32 - bits
            yield f"{NETWORK_PREFIX}{inet_ntoa(first.to_bytes(4, 'big'))}/{bits}"
        elif network_version == version:
            yield f"{NETWORK_PREFIX}{ipaddress.IPv6Address(number >> 128 - bits << 128 - bits)}/{bits}"


def _name_keys(name: str, kinds: Kinds = NAME_PREFIXES) -> dict[str, str]:
    """The name, and what is above it: a name that anybody can have something under says nothing about that."""
    keys = {f"{EXACT_PREFIX}{name}": ITSELF} if EXACT_PREFIX in kinds else {}
    with_names = DOMAIN_PREFIX in kinds
    if with_names:
        keys[f"{DOMAIN_PREFIX}{name}"] = ITSELF
    keys.update(_parent_keys(name.partition(".")[2], with_names, WILDCARD_PREFIX in kinds))
    return keys


@lru_cache(maxsize=16_384)  # many names are below few
def _parent_keys(parent: str, with_names: bool, with_wildcards: bool) -> Mapping[str, str]:  # noqa: FBT001 - called in one place
    """What a name and those above it lend to what is below them; the top level lends nothing."""
    keys: dict[str, str] = {}
    while "." in parent:
        if with_wildcards:
            keys[f"{WILDCARD_PREFIX}{parent}"] = WILDCARD
        if with_names:
            keys[f"{DOMAIN_PREFIX}{parent}"] = PARENT
        parent = parent.partition(".")[2]
    return keys


@lru_cache(maxsize=4_096)
def is_shared(name: str) -> bool:
    """Whether anybody can have a name below this one: `co.uk`, `github.io`."""
    return _suffixes().publicsuffix(name) == name


def has_known_top(name: str) -> bool:
    """Whether the last part of a name is a top level that there is."""
    return _known_suffixes().publicsuffix(name) is not None


def _url_keys(url: str) -> Iterator[tuple[str, str]]:
    parts = urlsplit(url)
    base = f"{parts.scheme}://{parts.netloc}"
    without_fragment = url.partition("#")[0]
    yield f"url:{without_fragment}", PREFIX
    yield f"url:{without_fragment.partition('?')[0]}", PREFIX
    folders = parts.path.split("/")[:-1][: MAX_FOLDERS + 1]
    for count in range(len(folders), 0, -1):
        yield f"url:{base}{'/'.join(folders[:count])}/", PREFIX
    host = parts.hostname or ""
    yield from ((key, HOST) for key in _host_keys(host))


def _host_keys(host: str) -> Iterator[str]:
    if looks_like_address(host):
        yield f"ip:{host}"
    else:
        yield from _name_keys(host)


@cache
def _known_suffixes() -> PublicSuffixList:
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList(accept_unknown=False)


@cache
def _suffixes() -> PublicSuffixList:
    # Loaded here: only names that were found below a listed one need it.
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList()
