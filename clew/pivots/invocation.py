"""A pivot call as a value: what is recorded, planned and replayed."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from clew.entities import Entity, Finding
from clew.entities.codec import AnyEntity
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
    def providers(self) -> tuple[type[Provider], ...]:
        """Who is asked."""
        ...

    def legs(self, subject: Entity, arguments: Mapping[str, Any]) -> tuple[Leg, ...]:
        """Its operations for that subject."""
        ...

    def combine(self, subject: Entity, answers: tuple[Answer, ...]) -> Answer:
        """One answer out of those of the legs."""
        ...
