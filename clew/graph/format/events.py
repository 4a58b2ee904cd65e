"""Everything that can happen to a case. The events, in order, are its only state; all else follows from them."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Discriminator, PlainSerializer, PlainValidator, TypeAdapter

from clew.entities.codec import AnyEntity
from clew.entities.finding import Finding, Relation, Verdict
from clew.entities.key import Key
from clew.entities.times import TimeWindow
from clew.entities.tlp import Tlp
from clew.graph.format.connection_event import Connected
from clew.graph.format.serialization import pack_finding, unpack_finding
from clew.pivots.invocation import Invocation
from clew.providers.base import canonical_json
from clew.providers.exchange import Exchange

AnyKey = Annotated[
    Key, PlainValidator(lambda value: value if isinstance(value, Key) else Key.parse(value)), PlainSerializer(str)
]
PackedFinding = Annotated[Finding, PlainValidator(unpack_finding), PlainSerializer(pack_finding)]


@dataclass(frozen=True, slots=True)
class Opened:
    """The case began."""

    title: str
    kind: Literal["opened"] = "opened"


@dataclass(frozen=True, slots=True)
class Added:
    """Somebody put an entity on the table."""

    entity: AnyEntity
    kind: Literal["added"] = "added"


@dataclass(frozen=True, slots=True)
class Pivoted:
    """A pivot ran: what was asked, what came back, and what it means. Failures and refusals too."""

    invocation: Invocation
    finding: PackedFinding
    exchanges: tuple[Exchange, ...]
    kind: Literal["pivoted"] = "pivoted"


@dataclass(frozen=True, slots=True)
class BulkAnswer:
    """The answer for one subject of many."""

    subject: AnyEntity
    finding: PackedFinding
    exchanges: tuple[Exchange, ...]


@dataclass(frozen=True, slots=True)
class BulkPivoted:
    """A pivot ran over many subjects, each with its own answer."""

    pivot: str
    arguments: Mapping[str, Any]
    answers: tuple[BulkAnswer, ...]
    kind: Literal["bulk-pivoted"] = "bulk-pivoted"

    def pivot_events(self) -> tuple[Pivoted, ...]:
        """The same as pivots of one subject each."""
        return tuple(
            Pivoted(Invocation(self.pivot, answer.subject, self.arguments), answer.finding, answer.exchanges)
            for answer in self.answers
        )


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """One pivot that a plan would run.

    Attributes:
        calls: how many asks it makes.
        leaves: the providers outside that would learn of the subject.
        refused: why the gate would not let it pass; empty if it would.
        score: why it comes before others; higher is sooner.
        known: the case has the answer already; it is read, not asked.
    """

    subject: AnyKey
    pivot: str
    providers: tuple[str, ...]
    calls: int
    leaves: tuple[str, ...]
    refused: str
    score: float
    known: bool = False


@dataclass(frozen=True, slots=True)
class Planned:
    """An expansion decided what to ask next, and what not."""

    wave: int
    calls: tuple[PlannedCall, ...]
    left_out: tuple[tuple[AnyKey, str], ...]
    budget: int
    kind: Literal["planned"] = "planned"


@dataclass(frozen=True, slots=True)
class Noted:
    """A person wrote something down, about an entity or about the case."""

    text: str
    about: AnyKey | None = None
    kind: Literal["noted"] = "noted"


@dataclass(frozen=True, slots=True)
class Tagged:
    """A person gave an entity a tag."""

    about: AnyKey
    tag: str
    kind: Literal["tagged"] = "tagged"


@dataclass(frozen=True, slots=True)
class Windowed:
    """From here on queries of the case ask about a window of time; an open one takes it away.

    Attributes:
        said: how a person gave it; empty where that says no more.
    """

    start: AwareDatetime | None
    end: AwareDatetime | None
    said: str = ""
    kind: Literal["windowed"] = "windowed"

    def __post_init__(self) -> None:
        if self.start is not None and self.end is not None and self.end <= self.start:
            raise ValueError("a window ends after it starts")

    @property
    def window(self) -> TimeWindow:
        """The window."""
        return TimeWindow(self.start, self.end)

    def __str__(self) -> str:
        return f"{self.window} ({self.said})" if self.said else str(self.window)


@dataclass(frozen=True, slots=True)
class Merged:
    """Two nodes turned out to be one."""

    keep: AnyKey
    gone: AnyKey
    reason: str
    evidence: tuple[str, ...] = ()
    kind: Literal["merged"] = "merged"
    #: The step that it follows from, and is undone with; 0 where a person said so.
    follows: int = 0


@dataclass(frozen=True, slots=True)
class Common:
    """Values that unrelated things share: from here on nothing becomes one through them, or does so again."""

    about: tuple[AnyKey, ...]
    why: str
    common: bool = True
    kind: Literal["common"] = "common"


@dataclass(frozen=True, slots=True)
class Gated:
    """What may leave was changed for this case. What is None stays as it was.

    Attributes:
        active: providers that touch the suspect's own infrastructure may be asked; counts for who said so alone.
        offline: nothing may leave.
        tlp: how far everything in the case may be passed on.
    """

    active: bool | None
    offline: bool | None
    tlp: Tlp | None
    why: str
    kind: Literal["gated"] = "gated"


@dataclass(frozen=True, slots=True)
class Unmerged:
    """A merge was taken back."""

    step: int
    reason: str
    kind: Literal["unmerged"] = "unmerged"


@dataclass(frozen=True, slots=True)
class Linked:
    """A person says that two entities are related."""

    source: AnyEntity
    relation: Relation
    target: AnyEntity
    why: str
    kind: Literal["linked"] = "linked"


@dataclass(frozen=True, slots=True)
class Judged:
    """A person gave a verdict, which counts for more than those of all sources; `unknown` takes it back."""

    about: AnyKey
    verdict: Verdict
    why: str
    kind: Literal["judged"] = "judged"


@dataclass(frozen=True, slots=True)
class Hidden:
    """Nodes were taken out of the picture, or put back."""

    about: tuple[AnyKey, ...]
    hidden: bool
    kind: Literal["hidden"] = "hidden"


@dataclass(frozen=True, slots=True)
class Collapsed:
    """What hangs on nodes was folded into them in the picture, or unfolded."""

    about: tuple[AnyKey, ...]
    collapsed: bool
    kind: Literal["collapsed"] = "collapsed"


@dataclass(frozen=True, slots=True)
class Moved:
    """A node was put somewhere in the picture; a pinned one stays there."""

    about: AnyKey
    x: float
    y: float
    pinned: bool = True
    kind: Literal["moved"] = "moved"


@dataclass(frozen=True, slots=True)
class Imported:
    """Nodes and links came from elsewhere; what they are is in the evidence."""

    source: str
    evidence: str
    nodes: int
    links: int
    kind: Literal["imported"] = "imported"


@dataclass(frozen=True, slots=True)
class Undone:
    """Steps were taken back: it is as if they had not been, but for what was sent to others."""

    steps: tuple[int, ...]
    kind: Literal["undone"] = "undone"


@dataclass(frozen=True, slots=True)
class Redone:
    """Steps that were taken back count again."""

    steps: tuple[int, ...]
    kind: Literal["redone"] = "redone"


@dataclass(frozen=True, slots=True)
class Branched:
    """The case began as a copy of another at one of its steps."""

    name: str
    origin: str
    step: int
    hash: str
    kind: Literal["branched"] = "branched"


@dataclass(frozen=True, slots=True)
class Signed:
    """A person signed all steps before this one.

    Attributes:
        statement: what was signed: a small text with the number and the hash of the last step.
        signature: in the format of OpenSSH.
        key: the fingerprint of the public key.
        signer: who, by their own word.
    """

    statement: str
    signature: str
    key: str
    signer: str
    kind: Literal["signed"] = "signed"


@dataclass(frozen=True, slots=True)
class Redacted:
    """The case was made from another, with what is inside replaced; the steps before this one are those of the other.

    Attributes:
        origin: of which other, up to which step: a keyed mark of its last hash, which only the owner can make.
        replaced: how many times values of each kind were replaced.
        left_out: the stand-ins of raw replies that could not be rewritten, by content address.
        unread: steps whose answers do not follow from what is left of the raw replies.
        sealed: the content address of what leads back, which only the owner can open.
    """

    origin: str
    replaced: Mapping[str, int]
    left_out: tuple[str, ...]
    unread: tuple[int, ...]
    sealed: str
    kind: Literal["redacted"] = "redacted"


#: What people do to a case, besides asking.
UserEvent = (
    Added | Linked | Imported | Windowed | Gated | Noted | Tagged | Judged | Hidden | Collapsed | Moved | Unmerged
)
Event = (
    Opened
    | Connected
    | Planned
    | Pivoted
    | BulkPivoted
    | UserEvent
    | Merged
    | Common
    | Undone
    | Redone
    | Branched
    | Redacted
    | Signed
)


def pivot_events(event: Event) -> tuple[Pivoted, ...]:
    """The pivots of an event, one for each subject; none for what is no pivot."""
    return event.pivot_events() if isinstance(event, BulkPivoted) else (event,) if isinstance(event, Pivoted) else ()


@functools.cache
def event_adapter() -> TypeAdapter[Event]:
    """Reads and writes events as JSON. Made when first needed: it costs more than importing clew."""
    return TypeAdapter(Annotated[Event, Discriminator("kind")])


@dataclass(frozen=True, slots=True)
class Step:
    """An event in its place: who, when, with which tool, and after what."""

    number: int
    at: datetime
    by: str
    tool: str
    event: Event
    previous: str
    hash: str


def event_json(event: Event) -> str:
    """The canonical text of an event."""
    return canonical_json(event_adapter().dump_python(event, mode="json", exclude_defaults=False))


def step_hash(previous: str, number: int, at: str, by: str, tool: str, body: str) -> str:
    """The hash of a step: over the hash before it and everything that it says."""
    content: list[Any] = [previous, number, at, by, tool, body]
    return sha256(canonical_json(content).encode()).hexdigest()
