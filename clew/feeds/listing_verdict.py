"""What a listing means: one rule for all feeds, applied when they are asked.

What a row says itself counts, then what was said when the feed was added. A feed that says neither makes a value
suspicious; one that counts lists makes it malicious from `MANY_LISTS` lists on. What is only near a listed value (below
a listed name, on a listed host, under a listed URL), and what a feed lists no longer, is suspicious at most.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from clew.entities import Severity, Verdict
from clew.feeds.match_keys import DIRECT_MATCHES

#: IPsum itself advises to block from so many lists on.
MANY_LISTS = 3
_SUSPICIOUS = (Verdict.SUSPICIOUS, Severity.MEDIUM)
# By words: of a hundred thousand answers, asking the enumerations takes longer than all the rest.
_ASSESSMENTS = {
    Verdict.MALICIOUS.value: (Verdict.MALICIOUS, Severity.HIGH),
    Verdict.SUSPICIOUS.value: _SUSPICIOUS,
    Verdict.UNKNOWN.value: (Verdict.UNKNOWN, Severity.INFORMATIONAL),
    Verdict.BENIGN.value: (Verdict.BENIGN, Severity.INFORMATIONAL),
}
_SEVERITIES = {severity.value: severity for severity in Severity}

#: How many listings of one entity an answer has; the others are counted.
MAX_HITS = 100


class HitAssessment(NamedTuple):
    """The verdict on an entity that a feed lists, and how much it matters."""

    verdict: Verdict
    severity: Severity


def assess_hit(hit: Mapping[str, Any], now: str) -> HitAssessment:
    """What a listing makes of the entity that is listed.

    Args:
        hit: a listing, as a reply has it.
        now: when it was asked, ISO 8601 in UTC.
    """
    verdict_word, reports, expiry = hit.get("verdict"), hit.get("reports"), hit.get("until")
    is_widely_listed = isinstance(reports, int) and reports >= MANY_LISTS
    verdict, severity = _ASSESSMENTS.get(
        str(verdict_word) if verdict_word else "malicious" if is_widely_listed else "", _SUSPICIOUS
    )
    if verdict is Verdict.MALICIOUS and (
        hit.get("match", "itself") not in DIRECT_MATCHES or (expiry and str(expiry) < now)
    ):
        verdict, severity = _SUSPICIOUS
    severity_word = hit.get("severity")
    if severity_word and (verdict is Verdict.MALICIOUS or verdict is Verdict.SUSPICIOUS):
        severity = _SEVERITIES.get(str(severity_word), severity)
    return HitAssessment(verdict, severity)
