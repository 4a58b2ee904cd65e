"""What is being done with a case when it crashes: the one place that says so, for the child and for whoever checks."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from clew import Investigation, IpAddress, Url
from clew.graph.format.events import Event
from clew.pivots.workspace import Workspace
from clew.settings import Settings

OLD = Path(__file__).parents[1] / "graph" / "samples" / "format-1.clew"


@dataclass(frozen=True, slots=True)
class Deed:
    """Something done with an open case, and the steps that it leaves, as `told` tells them."""

    leaves: tuple[str, ...]
    do: Callable[[Investigation], object]


@dataclass(frozen=True, slots=True)
class Workload:
    """Opening a case, deed after deed, and closing it. Each is acknowledged when it returns.

    Attributes:
        size: how much of it there is to be killed in; `small` is for going through it operation by operation.
        before: a case that is there already, to be copied.
    """

    deeds: Callable[[int], list[Deed]]
    size: int
    small: int
    before: Path | None = None

    def leaves(self, size: int) -> list[tuple[str, ...]]:
        """The steps that opening, each deed, and closing leave."""
        return [() if self.before else ("opened",), *(deed.leaves for deed in self.deeds(size)), ()]


def steps(count: int) -> list[Deed]:
    """Entities, answers and notes, one by one."""
    return [_KINDS[number % len(_KINDS)](number) for number in range(count)]


def rows(count: int) -> list[Deed]:
    """An import of so many rows, between two notes."""
    return [_note(0), Deed((f"imported {count}",), lambda case: _load(case, count)), _note(1)]


def migration(count: int) -> list[Deed]:
    """Nothing: to open a case of an older format is to make it one of today's. Then so many notes."""
    return [_note(number) for number in range(count)]


def _add(number: int) -> Deed:
    entity = IpAddress(f"10.0.{number // 250}.{number % 250}")
    return Deed((f"added {entity.key}",), lambda case: case.add(entity))


def _ask(number: int) -> Deed:
    entity = Url(f"https://evil.example/{number}")
    return Deed((f"pivoted {entity.key}",), lambda case: case.pivot(entity, "transform.parts"))


def _note(number: int) -> Deed:
    return Deed((f"noted {number}",), lambda case: case.note(str(number)))


_KINDS = (_add, _ask, _note)


def _load(case: Investigation, count: int) -> None:
    import pandas as pd

    ends = [f"ip:10.{number // 62_500}.{number // 250 % 250}.{number % 250}" for number in range(count)]
    case.load(edges=pd.DataFrame({"source": ends, "relation": "related-to", "target": ends[::-1]}), source="rows")


def told(event: Event) -> str:
    """A step in a word or two, for comparing."""
    match event.kind:
        case "added":
            return f"added {event.entity.key}"
        case "pivoted":
            return f"pivoted {event.invocation.subject.key}"
        case "noted":
            return f"noted {event.text}"
        case "imported":
            return f"imported {event.links}"
        case kind:
            return kind


def opened(path: Path) -> Investigation:
    """The case, with nothing around it, and nothing of it outside of its folder but the cache."""
    return Investigation.open(path, workspace=Workspace(Settings(cache=path.parent.parent / "cache")))


def empty(folder: Path) -> Path:
    """The folder with nothing in it; returns where the case will be."""
    shutil.rmtree(folder)
    folder.mkdir()
    return folder / "x.clew"


def fresh(folder: Path, workload: Workload) -> Path:
    """The folder with nothing in it but the case from before, if there is one."""
    path = empty(folder)
    if workload.before:
        shutil.copyfile(workload.before, path)
    return path


WORKLOADS = {
    "steps": Workload(steps, 60, 6),
    "import": Workload(rows, 10_000, 300),
    "migration": Workload(migration, 1, 1, OLD),
}
