"""One moment of one machine, from which the background activities draw who does what."""

from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import TypeVar

from clew.demo.estate import LOG_END, LOG_START
from clew.demo.machine import Machine
from clew.demo.office import Desk, Office, add_seconds
from clew.demo.process import DemoProcess

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class MachineScene:
    """A machine at a moment, with the person in front of it, if there is one."""

    office: Office
    machine: Machine
    desk: Desk | None
    at: datetime
    rng: Random

    def pick(self, items: tuple[T, ...]) -> T:
        """One of the items, by chance."""
        return items[int(self.rng.random() * len(items))]

    def random_number(self, low: int, high: int) -> int:
        """A whole number from `low` up to, but without, `high`."""
        return low + int(self.rng.random() * (high - low))

    def random_time(self, low: float, high: float) -> datetime:
        """A time from `low` to `high` seconds after the moment of the scene."""
        return add_seconds(self.at, low + self.rng.random() * (high - low))

    def random_process(self) -> DemoProcess:
        """Any program that is running at the moment."""
        apps = tuple(self.desk.apps.values()) if self.desk else ()
        return self.pick((*tuple(self.machine.boot_processes.values())[1:], *apps))


def draw_scene(office: Office, machine: Machine, desk: Desk | None, rng: Random) -> MachineScene:
    """A scene at any moment of the day; before its person has opened the programs a desk is empty."""
    span = (LOG_END - LOG_START).total_seconds() - 400
    at = add_seconds(LOG_START, rng.random() * span)
    ready = desk is not None and all(app.start_time < at for app in desk.apps.values())
    return MachineScene(office, machine, desk if ready else None, at, rng)
