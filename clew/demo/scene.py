"""One moment of one machine, from which the background activities draw who does what."""

from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import TypeVar

from .cast import CLOSES, OPENS
from .machine import Machine
from .office import Desk, Office, later
from .process import Process

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Scene:
    """A machine at a moment, with the person in front of it, if there is one."""

    office: Office
    machine: Machine
    desk: Desk | None
    at: datetime
    rng: Random

    def pick(self, items: tuple[T, ...]) -> T:
        return items[int(self.rng.random() * len(items))]

    def number(self, low: int, high: int) -> int:
        """A whole number from `low` up to, but without, `high`."""
        return low + int(self.rng.random() * (high - low))

    def later(self, least: float, most: float) -> datetime:
        return later(self.at, least + self.rng.random() * (most - least))

    def anyone(self) -> Process:
        """Any program that is running at the moment."""
        apps = tuple(self.desk.apps.values()) if self.desk else ()
        return self.pick((*tuple(self.machine.standing.values())[1:], *apps))


def draw(office: Office, machine: Machine, desk: Desk | None, rng: Random) -> Scene:
    """A scene at any moment of the day; before its person has opened the programs a desk is empty."""
    span = (CLOSES - OPENS).total_seconds() - 400
    at = later(OPENS, rng.random() * span)
    ready = desk is not None and all(app.started < at for app in desk.apps.values())
    return Scene(office, machine, desk if ready else None, at, rng)
