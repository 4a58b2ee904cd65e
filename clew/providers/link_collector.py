"""The links out of one reply, collected."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar, cast

from clew.entities import AutonomousSystem, Domain, Entity, IpAddress, Link, Relation
from clew.entities.ip_address import looks_like_address
from clew.errors import EntityError
from clew.providers.json_reply import JsonObject

E = TypeVar("E", bound=Entity)

#: How many links one answer has at most; how many more there were is a remark.
MAX_LINKS = 500


@dataclass
class LinkCollector:
    """Links out of one reply. What is said twice is one link with both places; what names no entity is counted.

    Attributes:
        limit: how many different links are kept.
        invalid_count: how many values name nothing that clew knows.
        omitted_count: how many links were left out.
    """

    subject: Entity
    limit: int = MAX_LINKS
    invalid_count: int = 0
    omitted_count: int = 0
    _links: dict[tuple[Entity, Relation, Entity], Link] = field(
        default_factory=dict[tuple[Entity, Relation, Entity], Link]
    )

    def link_to(
        self,
        relation: Relation,
        value: object,
        kind: type[E],
        pointer: str,
        *,
        backwards: bool = False,
        first: datetime | None = None,
        last: datetime | None = None,
    ) -> E | None:
        """Link the subject to the entity of that kind and value, which is given back; None if it is none.

        Args:
            pointer: the JSON pointer of what says so.
            backwards: the link goes from that entity to the subject.
        """
        other = self.entity(value, kind)
        if other is not None:
            ends = (other, self.subject) if backwards else (self.subject, other)
            self.link(ends[0], relation, ends[1], pointer, first=first, last=last)
        return other

    def link_field(
        self,
        relation: Relation,
        record: JsonObject,
        path: str | tuple[str, ...],
        kind: type[E],
        *,
        backwards: bool = False,
        first: datetime | None = None,
        last: datetime | None = None,
    ) -> E | None:
        """Link the subject to what the text in a field of the record names; None where there is no text.

        Args:
            path: the name of the field, or the names on the way to it.
            backwards: the link goes from that entity to the subject.
        """
        path = (path,) if isinstance(path, str) else path
        value, pointer = record.text(*path), record.pointer_to(*path)
        return (
            None
            if value is None
            else self.link_to(relation, value, kind, pointer, backwards=backwards, first=first, last=last)
        )

    def link_names(
        self,
        relation: Relation,
        record: JsonObject,
        path: str | tuple[str, ...],
        *,
        backwards: bool = False,
        first: datetime | None = None,
        last: datetime | None = None,
    ) -> None:
        """Link the subject to each address or domain in the list that is in a field of the record.

        Args:
            path: the name of the field, or the names on the way to it.
            backwards: the links go to the subject.
        """
        for name, pointer in record.texts_with_pointers(*((path,) if isinstance(path, str) else path)):
            self.link_to(relation, name, host_kind(name), pointer, backwards=backwards, first=first, last=last)

    def link_network(self, record: JsonObject, *path: str) -> AutonomousSystem | None:
        """Link the subject to the network of the number at the end of the path; None where there is no number."""
        number, pointer = record.integer(*path), record.pointer_to(*path)
        return None if number is None else self.link_to(Relation.BELONGS_TO, f"AS{number}", AutonomousSystem, pointer)

    def entity(self, value: object, kind: type[E]) -> E | None:
        """The entity of that kind and value; None, and counted, if it is none."""
        try:
            if isinstance(value, str):
                entity: E = cast("Any", kind)(value)  # every entity has one positional argument, its identity
                return entity
        except EntityError:
            pass
        self.invalid_count += 1
        return None

    def link(
        self,
        source: Entity,
        relation: Relation,
        target: Entity,
        pointer: str,
        *,
        first: datetime | None = None,
        last: datetime | None = None,
    ) -> None:
        """Link two entities."""
        if source == target:
            return
        key = (source, relation, target)
        existing = self._links.get(key)
        if existing is None and len(self._links) >= self.limit:
            self.omitted_count += 1
            return
        pointers = dict.fromkeys((*(existing.pointers if existing else ()), pointer))
        firsts = [time for time in (first, existing.observed_first if existing else None) if time]
        lasts = [time for time in (last, existing.observed_last if existing else None) if time]
        self._links[key] = Link(
            source, relation, target, tuple(pointers), min(firsts, default=None), max(lasts, default=None)
        )

    @property
    def collected_links(self) -> tuple[Link, ...]:
        """The links, in the order in which they were first said."""
        return tuple(self._links.values())

    @property
    def remarks(self) -> list[str]:
        """What has to be said beside the links."""
        remarks = [f"values that name nothing to follow: {self.invalid_count}"] if self.invalid_count else []
        return remarks + ([f"links left out: {self.omitted_count}"] if self.omitted_count else [])


def host_kind(text: str) -> type[IpAddress | Domain]:
    """What the host of a URL, or another name of a machine outside, is."""
    return IpAddress if looks_like_address(text) else Domain
