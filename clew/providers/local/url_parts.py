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
    rows = [_parts(subject) for subject in subjects]
    columns = {name: [parts[name] or None for parts in rows] for name in _PARTS}
    filled_columns = {name: cells for name, cells in columns.items() if any(cells)}
    return {"reason": [_reason(parts) for parts in rows], **filled_columns}


class UrlParts(Provider):
    """Reads URLs. Nobody is asked."""

    name: ClassVar[str] = "url-parts"
    title: ClassVar[str] = "URL parts"
    docs: ClassVar[str] = "https://url.spec.whatwg.org/"

    @operation(columns=_columns, facts=_PARTS)
    def parts(self, url: Url) -> Finding:
        """Scheme, host, port, path and query; the host becomes an entity."""
        parts = _parts(url)
        host = _host_entity(str(parts["host"]))
        return Finding(
            url,
            reason=_reason(parts),
            facts=tuple(Fact(name, value) for name, value in parts.items() if value),
            links=(Link(url, Relation.CONTAINS, host, inferred=True),) if host else (),
            returned=1,
            available=1,
        )


def _parts(url: Url) -> dict[str, str | int]:
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
