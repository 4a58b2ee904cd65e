"""One verdict out of several, by a rule, with everybody's reason beside it."""

from __future__ import annotations

from collections.abc import Sequence

from clew.entities import Entity, Finding, Outcome, Severity, Verdict
from clew.entities.finding import CONCLUSIVE_OUTCOMES, LOWERED_SEVERITY, SEVERITY_ORDER, VERDICT_ORDER
from clew.pivots.lookup_policy import VerdictRule

#: Malicious is what one source says is malicious.
SINGLE_SOURCE_RULE = VerdictRule()


def combine_findings(
    subject: Entity, pivot: str, parts: tuple[Finding, ...], rule: VerdictRule = SINGLE_SOURCE_RULE
) -> Finding:
    """One finding with all parts: its verdict follows from those who found something, by the rule.

    A source that did not answer never counts as benign. The outcome is `found` if anybody found something, else
    `nothing` if anybody looked and found nothing, else the first trouble. The reason gives everybody's, so that a lone
    `malicious` can be told from a chorus.
    """
    hits = [part for part in parts if part.outcome is Outcome.FOUND]
    voters = [part for part in hits if rule.weight(part.provider) > 0]
    verdict = _verdict(voters, rule)
    worst = min(voters, key=lambda part: VERDICT_ORDER.index(part.verdict), default=None)
    answers = [part for part in parts if part.outcome in CONCLUSIVE_OUTCOMES]
    outcome = hits[0].outcome if hits else (answers or parts)[0].outcome if parts else Outcome.SKIPPED
    severity = min((part.severity for part in voters), key=SEVERITY_ORDER.index, default=Severity.INFORMATIONAL)
    reasons = [f"{part.provider}: {part.reason or part.outcome}" for part in sorted(parts, key=_reason_order)]
    if worst is not None and verdict is not worst.verdict:
        reasons.insert(0, f"{worst.verdict} needs the word of {rule.agree:g}")
        severity = max(severity, LOWERED_SEVERITY, key=SEVERITY_ORDER.index)
    firsts = [part.observed_first for part in hits if part.observed_first]
    lasts = [part.observed_last for part in hits if part.observed_last]
    return Finding(
        subject,
        pivot=pivot,
        provider="+".join(part.provider for part in answers),
        outcome=outcome,
        verdict=verdict,
        severity=severity,
        reason="; ".join(reasons) or "nobody was asked: no source of it is configured (clew sources)",
        reference=worst.reference if worst else "",
        facts=tuple(fact for part in hits for fact in part.facts),
        links=tuple(link for part in parts for link in part.links),
        returned=sum(part.returned for part in parts),
        observed_first=min(firsts, default=None),
        observed_last=max(lasts, default=None),
        asked_at=max((part.asked_at for part in parts if part.asked_at), default=None),
        evidence=tuple(dict.fromkeys(evidence for part in parts for evidence in part.evidence)),
        same=tuple(entity for part in parts for entity in part.same),
        parts=parts,
    )


def _verdict(voters: Sequence[Finding], rule: VerdictRule) -> Verdict:
    """The worst that anybody says; malicious only if enough say so."""
    worst = min((part.verdict for part in voters), key=VERDICT_ORDER.index, default=Verdict.UNKNOWN)
    if worst is not Verdict.MALICIOUS:
        return worst
    weight = sum(rule.weight(part.provider) for part in voters if part.verdict is worst)
    return worst if weight >= rule.agree else Verdict.SUSPICIOUS


def _reason_order(part: Finding) -> tuple[bool, int]:
    """Who found something speaks first, the worst of them before the others."""
    return part.outcome is not Outcome.FOUND, VERDICT_ORDER.index(part.verdict)
