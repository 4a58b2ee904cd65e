"""A pivot call as a value: what is recorded, planned and replayed."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from clew.entities import Entity, Finding
from clew.entities.codec import AnyEntity
from clew.entities.times import TimeWindow, moment
from clew.entities.vocabulary import Term
from clew.pivots.choosing import EVERYBODY, Choice
from clew.providers.base import ColumnsOf, Provider, Steps
from clew.providers.exchange import Answer


@dataclass(frozen=True, slots=True)
class Invocation:
    """Which pivot, of which entity, with which arguments (all of them, defaults included)."""

    pivot: str
    subject: AnyEntity
    arguments: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Leg:
    """One operation of a pivot, begun but not yet run."""

    pivot: str
    provider: type[Provider]
    steps: Steps | Finding


class Pivot(Protocol):
    """A verb, as the registry knows it."""

    @property
    def name(self) -> str:
        """`ti.lookup`."""
        ...

    @property
    def about(self) -> str:
        """One line."""
        ...

    @property
    def calls(self) -> int:
        """How many asks a call makes."""
        ...

    @property
    def wide(self) -> bool:
        """Whether expansion leaves it to the analyst."""
        ...

    @property
    def leads(self) -> bool:
        """Whether its answer can lead on to something."""
        ...

    @property
    def together(self) -> tuple[str, ...]:
        """The full names of the pivots that it asks itself, as one verdict."""
        ...

    @property
    def help(self) -> str:
        """The whole description."""
        ...

    @property
    def signature(self) -> inspect.Signature:
        """Of the call as an analyst writes it."""
        ...

    @property
    def columns(self) -> ColumnsOf | None:
        """The same answers for many subjects at once, where they can be computed so."""
        ...

    @property
    def shape(self) -> Mapping[str, Term]:
        """What comes back, by name: facts, or the columns of rows."""
        ...

    @property
    def providers(self) -> tuple[type[Provider], ...]:
        """Who is asked."""
        ...

    def complete(self, arguments: Mapping[str, Any], choice: Choice = EVERYBODY) -> dict[str, Any]:
        """All arguments of a call, those that were not given too, as they are kept."""
        ...

    def asked(self, arguments: Mapping[str, Any]) -> tuple[Pivot, ...]:
        """The pivots of one source each that it asks with these arguments."""
        ...

    def legs(self, subject: Entity, arguments: Mapping[str, Any]) -> tuple[Leg, ...]:
        """Its operations for that subject."""
        ...

    def combine(self, subject: Entity, answers: tuple[Answer, ...], arguments: Mapping[str, Any]) -> Answer:
        """One answer out of those of the legs."""
        ...


def settled(
    pivot: Pivot, arguments: Mapping[str, Any], window: TimeWindow, now: datetime, choice: Choice = EVERYBODY
) -> dict[str, Any]:
    """The arguments of a call as they are recorded: all of them, and meaning the same at any later time.

    A pivot that takes `start` and `end` is asked about a window of time: what a call does not give of it comes from
    `window`, and what is relative becomes absolute. Whom a look-up asks that does not say so is decided by `choice`.

    Raises:
        QueryError: a time that is none, or a window that does not end after it starts.
    """
    whole = pivot.complete(arguments, choice)
    if "start" not in whole or "end" not in whole:
        return whole
    start, end = whole["start"], whole["end"]
    asked = TimeWindow(
        window.start if start is None else moment(start, now, what="start"),
        window.end if end is None else moment(end, now, what="end"),
    )
    whole["start"], whole["end"] = asked.stamps
    return whole
