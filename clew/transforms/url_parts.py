"""A URL taken apart, as a browser would."""

from __future__ import annotations

from clew.entities import Domain, Entity, IpAddress, Url
from clew.errors import EntityError

PART_NAMES = ("scheme", "host", "port", "path", "query", "fragment", "username")


def url_parts(url: Url) -> dict[str, str | int]:
    """What a URL consists of, by `PART_NAMES`; empty or 0 for what it has not. A password is left out.

    >>> url_parts(Url("https://evil.example:8443/a?b#c"))["port"]
    8443
    """
    # Loaded here: a C++ parser that only URLs need.
    from can_ada import parse

    parsed_url = parse(url.value)
    return {
        "scheme": parsed_url.protocol.rstrip(":"),
        "host": parsed_url.hostname,
        "port": int(parsed_url.port or 0),
        "path": parsed_url.pathname,
        "query": parsed_url.search.removeprefix("?"),
        "fragment": parsed_url.hash.removeprefix("#"),
        "username": parsed_url.username,
    }


def host_entity(host: str) -> Entity | None:
    """What the host of a URL is; None for one label such as `localhost`, a name inside.

    >>> host_entity("[2001:db8::1]"), host_entity("localhost")
    (IpAddress('2001:db8::1'), None)
    """
    try:
        return IpAddress(host)
    except EntityError:
        pass
    try:
        return Domain(host)
    except EntityError:
        return None
