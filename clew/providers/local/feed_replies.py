"""Replies as the feeds gave them at first, in cases that were recorded then: they mean what they meant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from clew.entities import Entity, Fact, Finding, Outcome, Severity, Verdict
from clew.entities.finding import VERDICT_ORDER


def first_finding(subject: Entity, hits: Sequence[Mapping[str, str]]) -> Finding:
    """The finding in a reply that has nothing but rows of CSV files, each with its own verdict."""
    if not hits:
        return Finding(subject, outcome=Outcome.NOTHING, reason="in no local feed")
    worst = min(hits, key=lambda hit: VERDICT_ORDER.index(Verdict(hit["verdict"])))
    names = dict.fromkeys(f"{hit['name'] or hit['indicator']} ({hit['feed']})" for hit in hits)
    facts = {"feed": worst["feed"], "threat_name": worst["name"]}
    return Finding(
        subject,
        verdict=Verdict(worst["verdict"]),
        severity=Severity(worst["severity"]),
        reason=f"listed as {', '.join(names)}",
        reference=worst["reference"],
        facts=tuple(Fact(name, value) for name, value in facts.items() if value),
        returned=len(hits),
        available=len(hits),
        observed_first=_moment(worst["first_seen"]),
        observed_last=_moment(worst["last_seen"]),
    )


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC)
