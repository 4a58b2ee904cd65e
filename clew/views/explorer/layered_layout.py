"""Where things are drawn: in columns by their distance from the start. The same case always gives the same places."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from clew.views.explorer.grid import HEIGHT, WIDTH, Point, resolve_overlaps

#: The shape of the whole picture, width to height.
ASPECT = 1.15
_SWEEPS = 8
#: Room between columns, where edges are seen, in widths of a cell.
_COLUMN_GAP = 0.3
#: How much further away a node seems through background than through something that happened.
_FAINT_COST = 4

#: Neighbours and the strength of what binds to them.
Adjacency = Mapping[int, Mapping[int, int]]
_NO_POSITIONS: Mapping[int, Point] = MappingProxyType({})


def arrange(
    ids: Sequence[int], links: Iterable[tuple[int, int, bool]], user_positions: Mapping[int, Point] = _NO_POSITIONS
) -> dict[int, Point]:
    """A place for each id. The first is the start; what hangs together stands together.

    Args:
        links: pairs of ids, and whether only background binds them.
        user_positions: places that are given. What hangs on those alone goes along with them, and whatever would stand
            there gives way; everything else stands where it would without them.
    """
    adjacency = _adjacency(ids, links)
    positions = _default_positions(ids, adjacency)
    anchors = {one: user_positions[one] for one in ids if one in user_positions}
    return (
        resolve_overlaps(positions, _anchored_targets(positions, adjacency, anchors), anchors) if anchors else positions
    )


def _adjacency(ids: Sequence[int], links: Iterable[tuple[int, int, bool]]) -> Adjacency:
    adjacency: dict[int, dict[int, int]] = {one: {} for one in ids}
    for source, target, faint in links:
        if source != target:
            for one, other in ((source, target), (target, source)):
                adjacency[one][other] = max(adjacency[one].get(other, 0), 1 if faint else _FAINT_COST)
    # In one order, however the links came: sums of fractions depend on it, and with them the picture.
    return {one: dict(sorted(neighbours.items())) for one, neighbours in adjacency.items()}


def _anchored_targets(
    positions: Mapping[int, Point], adjacency: Adjacency, anchors: Mapping[int, Point]
) -> dict[int, Point]:
    """Where those want to stand whose neighbours were all put somewhere: as far from them as before."""
    targets: dict[int, Point] = {}
    for one, neighbours in adjacency.items():
        if neighbours and one not in anchors and all(other in anchors for other in neighbours):
            shifts = [
                (anchors[other][0] - positions[other][0], anchors[other][1] - positions[other][1])
                for other in neighbours
            ]
            x, y = (sum(shift[axis] for shift in shifts) / len(shifts) for axis in (0, 1))
            if x or y:
                targets[one] = positions[one][0] + x, positions[one][1] + y
    return targets


def _default_positions(ids: Sequence[int], adjacency: Adjacency) -> dict[int, Point]:
    positions: dict[int, Point] = {}
    isolates: list[int] = []
    floor = 0.0
    for start in ids:
        if start in positions:
            continue
        if not adjacency[start]:
            isolates.append(start)
            continue
        component = _component(start, adjacency)
        top = min(y for _, y in component.values())
        positions.update({one: (x, y - top + floor) for one, (x, y) in component.items()})
        floor = max(y for _, y in positions.values()) + 2 * HEIGHT
    return positions | _grid(isolates, floor)


def _grid(ids: Sequence[int], top: float) -> dict[int, Point]:
    """What has no neighbours, in rows."""
    columns = max(1, math.ceil(math.sqrt(len(ids) * ASPECT * HEIGHT / WIDTH)))
    return {one: (index % columns * WIDTH, top + index // columns * HEIGHT) for index, one in enumerate(ids)}


def _component(start: int, adjacency: Adjacency) -> dict[int, Point]:
    columns = _columns(start, adjacency)
    rows = _rows([len(column) for column in columns])
    split = [math.ceil(len(column) / rows) for column in columns]
    heights: dict[int, float] = {}
    for sweep in range(_SWEEPS):
        forward = sweep % 2 == 0
        order = range(len(columns)) if forward else range(len(columns) - 1, -1, -1)
        for index in order:
            columns[index] = _order_column(columns[index], HEIGHT / split[index], adjacency, heights)
    positions: dict[int, Point] = {}
    x_offset = 0.0
    for column, parts in zip(columns, split, strict=True):
        for index, one in enumerate(column):
            positions[one] = (x_offset + index % parts * WIDTH, heights[one])
        x_offset += parts * WIDTH + _COLUMN_GAP * WIDTH
    return positions


def _columns(start: int, adjacency: Adjacency) -> list[list[int]]:
    """Everything that can be reached, by the number of hops on the way that tells most."""
    hops: dict[int, int] = {}
    queue = [(0, 0, start)]
    while queue:
        cost, hop, one = heapq.heappop(queue)
        if one in hops:
            continue
        hops[one] = hop
        for other, strength in adjacency[one].items():
            if other not in hops:
                heapq.heappush(queue, (cost + 1 + _FAINT_COST - strength, hop + (strength > 1), other))
    columns: list[list[int]] = [[] for _ in range(max(hops.values()) + 1)]
    for one, hop in hops.items():
        columns[hop].append(one)
    return columns


def _rows(sizes: Sequence[int]) -> int:
    """How many rows give the picture the shape of a screen."""

    def shape(rows: int) -> float:
        across = sum(math.ceil(size / rows) + _COLUMN_GAP for size in sizes)
        return abs(math.log(across * WIDTH / (min(rows, max(sizes)) * HEIGHT) / ASPECT))

    return min(range(1, max(sizes) + 1), key=shape)


def _order_column(column: list[int], gap: float, adjacency: Adjacency, heights: dict[int, float]) -> list[int]:
    """Order a column by where its neighbours are, and move each as near to them as its own neighbours let it."""
    targets: dict[int, float] = {}
    for rank, one in enumerate(column):
        pulls = [(strength, heights[other]) for other, strength in adjacency[one].items() if other in heights]
        weight = sum(strength for strength, _ in pulls)
        fallback = heights.get(one, (rank - len(column) / 2) * gap)
        targets[one] = sum(strength * y for strength, y in pulls) / weight if weight else fallback
    order = sorted(column, key=lambda one: (round(targets[one], 3), one))
    heights.update(zip(order, _spaced_heights([targets[one] for one in order], gap), strict=True))
    return order


def _spaced_heights(targets: Sequence[float], gap: float) -> list[float]:
    """The nearest heights in that order with at least `gap` between them (pool adjacent violators).

    >>> _spaced_heights([0.0, 0.0, 10.0], 2.0)
    [-1.0, 1.0, 10.0]
    """
    blocks: list[tuple[float, int]] = []
    for index, y in enumerate(targets):
        mean, size = y - index * gap, 1
        while blocks and blocks[-1][0] >= mean:
            previous, count = blocks.pop()
            mean, size = (previous * count + mean * size) / (count + size), count + size
        blocks.append((mean, size))
    flat = [mean for mean, size in blocks for _ in range(size)]
    return [mean + index * gap for index, mean in enumerate(flat)]
