"""What a provider is: a description as class attributes, and operations as sans-I/O generators.

An operation yields asks, is sent replies, and returns a finding. It opens nothing itself, so one and the same
operation runs synchronously, asynchronously and from a recording.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from hashlib import sha256
from types import MappingProxyType
from typing import (
    Any,
    ClassVar,
    Concatenate,
    Generic,
    Literal,
    ParamSpec,
    Protocol,
    TypeVar,
    cast,
    get_args,
    get_origin,
    runtime_checkable,
)

from clew.entities import Entity, Finding, Outcome
from clew.entities.finding import Scalar
from clew.entities.term import Term
from clew.entities.tlp import Tlp
from clew.entities.vocabulary import VOCABULARY
from clew.errors import AskFailed

# Half of a character (a lone surrogate), and the two ways in which JSON can spell one.
_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPED_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]|\xed[\xa0-\xbf]")
P = ParamSpec("P")
E = TypeVar("E", bound=Entity)


_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def canonical_json(value: object) -> str:
    """One spelling for a JSON value: sorted keys, no spaces, ASCII (so that lone surrogates survive)."""
    return _CANONICAL.encode(value)


@dataclass(frozen=True, slots=True)
class Ask:
    """Something to ask. `description` is what is kept and compared: it holds no secret."""

    #: The channel that answers asks of this class.
    channel: ClassVar[str] = ""
    #: Whether sending it tells somebody outside what is being investigated.
    leaves: ClassVar[bool] = False

    def description(self) -> dict[str, Any]:
        """Plain JSON values that say everything about the ask but its secret."""
        raise NotImplementedError

    @property
    def batch_policy(self) -> Batch | None:
        """How several asks of its kind are sent as one; None where they cannot be."""
        return None

    @property
    def fingerprint(self) -> str:
        """sha256 of the description: equal asks have equal fingerprints."""
        return ask_fingerprint(self.channel, self.description())


#: The part of a description that says how a question was put to an engine, and not what it was.
WORDING = "sql"


def ask_fingerprint(channel: str, description: Mapping[str, Any]) -> str:
    """The fingerprint of an ask by its description.

    A query of a pack is told by its id: put in better words, it is the same question, and a case replays it.
    """
    question = {key: value for key, value in description.items() if key != WORDING}
    return sha256(canonical_json({"channel": channel, **question}).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Batch:
    """How asks of one operation are sent as one, where the source takes many at once.

    Attributes:
        size: how many at most.
        join: the one ask, out of those that differ in nothing but the subject.
        split: the bodies that each of them would have got, out of the one reply, in their order; an AskFailed for one
            that is not answered. Raises AskFailed for a reply that answers none.
    """

    size: int
    join: Callable[[Sequence[Any]], Ask]
    split: Callable[[Reply, Sequence[Any]], Sequence[bytes | AskFailed]]


@dataclass(frozen=True, slots=True)
class Reply:
    """The raw answer to an ask.

    Attributes:
        at: when it came, in UTC.
        sent: whether the ask really went out for it; a reply that is kept from before says no.
        attempts: how often it went out.
        together: how many asks went out as one with it, itself included.
    """

    body: bytes
    media_type: str
    at: datetime
    status: int = 200
    sent: bool = True
    attempts: int = 1
    together: int = 1

    @property
    def fingerprint(self) -> str:
        """The content address of the body."""
        return sha256(self.body).hexdigest()

    def json(self) -> Any:
        """The body as JSON values. Halves of characters, which JSON can spell and no text can hold, are replaced.

        Raises:
            AskFailed: it is not JSON, or nested too deeply to read.
        """
        try:
            if not (b"\\u" in self.body or b"\xed" in self.body) or not _ESCAPED_SURROGATE.search(self.body):
                return json.loads(self.body)
            return json.loads(_SURROGATE.sub("\ufffd", json.dumps(json.loads(self.body), ensure_ascii=False)))
        except (ValueError, RecursionError) as error:
            raise AskFailed(f"the reply is not usable JSON: {error}", kind="reply") from None

    def object(self) -> dict[str, Any]:
        """The body as a JSON object. Raises AskFailed for anything else."""
        document = self.json()
        if not isinstance(document, dict):
            raise AskFailed(f"the reply is JSON, but no object: {type(document).__name__}", kind="reply")
        return cast("dict[str, Any]", document)


Steps = Generator[Ask, Reply, Finding]


A = TypeVar("A", bound=Ask)


def narrow_ask(ask: Ask, kind: type[A]) -> A:
    """`ask` as the kind that a channel answers. Raises TypeError for another, which is a mistake in the wiring."""
    if not isinstance(ask, kind):
        raise TypeError(f"the channel {kind.channel!r} was sent a {type(ask).__name__}")
    return ask


@dataclass(frozen=True, slots=True)
class Quota:
    """So many calls in any stretch of time of that length, for each key."""

    calls: int
    per: timedelta

    def __post_init__(self) -> None:
        if self.calls < 1 or self.per <= timedelta(0):
            raise ValueError("a quota is at least one call in a span of time")


class Provider:
    """One source of answers. Subclasses set the constants; every operation is a method marked `@operation`."""

    name: ClassVar[str] = ""
    title: ClassVar[str] = ""
    docs: ClassVar[str] = ""
    #: Whether asking it tells somebody outside what is being investigated.
    leaves: ClassVar[bool] = False
    #: Active providers touch the suspect's own infrastructure, and can be noticed.
    active: ClassVar[bool] = False
    #: The strictest marking of what it may be asked about. Nothing that is marked RED leaves.
    tlp: ClassVar[Tlp] = Tlp.AMBER
    #: The name of the secret that it needs, as an environment variable; empty for none.
    secret: ClassVar[str] = ""
    #: Whether it also answers who has no key, if less or less often.
    secret_optional: ClassVar[bool] = False
    #: How long a reply stays good enough not to ask again.
    lifetime: ClassVar[timedelta] = timedelta(days=1)
    #: The same for a reply that says that nothing is known: tomorrow's campaign is unknown today.
    lifetime_nothing: ClassVar[timedelta] = timedelta(hours=1)
    #: What the source allows each key, all of them at once.
    quotas: ClassVar[tuple[Quota, ...]] = ()
    #: Another provider's name, where the calls of both are counted together for one key.
    counted_with: ClassVar[str] = ""
    #: How many asks may be on their way to it at once, from all threads of a process together.
    concurrency: ClassVar[int] = 10
    #: Names of facts that clew's own vocabulary has not, and what they mean.
    terms: ClassVar[Mapping[str, Term]] = MappingProxyType({})

    @classmethod
    def channels(cls) -> Mapping[str, Channel]:
        """Channels to its source besides those that clew has, by the channel that its asks name."""
        return {}

    @classmethod
    def shape(cls, operation: Operation[Any, ...], subject: type[Entity]) -> Mapping[str, Term]:  # noqa: ARG003 - rows
        """What an operation about that entity class answers with, by name: facts, or the columns of its rows."""
        return {name: cls.term(name) for name in operation.facts}

    @classmethod
    def term(cls, name: str) -> Term:
        """The meaning of a name. Raises LookupError for one that nobody has explained."""
        return VOCABULARY[name] if name in VOCABULARY else cls.terms[name]


class Channel(Protocol):
    """The way to one kind of source: the network, the logs, a database on disk."""

    def send(self, ask: Ask, provider: type[Provider]) -> Reply:
        """Ask, and wait. Raises AskError."""
        ...


@runtime_checkable
class CachingChannel(Channel, Protocol):
    """A channel that keeps replies, and so wants to know what they meant."""

    def settle(self, ask: Ask, provider: type[Provider], outcome: Outcome) -> None:
        """A reply that it gave was understood as `found` or `nothing`; any other outcome says that it is no good."""
        ...


@runtime_checkable
class BatchingChannel(CachingChannel, Protocol):
    """A channel that keeps what was told to asks that went out with others."""

    def recall(self, ask: Ask, provider: type[Provider]) -> Reply | None:
        """The good reply that is kept; None if there is none."""
        ...

    def keep(self, ask: Ask, provider: type[Provider], reply: Reply) -> None:
        """Keep what was told in answer to an ask that went out with others."""
        ...


#: Channels by name, subjects, and the arguments of the operation to columns of equal length: facts, and any of those
#: that every finding has. An AskError holds for all subjects.
ColumnFunction = Callable[..., Mapping[str, Sequence[Scalar]]]


class Operation(Generic[E, P]):
    """One thing that a provider can be asked about one kind of entity."""

    def __init__(
        self,
        function: Callable[Concatenate[Any, E, P], Steps | Finding],
        *,
        calls: int,
        broad: bool,
        columns: ColumnFunction | None,
        facts: tuple[str, ...],
        expands: bool,
    ) -> None:
        self.function = function
        self.calls = calls
        self.broad = broad
        self.columns = columns
        self.facts = facts
        self.expands = expands
        self.about = (inspect.getdoc(function) or "").partition("\n")[0]
        self.help = inspect.getdoc(function) or ""
        self._owner: type[Provider] | None = None
        self.name = ""

    def __set_name__(self, owner: type[Provider], name: str) -> None:
        self._owner = owner
        self.name = name

    @property
    def provider(self) -> type[Provider]:
        """The class that the operation belongs to."""
        if self._owner is None:
            raise TypeError("an operation belongs in the body of a Provider")
        return self._owner

    @cached_property
    def signature(self) -> inspect.Signature:
        """Of the call as an analyst writes it: without provider and subject, with the values of each choice."""
        signature = inspect.signature(self.function, eval_str=False)
        parameters = [
            parameter.replace(annotation=f"Literal[{', '.join(map(repr, self.choices[parameter.name]))}]")
            if parameter.name in self.choices
            else parameter
            for parameter in list(signature.parameters.values())[2:]
        ]
        return signature.replace(parameters=parameters, return_annotation="Finding")

    @cached_property
    def choices(self) -> Mapping[str, tuple[object, ...]]:
        """The values that an argument can have whose type is a `Literal` with a name, by the name of the argument."""
        names = self.function.__globals__
        annotations = {name: names.get(str(kind)) for name, kind in inspect.get_annotations(self.function).items()}
        return {name: get_args(kind) for name, kind in annotations.items() if get_origin(kind) is Literal}

    def steps(self, subject: E, *args: P.args, **kwargs: P.kwargs) -> Steps | Finding:
        """Begin the operation; what is local answers at once."""
        return self.function(self.provider(), subject, *args, **kwargs)


def operation(
    *,
    calls: int = 0,
    broad: bool = False,
    columns: ColumnFunction | None = None,
    facts: tuple[str, ...] = (),
    expands: bool = True,
) -> Callable[[Callable[Concatenate[Any, E, P], Steps | Finding]], Operation[E, P]]:
    """Mark a method of a provider as an operation.

    Args:
        calls: how many asks it makes; 0 for what is computed here.
        broad: it answers with much that has little to do with the subject, so expansion leaves it to the analyst.
        columns: the same answers for many subjects at once, without a call for each.
        facts: the names of the facts that an answer may have; their meaning is in the vocabulary.
        expands: whether an answer can lead on to something; expansion leaves out what cannot.
    """

    def mark(function: Callable[Concatenate[Any, E, P], Steps | Finding]) -> Operation[E, P]:
        return Operation(function, calls=calls, broad=broad, columns=columns, facts=facts, expands=expands)

    return mark
