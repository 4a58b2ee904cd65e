"""The ground on which things are drawn: cells in which one thing has room, and who gives way to whom."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

#: A cell holds a node with two lines of text below it, so that nothing in two cells can overlap.
WIDTH = 168.0
HEIGHT = 80.0
#: What sums of fractions may be off by, in pixels.
_NEARLY = 0.01

Point = tuple[float, float]


@dataclass(slots=True)
class Ground:
    """Where something stands already."""

    _cells: dict[tuple[int, int], list[Point]] = field(default_factory=dict[tuple[int, int], list[Point]])

    def take(self, place: Point) -> None:
        """Put something there."""
        self._cells.setdefault(_cell(place), []).append(place)

    def is_free(self, place: Point) -> bool:
        """Whether something there would overlap nothing."""
        column, row = _cell(place)
        near = itertools.product((column - 1, column, column + 1), (row - 1, row, row + 1))
        return not any(
            abs(x - place[0]) < WIDTH - _NEARLY and abs(y - place[1]) < HEIGHT - _NEARLY
            for cell in near
            for x, y in self._cells.get(cell, ())
        )

    def nearest(self, wanted: Point) -> Point:
        """The nearest free place, in whole cells from the wanted one."""
        return next(place for place in _around(wanted) if self.is_free(place))


def make_way(places: Mapping[int, Point], wanted: Mapping[int, Point], given: Mapping[int, Point]) -> dict[int, Point]:
    """The places of all: the given ones as they are, and nothing that was not put somewhere overlaps anything.

    Args:
        places: where everything would stand by itself, no two of them in one cell.
        wanted: where some of those would rather stand.
    """
    ground = Ground()
    for place in given.values():
        ground.take(place)
    # Who need not move stands before anybody else looks for a place.
    free = places.keys() - given.keys() - wanted.keys()
    staying = {one: place for one, place in places.items() if one in free and ground.is_free(place)}
    for place in staying.values():
        ground.take(place)
    found = {**given, **staying}
    for one, place in places.items():
        if one not in found:
            found[one] = ground.nearest(wanted.get(one, place))
            ground.take(found[one])
    return {one: found[one] for one in places}


def _cell(place: Point) -> tuple[int, int]:
    return math.floor(place[0] / WIDTH), math.floor(place[1] / HEIGHT)


def _around(wanted: Point) -> Iterator[Point]:
    """Places in rings around one, the nearer first."""
    yield wanted
    for ring in itertools.count(1):
        span = range(-ring, ring + 1)
        steps = [step for step in itertools.product(span, span) if ring in map(abs, step)]
        steps.sort(key=lambda step: (math.hypot(step[0] * WIDTH, step[1] * HEIGHT), step))
        yield from ((wanted[0] + across * WIDTH, wanted[1] + down * HEIGHT) for across, down in steps)
