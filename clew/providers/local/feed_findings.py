"""What a reply of the feeds means: a finding with its verdict, its reason, its facts, and what else the feeds name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from clew.entities import Entity, Fact, File, Finding, Key, Link, Outcome, Relation, Severity, Table, Verdict
from clew.entities.checked_text import stamp
from clew.entities.codec import from_key
from clew.entities.finding import SEVERITY_ORDER, VERDICT_ORDER, Scalar
from clew.entities.timestamps import iso_time
from clew.errors import EntityError
from clew.feeds.listing_verdict import assess_hit
from clew.providers.local.feed_replies import first_finding

_LISTING_FACTS = (
    "threat_name",
    "listed_as",
    "listed_in",
    "listed_until",
    "description",
    "tags",
    "confidence",
    "blocklists",
    "tlp",
)
#: What an answer may say, in the order in which it says it; each listing has a row of them too.
FACTS = ("feed", *_LISTING_FACTS, "warning_lists")
COLUMNS = ("feed", "verdict", "severity", *_LISTING_FACTS, "observed_first", "observed_last", "reference")
#: How many different related entities an answer links.
MAX_LINKS = 200
_MATCH_PHRASES = {
    "network": "its network {0} is listed",
    "wildcard": "*.{0} is listed",
    "parent": "{0} above it is listed",
    "host": "its host {0} is listed",
    "prefix": "{0}, with which it begins, is listed",
}

Hit = Mapping[str, Any]


@dataclass(slots=True)  # nobody changes one; frozen it would take twice the time to make
class FeedAnswer:
    """What a reply says of an entity, without what else it names.

    Attributes:
        hits: the listings with what each means, the worst first.
        facts: by the names of `FACTS`.
    """

    outcome: Outcome
    reason: str
    facts: Mapping[str, Scalar]
    hits: tuple[tuple[int, Hit, Verdict, Severity], ...] = ()
    available: int | None = None
    first: str = ""
    last: str = ""

    @classmethod
    def of(cls, document: Mapping[str, Any], now: str) -> FeedAnswer:
        """The answer in a reply of that time, ISO 8601 in UTC."""
        hits: Sequence[Hit] = document["hits"]
        remarks, lists = _remarks(document), _list_names(document)
        if not hits:
            list_facts: dict[str, Scalar] = {"warning_lists": lists} if lists else {}
            return cls(Outcome.NOTHING, "; ".join(["in no local feed", *remarks]), list_facts)
        assessments: list[tuple[int, Hit, Verdict, Severity]] = []
        for number, hit in enumerate(hits):
            verdict, severity = assess_hit(hit, now)
            assessments.append((number, hit, verdict, severity))
        if len(assessments) > 1:
            assessments.sort(
                key=lambda assessment: (VERDICT_ORDER.index(assessment[2]), SEVERITY_ORDER.index(assessment[3]))
            )
        worst = assessments[0][1]
        facts: dict[str, Scalar] = {name: value for name, value in _hit_facts(worst).items() if value is not None}
        if lists:
            facts["warning_lists"] = lists
        return cls(
            Outcome.FOUND,
            "; ".join([*_reasons([hit for _, hit, _, _ in assessments]), *remarks]),
            facts,
            tuple(assessments),
            int(document["available"]),
            min(_times(hits, "first_seen"), default=""),
            max(_times(hits, "last_seen"), default=""),
        )

    @property
    def verdict(self) -> Verdict:
        """That of the worst listing."""
        return self.hits[0][2] if self.hits else Verdict.UNKNOWN

    @property
    def severity(self) -> Severity:
        """That of the worst listing."""
        return self.hits[0][3] if self.hits else Severity.INFORMATIONAL

    @property
    def reference(self) -> str:
        """That of the worst listing."""
        return str(self.hits[0][1].get("reference") or "") if self.hits else ""

    @property
    def truncated_by(self) -> str:
        """What cut the listings; empty if nothing did."""
        return "the largest number of listings" if (self.available or 0) > len(self.hits) else ""


def finding_of(subject: Entity, document: Mapping[str, Any], at: datetime) -> Finding:
    """The finding in a reply of the feeds that came at that time."""
    if "available" not in document:
        return first_finding(subject, document["hits"])
    answer = FeedAnswer.of(document, stamp(at))
    rows = tuple(_row(hit, verdict, severity) for _, hit, verdict, severity in answer.hits)
    return Finding(
        subject,
        outcome=answer.outcome,
        verdict=answer.verdict,
        severity=answer.severity,
        reason=answer.reason,
        reference=answer.reference,
        facts=tuple(Fact(name, value) for name, value in answer.facts.items()),
        links=_links(subject, document["hits"]),
        table=Table(COLUMNS, rows) if rows else None,
        returned=len(answer.hits),
        available=answer.available,
        truncated_by=answer.truncated_by,
        observed_first=_time(answer.first),
        observed_last=_time(answer.last),
    )


def _list_names(document: Mapping[str, Any]) -> str:
    return "; ".join(map(str, document.get("warning_lists", ())))


def _remarks(document: Mapping[str, Any]) -> list[str]:
    """What has to be said beside any answer."""
    if not (document.get("warning_lists") or document.get("unread")):
        return []
    lists = document.get("warning_lists") or ()
    warnings = [f"on the warning list {_list_names(document)}: often benign"] if len(lists) == 1 else []
    warnings += [f"on {len(lists)} warning lists ({_list_names(document)}): often benign"] if len(lists) > 1 else []
    failures = [f"the feed {feed['feed']} cannot be read: {feed['why']}" for feed in document.get("unread", ())]
    return [*warnings, *failures]


def _hit_facts(hit: Hit) -> dict[str, Scalar]:
    """What a listing says, by the names of `FACTS` but the last and in their order; None where it says nothing."""
    get = hit.get
    return {
        "feed": hit["feed"],
        "threat_name": get("name") or None,
        "listed_as": _value(hit) or None,
        "listed_in": get("place") or None,
        "listed_until": get("until") or None,
        "description": get("description") or None,
        "tags": ", ".join(get("tags") or ()) or None,
        "confidence": get("confidence"),
        "blocklists": get("reports"),
        "tlp": get("tlp") or None,
    }


def _row(hit: Hit, verdict: Verdict, severity: Severity) -> tuple[Scalar, ...]:
    """A listing as a row below `COLUMNS`."""
    feed, *values = _hit_facts(hit).values()
    first, last = iso_time(hit.get("first_seen")), iso_time(hit.get("last_seen"))
    return (feed, verdict.value, severity.value, *values, first or None, last or None, hit.get("reference") or None)


def _value(hit: Hit) -> str:
    """The listed value as people write it."""
    kind, _, value = str(hit["indicator"]).partition(":")
    return (
        f"*.{value}" if kind == "under" else value if kind in ("net", "only", "ip", "domain", "url") else value or kind
    )


def _reasons(hits: Sequence[Hit]) -> list[str]:
    """`listed by ipsum, by abuse since 2026-01-02 as Emotet`: one for each way in which it is listed."""
    if len(hits) == 1:  # nearly all answers
        return [f"{_match_phrase(hits[0])} by {_feed_phrase(str(hits[0]['feed']), hits)}"]
    hits_by_phrase: dict[str, dict[str, list[Hit]]] = {}
    for hit in hits:
        hits_by_phrase.setdefault(_match_phrase(hit), {}).setdefault(str(hit["feed"]), []).append(hit)
    return [
        f"{phrase} by {', by '.join(map(_feed_phrase, feeds, feeds.values()))}"
        for phrase, feeds in hits_by_phrase.items()
    ]


def _match_phrase(hit: Hit) -> str:
    phrase = _MATCH_PHRASES.get(str(hit.get("match")))
    return phrase.format(_value(hit).removeprefix("*.")) if phrase else "listed"


def _feed_phrase(feed: str, hits: Sequence[Hit]) -> str:
    start = min(_times(hits, "first_seen"), default="")[:10]
    names = dict.fromkeys([str(hit["name"]) for hit in hits if hit.get("name")])
    return f"{feed}{f' since {start}' if start else ''}{f' as {_join_names([*names])}' if names else ''}"


def _times(hits: Sequence[Hit], name: str) -> list[str]:
    """The times of that name, ISO 8601 in UTC, where they say one."""
    return [time for hit in hits if hit.get(name) and (time := iso_time(hit[name]))]


def _join_names(names: Sequence[str]) -> str:
    parts = [*names[:5], *([f"{len(names) - 5} other names"] if len(names) > 5 else [])]
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))


def _links(subject: Entity, hits: Sequence[Hit]) -> tuple[Link, ...]:
    """What the feeds name together with the subject itself."""
    pointers: dict[tuple[str, str, bool], list[str]] = {}
    full_subject = _full_subject(subject, hits)
    for number, hit in enumerate(hits):
        if hit.get("match", "itself") == "itself":
            for relation, key, backwards in hit.get("related") or ():
                pointers.setdefault((relation, key, backwards), []).append(f"/hits/{number}/raw")
    links: list[Link] = []
    for (relation, key, backwards), hit_pointers in [*pointers.items()][:MAX_LINKS]:
        other = _entity(key)
        if other is not None and other != subject:
            ends = (other, full_subject) if backwards else (full_subject, other)
            links.append(Link(ends[0], Relation(relation), ends[1], tuple(hit_pointers)))
    return tuple(links)


def _full_subject(subject: Entity, hits: Sequence[Hit]) -> Entity:
    """A file with the hashes that one feed gives for it: another feed may mean another file by one of them."""
    if not isinstance(subject, File):
        return subject
    same_keys = next((hit["same"] for hit in hits if hit.get("same")), ())
    try:
        for other in (from_key(Key.parse(key)) for key in same_keys):
            subject = subject.filled_from(other)
    except EntityError:
        pass  # a reply that was changed since: the subject itself is known
    return subject


def _entity(key: str) -> Entity | None:
    try:
        return from_key(Key.parse(key))
    except EntityError:
        return None


def _time(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
