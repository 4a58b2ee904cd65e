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
_TOLERANCE = 0.01

Point = tuple[float, float]


@dataclass(slots=True)
class Grid:
    """Where something stands already."""

    _cells: dict[tuple[int, int], list[Point]] = field(default_factory=dict[tuple[int, int], list[Point]])

    def occupy(self, position: Point) -> None:
        """Put something there."""
        self._cells.setdefault(_cell(position), []).append(position)

    def is_free(self, position: Point) -> bool:
        """Whether something there would overlap nothing."""
        column, row = _cell(position)
        cells = itertools.product((column - 1, column, column + 1), (row - 1, row, row + 1))
        return not any(
            abs(x - position[0]) < WIDTH - _TOLERANCE and abs(y - position[1]) < HEIGHT - _TOLERANCE
            for cell in cells
            for x, y in self._cells.get(cell, ())
        )

    def nearest(self, target: Point) -> Point:
        """The nearest free place, in whole cells from the wanted one."""
        return next(position for position in _nearby_positions(target) if self.is_free(position))


def resolve_overlaps(
    defaults: Mapping[int, Point], targets: Mapping[int, Point], anchors: Mapping[int, Point]
) -> dict[int, Point]:
    """The places of all: the given ones as they are, and nothing that was not put somewhere overlaps anything.

    Args:
        defaults: where everything would stand by itself, no two of them in one cell.
        targets: where some of those would rather stand.
    """
    grid = Grid()
    for position in anchors.values():
        grid.occupy(position)
    # Who need not move stands before anybody else looks for a place.
    free_ids = defaults.keys() - anchors.keys() - targets.keys()
    staying = {one: position for one, position in defaults.items() if one in free_ids and grid.is_free(position)}
    for position in staying.values():
        grid.occupy(position)
    positions = {**anchors, **staying}
    for one, position in defaults.items():
        if one not in positions:
            positions[one] = grid.nearest(targets.get(one, position))
            grid.occupy(positions[one])
    return {one: positions[one] for one in defaults}


def _cell(position: Point) -> tuple[int, int]:
    return math.floor(position[0] / WIDTH), math.floor(position[1] / HEIGHT)


def _nearby_positions(target: Point) -> Iterator[Point]:
    """Places in rings around one, the nearer first."""
    yield target
    for ring in itertools.count(1):
        span = range(-ring, ring + 1)
        steps = [step for step in itertools.product(span, span) if ring in map(abs, step)]
        steps.sort(key=lambda step: (math.hypot(step[0] * WIDTH, step[1] * HEIGHT), step))
        yield from ((target[0] + dx * WIDTH, target[1] + dy * HEIGHT) for dx, dy in steps)
