"""What a pivot gives back: one provider's answer about one entity."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from clew.entities.codec import AnyEntity
from clew.entities.display import visible
from clew.entities.key import Key
from clew.errors import CaseError

if TYPE_CHECKING:
    import pandas as pd

Scalar = str | int | float | bool | None


class Outcome(StrEnum):
    """What became of an ask. Only `found` and `nothing` say something about the subject."""

    FOUND = "found"
    NOTHING = "nothing"
    FAILED = "failed"
    REFUSED = "refused"
    SKIPPED = "skipped"


#: The outcomes that say something about the subject.
CONCLUSIVE_OUTCOMES = (Outcome.FOUND, Outcome.NOTHING)


class Verdict(StrEnum):
    """What a source thinks of an entity, from worst to best; `unknown` is no word for it, and stands last."""

    MALICIOUS = "malicious"
    SUSPICIOUS = "suspicious"
    BENIGN = "benign"
    UNKNOWN = "unknown"


class Severity(StrEnum):
    """How much it matters, from most to least, by the words of Microsoft Sentinel and OCSF."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFORMATIONAL = "informational"


#: The order in which verdicts win when several sources speak, and in which they are listed.
VERDICT_ORDER = tuple(Verdict)
#: The same of severities.
SEVERITY_ORDER = tuple(Severity)
#: The verdicts that say that something is bad, the worst first.
BAD_VERDICTS = (Verdict.MALICIOUS, Verdict.SUSPICIOUS)
#: The highest severity where a rule made a verdict milder than a source said.
LOWERED_SEVERITY = Severity.MEDIUM


class Relation(StrEnum):
    """How two entities are related. STIX 2.1 words where STIX has one."""

    ACCESSED = "accessed"  # process -> process, opened with rights to its memory
    ACTED_ON = "acted-on"  # account -> host: it did there what the row tells
    ALIAS_OF = "alias-of"  # domain -> domain: a CNAME
    AUTHENTICATED_FROM = "authenticated-from"  # account -> ip or host
    BELONGS_TO = "belongs-to"  # ip -> autonomous system
    CHANGED = "changed"  # process -> file, account -> account: changed, locked or deleted it
    COMMUNICATES_WITH = "communicates-with"  # process, host or file (when run) -> ip, domain or url
    CONTAINS = "contains"  # url -> domain or ip; file -> what it names, file -> file: what it packs
    CREATED = "created"  # process -> process (parent and child), process -> file
    DECODED_TO = "decoded-to"  # process -> url, domain, ip: found in its decoded command line
    DELEGATED_TO = "delegated-to"  # domain -> domain: its name server
    DROPS = "drops"  # file (when run) -> file
    EXECUTES = "executes"  # process -> file: the image
    FAILED_LOGON_TO = "failed-logon-to"  # account -> host
    HAS_ADDRESS = "has-address"  # host -> ip
    HOSTS = "hosts"  # url, domain or ip -> file: it was downloaded from there
    ISSUED_FOR = "issued-for"  # certificate -> domain or ip
    LOADED = "loaded"  # process -> file: as a library
    LOCATED_AT = "located-at"  # file (content) -> file (place)
    LOGGED_ON_FROM = "logged-on-from"  # host -> ip or host: somebody logged on to it from there
    LOGGED_ON_TO = "logged-on-to"  # account -> host
    MAIL_HANDLED_BY = "mail-handled-by"  # domain -> domain: an MX record
    PRESENTS = "presents"  # ip or domain -> certificate: in a TLS handshake
    QUERIED = "queried"  # process or ip -> domain
    RAN_AS = "ran-as"  # process -> account
    RAN_ON = "ran-on"  # process -> host
    REDIRECTS_TO = "redirects-to"  # url -> url
    RELATED_TO = "related-to"
    RESOLVES_TO = "resolves-to"  # domain -> ip
    STARTED_THREAD_IN = "started-thread-in"  # process -> process
    SUBDOMAIN_OF = "subdomain-of"  # domain -> domain
    USED_CREDENTIALS_OF = "used-credentials-of"  # account -> account


@dataclass(frozen=True, slots=True)
class Fact:
    """One statement about the subject: a name that means the same at every provider, and a value."""

    name: str
    value: Scalar


@dataclass(frozen=True, slots=True)
class Link:
    """Something that a provider says about two entities.

    Attributes:
        pointers: where in the evidence it says so, as JSON pointers (`/rows/3`, `/data/reports/0`).
        observed_first, observed_last: when it happened, if the source says.
        inferred: concluded by clew, not said by the source.
    """

    source: AnyEntity
    relation: Relation
    target: AnyEntity
    pointers: tuple[str, ...] = ()
    observed_first: datetime | None = None
    observed_last: datetime | None = None
    inferred: bool = False


