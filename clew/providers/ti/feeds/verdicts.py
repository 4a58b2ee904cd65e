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
_SUSPICIOUS = (Verdict.SUSPICIOUS, Severity.MEDIUM)
# By words: of a hundred thousand answers, asking the enumerations takes longer than all the rest.
_MEANINGS = {
    Verdict.MALICIOUS.value: (Verdict.MALICIOUS, Severity.HIGH),
    Verdict.SUSPICIOUS.value: _SUSPICIOUS,
    Verdict.UNKNOWN.value: (Verdict.UNKNOWN, Severity.INFORMATIONAL),
    Verdict.BENIGN.value: (Verdict.BENIGN, Severity.INFORMATIONAL),
}
_WORDS = {each.value: each for each in Severity}


def judged(hit: Mapping[str, Any], now: str) -> tuple[Verdict, Severity]:
    """The verdict on an entity that a feed lists, and how much it matters.

    Args:
        hit: a listing, as a reply has it.
        now: when it was asked, ISO 8601 in UTC.
    """
    said, reports, until = hit.get("verdict"), hit.get("reports"), hit.get("until")
    many = isinstance(reports, int) and reports >= MANY_LISTS
    verdict, severity = _MEANINGS.get(str(said) if said else "malicious" if many else "", _SUSPICIOUS)
    if verdict is Verdict.MALICIOUS and (hit.get("match", "itself") not in MEANT or (until and str(until) < now)):
        verdict, severity = _SUSPICIOUS
    given = hit.get("severity")
    if given and (verdict is Verdict.MALICIOUS or verdict is Verdict.SUSPICIOUS):
        severity = _WORDS.get(str(given), severity)
    return verdict, severity
