"""Findings as they are kept: each entity written once, rows left to the evidence, parts instead of their sum."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any, cast

from pydantic import TypeAdapter

from clew.entities import Entity, Finding, Link, Severity, Verdict, dump, load
from clew.pivots.combine import combine_findings

# What the rule of a look-up decides.
_JUDGED = {"verdict": Verdict, "severity": Severity, "reason": str, "reference": str}


@functools.cache
def _finding_adapter() -> TypeAdapter[Finding]:
    return TypeAdapter(Finding)


@functools.cache
def _link_adapter() -> TypeAdapter[Link]:
    return TypeAdapter(Link)


def pack_finding(finding: Finding) -> dict[str, Any]:
    """Plain JSON values. The table is not kept: it is read from the evidence by running the pivot again."""
    if finding.parts:
        judged = combine_findings(finding.subject, finding.pivot, finding.parts)
        # By another rule than that of one: its outcome is kept, the rule is among the arguments of the pivot.
        own = {name: getattr(finding, name) for name in _JUDGED if getattr(finding, name) != getattr(judged, name)}
        return {
            "subject": dump(finding.subject),
            "pivot": finding.pivot,
            "parts": [pack_finding(part) for part in finding.parts],
            **own,
        }
    bare = dataclasses.replace(finding, links=(), table=None)
    packed: dict[str, Any] = _finding_adapter().dump_python(bare, mode="json", exclude_defaults=True)
    if finding.links:
        places: dict[Entity, int] = {}
        entities: list[dict[str, Any]] = []
        links = [_pack_link(link, places, entities) for link in finding.links]
        packed |= {"entities": entities, "links": links}
    return packed


def _pack_link(link: Link, places: dict[Entity, int], entities: list[dict[str, Any]]) -> dict[str, Any]:
    def place(entity: Entity) -> int:
        # The fields count too: a later mention may know more of the same entity than the first.
        written = dump(entity)
        known = places.get(entity)
        if known is not None and entities[known] == written:
            return known
        places[entity] = len(entities)
        entities.append(written)
        return places[entity]

    packed: dict[str, Any] = _link_adapter().dump_python(link, mode="json", exclude_defaults=True)
    return {**packed, "source": place(link.source), "target": place(link.target)}


def unpack_finding(packed: Any) -> Finding:
    """The finding again, without its table.

    Raises:
        ValueError: not what `pack_finding` writes.
    """
    if isinstance(packed, Finding):
        return packed
    if not isinstance(packed, dict):
        raise ValueError("a finding is a mapping")  # noqa: TRY004 - pydantic reports ValueError with its place
    rest = dict(cast("dict[str, Any]", packed))
    if "parts" in rest:
        parts = tuple(unpack_finding(part) for part in rest["parts"])
        whole = combine_findings(load(rest["subject"]), rest["pivot"], parts)
        own = {name: kind(rest[name]) for name, kind in _JUDGED.items() if name in rest}
        return dataclasses.replace(whole, **own) if own else whole
    entities: list[Entity] = [load(entity) for entity in rest.pop("entities", ())]
    links = tuple(_unpack_link(link, entities) for link in rest.pop("links", ()))
    return dataclasses.replace(_finding_adapter().validate_python(rest), links=links)


def _unpack_link(packed: dict[str, Any], entities: list[Entity]) -> Link:
    source = entities[int(packed["source"])]
    target = entities[int(packed["target"])]
    return _link_adapter().validate_python({**packed, "source": source, "target": target})
