"""A URL taken apart, as a browser would."""

from __future__ import annotations

from typing import ClassVar

from clew.entities import Domain, Entity, Fact, Finding, IpAddress, Link, Relation, Url
from clew.errors import EntityError
from clew.providers.base import Provider, operation


class UrlParts(Provider):
    """Reads URLs. Nobody is asked."""

    name: ClassVar[str] = "url-parts"
    title: ClassVar[str] = "URL parts"
    docs: ClassVar[str] = "https://url.spec.whatwg.org/"

    @operation()
    def parts(self, url: Url) -> Finding:
        """Scheme, host, port, path and query; the host becomes an entity."""
        from can_ada import parse

        parsed = parse(url.value)
        host: str = parsed.hostname
        known = {
            "scheme": parsed.protocol.rstrip(":"),
            "host": host,
            "port": parsed.port,
            "path": parsed.pathname,
            "query": parsed.search.removeprefix("?"),
            "fragment": parsed.hash.removeprefix("#"),
            "username": parsed.username,
        }
        named = _host_entity(host)
        return Finding(
            url,
            reason=f"{known['scheme']} to {host}",
            facts=tuple(Fact(name, str(value)) for name, value in known.items() if value),
            links=(Link(url, Relation.CONTAINS, named, inferred=True),) if named else (),
            returned=1,
            available=1,
        )


def _host_entity(host: str) -> Entity | None:
    try:
        return IpAddress(host)
    except EntityError:
        pass
    try:
        return Domain(host)
    except EntityError:
        return None  # one label, such as localhost: a name inside, and no entity of the outside