class EvidenceStore(Protocol):
    """Whoever has the raw replies that claims rest on."""

    def evidence(self, claim: Claim) -> list[str]:
        """The raw text behind a claim. Raises CaseError."""
        ...


@dataclass(frozen=True, slots=True)
class Claim:
    """A link as a case keeps it: who said so, when asked, on what evidence.

    Attributes:
        evidence_ids: the raw replies, by content address (sha256); `pointers` are places in them.
        case: the case that it is of.
    """

    source: Key
    relation: Relation
    target: Key
    provider: str
    pivot: str
    step: int
    asked_at: datetime
    evidence_ids: tuple[str, ...]
    pointers: tuple[str, ...] = ()
    observed_first: datetime | None = None
    observed_last: datetime | None = None
    inferred: bool = False
    case: EvidenceStore | None = field(default=None, repr=False, compare=False)

    def evidence(self) -> list[str]:
        """The raw text that it rests on: the log events, the part of a reply that it points at, or the whole reply.

        Raises:
            CaseError: the case is closed, or does not have it: says why.
        """
        if self.case is None:
            raise CaseError("this claim is of no case", next_step="take it from case.claim_list() or case.graph")
        return self.case.evidence(self)

    @property
    def count(self) -> int:
        """How many places of the evidence say so."""
        return max(1, len(self.pointers))


@dataclass(frozen=True, slots=True)
class Table:
    """Rows that a query gave back: `rows[i][j]` is the cell of `columns[j]`."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Scalar, ...], ...]

    def __len__(self) -> int:
        return len(self.rows)

    def records(self) -> Iterator[dict[str, Scalar]]:
        """Each row by column name."""
        return (dict(zip(self.columns, row, strict=True)) for row in self.rows)

    def to_frame(self) -> pd.DataFrame:
        """A DataFrame of the same shape; a column `time` becomes UTC timestamps."""
        from clew.entities.finding_frames import table_frame

        return table_frame(self)


@dataclass(frozen=True)
class Finding:
    """What one provider said about one entity, or why it said nothing.

    Attributes:
        outcome: found, nothing, failed, refused or skipped; silence is never innocence.
        reason: why this verdict, or why there is none.
        reference: where a person can read more.
        returned, available: how many rows or records came back, and how many there are, if the source tells.
        truncated_by: what cut the answer; empty if nothing did.
        evidence: content addresses (sha256) of the raw replies.
        same: the subject as the source knows it, by identifiers that it was not asked by.
        parts: the findings that this one was made of.
    """

    subject: AnyEntity
    pivot: str = ""
    provider: str = ""
    outcome: Outcome = Outcome.FOUND
    verdict: Verdict = Verdict.UNKNOWN
    severity: Severity = Severity.INFORMATIONAL
    reason: str = ""
    reference: str = ""
    facts: tuple[Fact, ...] = ()
    links: tuple[Link, ...] = ()
    table: Table | None = None
    returned: int = 0
    available: int | None = None
    truncated_by: str = ""
    observed_first: datetime | None = None
    observed_last: datetime | None = None
    asked_at: datetime | None = None
    evidence: tuple[str, ...] = ()
    same: tuple[AnyEntity, ...] = ()
    parts: tuple[Finding, ...] = field(default=())

    @cached_property
    def entities(self) -> tuple[AnyEntity, ...]:
        """Every other entity that the answer names, in its order, ready for the next pivot."""
        ends = (end for link in self.links for end in (link.source, link.target))
        neighbours = dict.fromkeys(entity for entity in ends if entity != self.subject)
        return tuple(dict.fromkeys([*neighbours, *(entity for part in self.parts for entity in part.entities)]))

    def fact(self, name: str) -> Scalar:
        """The value of the fact of that name; None where the answer has none."""
        return next((fact.value for fact in self.facts if fact.name == name), None)

    def __len__(self) -> int:
        return self.returned

    def __bool__(self) -> bool:
        return self.outcome is Outcome.FOUND

    def __str__(self) -> str:
        from clew.entities.display import finding_text

        return finding_text(self)

    def __repr__(self) -> str:
        subject = visible(self.subject.key)
        return f"<Finding {self.pivot} of {subject}: {self.outcome}, {self.verdict}, {self.returned} returned>"

    def to_frame(self) -> pd.DataFrame:
        """Rows for a query; otherwise one row per provider, with the same columns for every pivot."""
        from clew.entities.finding_frames import finding_frame

        return finding_frame(self)

    def _repr_html_(self) -> str:
        from clew.entities.display import finding_html

        return finding_html(self)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/plain": str(self), "text/html": self._repr_html_()}
