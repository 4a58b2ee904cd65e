"""Findings, built out of what a source says."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple, TypedDict, Unpack

from clew.entities import Entity, Fact, Finding, Outcome, Severity, Verdict
from clew.entities.finding import Scalar, Table
from clew.providers.link_collector import LinkCollector

SEVERITIES: Mapping[Verdict, Severity] = {
    Verdict.MALICIOUS: Severity.HIGH,
    Verdict.SUSPICIOUS: Severity.MEDIUM,
    Verdict.UNKNOWN: Severity.INFORMATIONAL,
    Verdict.BENIGN: Severity.INFORMATIONAL,
}


class Judgement(NamedTuple):
    """The verdict that follows from what a source says, and how severe that is."""

    verdict: Verdict
    severity: Severity


class Extent(TypedDict, total=False):
    """How much came back, how much there is, and what kept the rest back: the fields of a finding about that."""

    returned: int
    available: int | None
    truncated_by: str


class FindingFields(Extent, total=False):
    """What an answer may say besides its reason, facts and links: the fields of a finding."""

    verdict: Verdict
    severity: Severity
    reference: str
    table: Table
    observed_first: datetime | None
    observed_last: datetime | None


def found(
    subject: Entity,
    reason: str,
    *,
    facts: Mapping[str, Scalar] | None = None,
    links: LinkCollector | None = None,
    same_entity: Entity | None = None,
    **overrides: Unpack[FindingFields],
) -> Finding:
    """What a source says of a subject that it knows. Facts that are None or empty are not said.

    The severity is that of the verdict, if not given; what came back is one record, and all there is, if not given.

    Args:
        same_entity: the subject with what the source knows of it.
    """
    fields: FindingFields = {
        "returned": 1,
        "severity": SEVERITIES[overrides.get("verdict", Verdict.UNKNOWN)],
        **overrides,
    }
    if links is not None and links.omitted_count and not fields.get("truncated_by"):
        fields["truncated_by"] = "links"
    if not fields.get("truncated_by"):
        fields.setdefault("available", fields["returned"])
    return Finding(
        subject,
        outcome=Outcome.FOUND,
        reason="; ".join([reason, *(links.remarks if links is not None else ())]),
        facts=_facts(facts),
        links=links.collected_links if links is not None else (),
        same=() if same_entity is None else (same_entity,),
        **fields,
    )


def counted_extent(record_count: int, total: int | None) -> Extent:
    """The extent of all that a source gives, where it also counts what it does not give.

    >>> counted_extent(100, 250)
    {'returned': 100, 'available': 250, 'truncated_by': 'source'}
    """
    available = max(total or 0, record_count)
    return {
        "returned": record_count,
        "available": available,
        "truncated_by": "source" if available > record_count else "",
    }


def page_extent(record_count: int, total: int | None, *, has_more: bool) -> Extent:
    """The extent of one page of a list, of which the source may have more.

    >>> page_extent(40, None, has_more=True)
    {'returned': 40, 'available': None, 'truncated_by': 'limit'}

    Args:
        total: how many there are on all pages, where the source says so; not believed on the last one.
    """
    return {
        "returned": record_count,
        "available": total if has_more else record_count,
        "truncated_by": "limit" if has_more else "",
    }


def nothing(subject: Entity, reason: str, *, reference: str = "", facts: Mapping[str, Scalar] | None = None) -> Finding:
    """A source that was asked and has nothing against the subject, and perhaps knows whose it is."""
    finding_facts = _facts(facts)
    return Finding(
        subject, outcome=Outcome.NOTHING, reason=reason, reference=reference, facts=finding_facts, available=0
    )


def _facts(facts: Mapping[str, Scalar] | None) -> tuple[Fact, ...]:
    return tuple(Fact(name, value) for name, value in (facts or {}).items() if value is not None and value != "")
