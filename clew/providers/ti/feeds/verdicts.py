"""What a listing means: one rule for all feeds, applied when they are asked.

What a row says itself counts, then what was said when the feed was added. A feed that says neither makes a value
suspicious; one that counts lists makes it malicious from `MANY_LISTS` lists on. What is only near a listed value (below
a listed name, on a listed host, under a listed URL), and what a feed lists no longer, is suspicious at most.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clew.entities import Severity, Verdict
from clew.providers.ti.feeds.matching import MEANT

#: IPsum itself advises to block from so many lists on.
MANY_LISTS = 3
_SEVERITIES = {
    Verdict.MALICIOUS: Severity.HIGH, Verdict.SUSPICIOUS: Severity.MEDIUM,
    Verdict.UNKNOWN: Severity.INFORMATIONAL, Verdict.BENIGN: Severity.INFORMATIONAL,
}  # fmt: skip


def judged(hit: Mapping[str, Any], now: str) -> tuple[Verdict, Severity]:
    """The verdict on an entity that a feed lists, and how much it matters.

    Args:
        hit: a listing, as a reply has it.
        now: when it was asked, ISO 8601 in UTC.
    """
    reports = hit.get("reports")
    many = isinstance(reports, int) and reports >= MANY_LISTS
    said = hit.get("verdict") or (Verdict.MALICIOUS if many else Verdict.SUSPICIOUS)
    verdict = Verdict(said) if said in list(Verdict) else Verdict.SUSPICIOUS
    milder = hit.get("match", "itself") not in MEANT or "" < str(hit.get("until") or "") < now
    if verdict is Verdict.MALICIOUS and milder:
        verdict = Verdict.SUSPICIOUS
    given = hit.get("severity") if verdict in (Verdict.MALICIOUS, Verdict.SUSPICIOUS) else None
    return verdict, Severity(given) if given in list(Severity) else _SEVERITIES[verdict]
