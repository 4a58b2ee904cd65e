"""A URL taken apart, as a browser would."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from clew.entities import Domain, Entity, Fact, Finding, IpAddress, Link, Relation, Url
from clew.entities.finding import Scalar
from clew.errors import EntityError
from clew.providers.base import Channel, Provider, operation

_PARTS = ("scheme", "host", "port", "path", "query", "fragment", "username")


def _columns(_channels: Mapping[str, Channel], subjects: Sequence[Url]) -> Mapping[str, Sequence[Scalar]]:
    known = [_parts(subject) for subject in subjects]
    columns = {name: [parts[name] or None for parts in known] for name in _PARTS}
    said = {name: cells for name, cells in columns.items() if any(cells)}
    return {"reason": [_reason(parts) for parts in known], **said}


class UrlParts(Provider):
    """Reads URLs. Nobody is asked."""

    name: ClassVar[str] = "url-parts"
    title: ClassVar[str] = "URL parts"
    docs: ClassVar[str] = "https://url.spec.whatwg.org/"

    @operation(columns=_columns, facts=_PARTS)
    def parts(self, url: Url) -> Finding:
        """Scheme, host, port, path and query; the host becomes an entity."""
        known = _parts(url)
        named = _host_entity(str(known["host"]))
        return Finding(
            url,
            reason=_reason(known),
            facts=tuple(Fact(name, value) for name, value in known.items() if value),
            links=(Link(url, Relation.CONTAINS, named, inferred=True),) if named else (),
            returned=1,
            available=1,
        )


def _parts(url: Url) -> dict[str, str | int]:
    from can_ada import parse

    parsed = parse(url.value)
    return {
        "scheme": parsed.protocol.rstrip(":"),
        "host": parsed.hostname,
        "port": int(parsed.port or 0),
        "path": parsed.pathname,
        "query": parsed.search.removeprefix("?"),
        "fragment": parsed.hash.removeprefix("#"),
        "username": parsed.username,
    }


def _reason(parts: Mapping[str, str | int]) -> str:
    return f"{parts['scheme']} to {parts['host']}"


def _host_entity(host: str) -> Entity | None:
    try:
        return IpAddress(host)
    except EntityError:
        pass
    try:
        return Domain(host)
    except EntityError:
        return None  # one label, such as localhost: a name inside, and no entity of the outside
