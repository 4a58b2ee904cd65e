"""Findings as they are kept: each entity written once, rows left to the evidence, parts instead of their sum."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any, cast

from pydantic import TypeAdapter

from clew.entities import Entity, Finding, Link, Severity, Verdict, dump, load
from clew.pivots.lookup_verdict import combine_findings

# What the rule of a look-up decides.
_VERDICT_FIELDS = {"verdict": Verdict, "severity": Severity, "reason": str, "reference": str}


@functools.cache
def _finding_adapter() -> TypeAdapter[Finding]:
    return TypeAdapter(Finding)


@functools.cache
def _link_adapter() -> TypeAdapter[Link]:
    return TypeAdapter(Link)


def pack_finding(finding: Finding) -> dict[str, Any]:
    """Plain JSON values. The table is not kept: it is read from the evidence by running the pivot again."""
    if finding.parts:
        summary = combine_findings(finding.subject, finding.pivot, finding.parts)
        # By another rule than that of one: its outcome is kept, the rule is among the arguments of the pivot.
        overrides = {
            name: getattr(finding, name) for name in _VERDICT_FIELDS if getattr(finding, name) != getattr(summary, name)
        }
        return {
            "subject": dump(finding.subject),
            "pivot": finding.pivot,
            "parts": [pack_finding(part) for part in finding.parts],
            **overrides,
        }
    bare = dataclasses.replace(finding, links=(), table=None)
    document: dict[str, Any] = _finding_adapter().dump_python(bare, mode="json", exclude_defaults=True)
    if finding.links:
        positions: dict[Entity, int] = {}
        entities: list[dict[str, Any]] = []
        links = [_pack_link(link, positions, entities) for link in finding.links]
        document |= {"entities": entities, "links": links}
    return document


def _pack_link(link: Link, positions: dict[Entity, int], entities: list[dict[str, Any]]) -> dict[str, Any]:
    def position_of(entity: Entity) -> int:
        # The fields count too: a later mention may know more of the same entity than the first.
        value = dump(entity)
        position = positions.get(entity)
        if position is not None and entities[position] == value:
            return position
        positions[entity] = len(entities)
        entities.append(value)
        return positions[entity]

    document: dict[str, Any] = _link_adapter().dump_python(link, mode="json", exclude_defaults=True)
    return {**document, "source": position_of(link.source), "target": position_of(link.target)}


def unpack_finding(document: Any) -> Finding:
    """The finding again, without its table.

    Raises:
        ValueError: not what `pack_finding` writes.
    """
    if isinstance(document, Finding):
        return document
    if not isinstance(document, dict):
        raise ValueError("a finding is a mapping")  # noqa: TRY004 - pydantic reports ValueError with its place
    fields = dict(cast("dict[str, Any]", document))
    if "parts" in fields:
        parts = tuple(unpack_finding(part) for part in fields["parts"])
        summary = combine_findings(load(fields["subject"]), fields["pivot"], parts)
        overrides = {name: kind(fields[name]) for name, kind in _VERDICT_FIELDS.items() if name in fields}
        return dataclasses.replace(summary, **overrides) if overrides else summary
    entities: list[Entity] = [load(entity) for entity in fields.pop("entities", ())]
    links = tuple(_unpack_link(link, entities) for link in fields.pop("links", ()))
    return dataclasses.replace(_finding_adapter().validate_python(fields), links=links)


def _unpack_link(document: dict[str, Any], entities: list[Entity]) -> Link:
    source = entities[int(document["source"])]
    target = entities[int(document["target"])]
    return _link_adapter().validate_python({**document, "source": source, "target": target})
