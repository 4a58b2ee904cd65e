"""One verdict out of several: the worst that anybody says, with everybody's reason beside it."""

from __future__ import annotations

from clew.entities import Entity, Finding, Outcome, Severity, Verdict
from clew.entities.finding import VERDICT_ORDER

_ANSWERS = (Outcome.FOUND, Outcome.NOTHING)
_SEVERITIES = tuple(Severity)


def combine_findings(subject: Entity, pivot: str, parts: tuple[Finding, ...]) -> Finding:
    """The verdict is the worst of those who found something; a source that did not answer never counts as benign.

    The outcome is `found` if anybody found something, else `nothing` if anybody looked and found nothing, else the
    first trouble. The reason gives everybody's, so that a lone `malicious` can be told from a chorus.
    """
    found = [part for part in parts if part.outcome is Outcome.FOUND]
    worst = min(found, key=lambda part: VERDICT_ORDER.index(part.verdict), default=None)
    answered = [part for part in parts if part.outcome in _ANSWERS]
    outcome = found[0].outcome if found else (answered or parts)[0].outcome if parts else Outcome.SKIPPED
    firsts = [part.observed_first for part in found if part.observed_first]
    lasts = [part.observed_last for part in found if part.observed_last]
    return Finding(
        subject,
        pivot=pivot,
        provider="+".join(part.provider for part in answered),
        outcome=outcome,
        verdict=worst.verdict if worst else Verdict.UNKNOWN,
        severity=min((part.severity for part in found), key=_SEVERITIES.index, default=Severity.INFORMATIONAL),
        reason="; ".join(f"{part.provider}: {part.reason or part.outcome}" for part in sorted(parts, key=_telling)),
        reference=worst.reference if worst else "",
        facts=tuple(fact for part in found for fact in part.facts),
        links=tuple(link for part in parts for link in part.links),
        returned=sum(part.returned for part in parts),
        observed_first=min(firsts, default=None),
        observed_last=max(lasts, default=None),
        asked_at=max((part.asked_at for part in parts if part.asked_at), default=None),
        evidence=tuple(dict.fromkeys(evidence for part in parts for evidence in part.evidence)),
        parts=parts,
    )


def _telling(part: Finding) -> tuple[bool, int]:
    """Who found something speaks first, the worst of them before the others."""
    return part.outcome is not Outcome.FOUND, VERDICT_ORDER.index(part.verdict)
