"""A URL taken apart, as a browser would. Nobody is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from clew.entities import Fact, Finding, Link, Relation, Url
from clew.entities.finding import Scalar
from clew.providers.base import Channel, Provider, operation
from clew.transforms.url_parts import PART_NAMES, host_entity, url_parts


def _columns(_channels: Mapping[str, Channel], subjects: Sequence[Url]) -> Mapping[str, Sequence[Scalar]]:
    rows = [url_parts(subject) for subject in subjects]
    columns = {name: [parts[name] or None for parts in rows] for name in PART_NAMES}
    filled_columns = {name: cells for name, cells in columns.items() if any(cells)}
    return {"reason": [_reason(parts) for parts in rows], **filled_columns}


class UrlParts(Provider):
    """Reads URLs. Nobody is asked."""

    name: ClassVar[str] = "url-parts"
    title: ClassVar[str] = "URL parts"
    docs: ClassVar[str] = "https://url.spec.whatwg.org/"

    @operation(columns=_columns, facts=PART_NAMES)
    def parts(self, url: Url) -> Finding:
        """Scheme, host, port, path and query; the host becomes an entity."""
        parts = url_parts(url)
        host = host_entity(str(parts["host"]))
        return Finding(
            url,
            reason=_reason(parts),
            facts=tuple(Fact(name, value) for name, value in parts.items() if value),
            links=(Link(url, Relation.CONTAINS, host, inferred=True),) if host else (),
            returned=1,
            available=1,
        )


def _reason(parts: Mapping[str, str | int]) -> str:
    return f"{parts['scheme']} to {parts['host']}"
