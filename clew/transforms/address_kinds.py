"""What kind of address an address is, by the special-purpose registries, which came with clew."""

from __future__ import annotations

import functools
import ipaddress
import socket
from bisect import bisect_right
from collections.abc import Mapping
from types import MappingProxyType

#: Networks by kind, from the IANA special-purpose address registries (RFC 6890 and its updates) and RFC 5771, RFC 4291.
#: Where one lies in another, the smaller one says what an address is.
KINDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "unspecified": ("0.0.0.0/8", "::/128"),
        "private": ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"),
        "shared": ("100.64.0.0/10",),
        "loopback": ("127.0.0.0/8", "::1/128"),
        "link-local": ("169.254.0.0/16", "fe80::/10"),
        "site-local": ("fec0::/10",),
        "documentation": ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20"),
        "benchmarking": ("198.18.0.0/15", "2001:2::/48"),
        "translated": ("64:ff9b::/96", "64:ff9b:1::/48"),
        "6to4": ("192.88.99.0/24", "2002::/16"),
        "teredo": ("2001::/32",),
        "discard": ("100::/64",),
        "multicast": ("224.0.0.0/4", "ff00::/8"),
        "broadcast": ("255.255.255.255/32",),
        "reserved": ("192.0.0.0/24", "240.0.0.0/4", "2001::/23"),
    }
)
GLOBAL_KIND, UNASSIGNED_KIND = "global", "unassigned"


def kind_of(address: str) -> str:
    """The kind of an address in canonical spelling.

    >>> kind_of("10.1.2.3"), kind_of("198.51.100.7"), kind_of("9.9.9.9"), kind_of("fe80::1")
    ('private', 'documentation', 'global', 'link-local')
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    starts, kinds = _kind_ranges(6 if ":" in address else 4)
    return kinds[bisect_right(starts, socket.inet_pton(family, address)) - 1]


@functools.cache
def _kind_ranges(version: int) -> tuple[list[bytes], list[str]]:
    """Where each kind begins, over the whole address space: the smallest network around an address decides."""
    networks = [
        (ipaddress.ip_network(text), kind)
        for kind, texts in KINDS.items()
        for text in texts
        if (":" in text) == (version == 6)
    ]
    size = 16 if version == 6 else 4
    # Everything outside of 2000::/3 that no registry names was never given to anybody.
    defaults = [(ipaddress.ip_network("::/0"), UNASSIGNED_KIND), (ipaddress.ip_network("2000::/3"), GLOBAL_KIND)]
    networks += defaults if version == 6 else [(ipaddress.ip_network("0.0.0.0/0"), GLOBAL_KIND)]
    edges = sorted({int(network[0]) for network, _ in networks} | {int(network[-1]) + 1 for network, _ in networks})
    starts = [edge for edge in edges if edge < 1 << 8 * size]
    by_size = sorted(networks, key=lambda pair: -pair[0].prefixlen)
    kinds = [
        next(kind for network, kind in by_size if int(network[0]) <= start <= int(network[-1])) for start in starts
    ]
    return [start.to_bytes(size, "big") for start in starts], kinds
