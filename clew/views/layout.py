"""Where things are drawn: in columns by their distance from the start. The same case always gives the same places."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from clew.views.ground import HEIGHT, WIDTH, Point, make_way

#: The shape of the whole picture, width to height.
ASPECT = 1.15
_SWEEPS = 8
#: Room between columns, where edges are seen, in widths of a cell.
_ROOM = 0.3
#: How much further away a node seems through background than through something that happened.
_FAINT_COST = 4

#: Neighbours and the strength of what binds to them.
Web = Mapping[int, Mapping[int, int]]
_NOWHERE: Mapping[int, Point] = MappingProxyType({})


def arrange(
    ids: Sequence[int], links: Iterable[tuple[int, int, bool]], spots: Mapping[int, Point] = _NOWHERE
) -> dict[int, Point]:
    """A place for each id. The first is the start; what hangs together stands together.

    Args:
        links: pairs of ids, and whether only background binds them.
        spots: places that are given. What hangs on those alone goes along with them, and whatever would stand there
            gives way; everything else stands where it would without them.
    """
    web = _web(ids, links)
    places = _automatic(ids, web)
    given = {one: spots[one] for one in ids if one in spots}
    return make_way(places, _drawn_along(places, web, given), given) if given else places


def _web(ids: Sequence[int], links: Iterable[tuple[int, int, bool]]) -> Web:
    web: dict[int, dict[int, int]] = {one: {} for one in ids}
    for source, target, faint in links:
        if source != target:
            for one, other in ((source, target), (target, source)):
                web[one][other] = max(web[one].get(other, 0), 1 if faint else _FAINT_COST)
    # In one order, however the links came: sums of fractions depend on it, and with them the picture.
    return {one: dict(sorted(around.items())) for one, around in web.items()}


def _drawn_along(places: Mapping[int, Point], web: Web, given: Mapping[int, Point]) -> dict[int, Point]:
    """Where those want to stand whose neighbours were all put somewhere: as far from them as before."""
    wanted: dict[int, Point] = {}
    for one, around in web.items():
        if around and one not in given and all(other in given for other in around):
            shifts = [(given[other][0] - places[other][0], given[other][1] - places[other][1]) for other in around]
            x, y = (sum(shift[axis] for shift in shifts) / len(shifts) for axis in (0, 1))
            if x or y:
                wanted[one] = places[one][0] + x, places[one][1] + y
    return wanted


def _automatic(ids: Sequence[int], web: Web) -> dict[int, Point]:
    places: dict[int, Point] = {}
    alone: list[int] = []
    floor = 0.0
    for start in ids:
        if start in places:
            continue
        if not web[start]:
            alone.append(start)
            continue
        part = _component(start, web)
        top = min(y for _, y in part.values())
        places.update({one: (x, y - top + floor) for one, (x, y) in part.items()})
        floor = max(y for _, y in places.values()) + 2 * HEIGHT
    return places | _grid(alone, floor)


def _grid(ids: Sequence[int], top: float) -> dict[int, Point]:
    """What has no neighbours, in rows."""
    across = max(1, math.ceil(math.sqrt(len(ids) * ASPECT * HEIGHT / WIDTH)))
    return {one: (place % across * WIDTH, top + place // across * HEIGHT) for place, one in enumerate(ids)}


def _component(start: int, web: Web) -> dict[int, Point]:
    columns = _columns(start, web)
    rows = _rows([len(column) for column in columns])
    split = [math.ceil(len(column) / rows) for column in columns]
    heights: dict[int, float] = {}
    for sweep in range(_SWEEPS):
        forward = sweep % 2 == 0
        order = range(len(columns)) if forward else range(len(columns) - 1, -1, -1)
        for place in order:
            columns[place] = _settle(columns[place], HEIGHT / split[place], web, heights)
    places: dict[int, Point] = {}
    left = 0.0
    for column, parts in zip(columns, split, strict=True):
        for place, one in enumerate(column):
            places[one] = (left + place % parts * WIDTH, heights[one])
        left += parts * WIDTH + _ROOM * WIDTH
    return places


def _columns(start: int, web: Web) -> list[list[int]]:
    """Everything that can be reached, by the number of hops on the way that tells most."""
    hops: dict[int, int] = {}
    queue = [(0, 0, start)]
    while queue:
        cost, hop, one = heapq.heappop(queue)
        if one in hops:
            continue
        hops[one] = hop
        for other, strength in web[one].items():
            if other not in hops:
                heapq.heappush(queue, (cost + 1 + _FAINT_COST - strength, hop + (strength > 1), other))
    columns: list[list[int]] = [[] for _ in range(max(hops.values()) + 1)]
    for one, hop in hops.items():
        columns[hop].append(one)
    return columns


def _rows(sizes: Sequence[int]) -> int:
    """How many rows give the picture the shape of a screen."""

    def shape(rows: int) -> float:
        across = sum(math.ceil(size / rows) + _ROOM for size in sizes)
        return abs(math.log(across * WIDTH / (min(rows, max(sizes)) * HEIGHT) / ASPECT))

    return min(range(1, max(sizes) + 1), key=shape)


def _settle(column: list[int], gap: float, web: Web, heights: dict[int, float]) -> list[int]:
    """Order a column by where its neighbours are, and move each as near to them as its own neighbours let it."""
    wanted: dict[int, float] = {}
    for rank, one in enumerate(column):
        bound = [(strength, heights[other]) for other, strength in web[one].items() if other in heights]
        weight = sum(strength for strength, _ in bound)
        fallback = heights.get(one, (rank - len(column) / 2) * gap)
        wanted[one] = sum(strength * y for strength, y in bound) / weight if weight else fallback
    order = sorted(column, key=lambda one: (round(wanted[one], 3), one))
    heights.update(zip(order, _spaced([wanted[one] for one in order], gap), strict=True))
    return order


def _spaced(wanted: Sequence[float], gap: float) -> list[float]:
    """The nearest heights in that order with at least `gap` between them (pool adjacent violators).

    >>> _spaced([0.0, 0.0, 10.0], 2.0)
    [-1.0, 1.0, 10.0]
    """
    blocks: list[tuple[float, int]] = []
    for place, y in enumerate(wanted):
        mean, size = y - place * gap, 1
        while blocks and blocks[-1][0] >= mean:
            before, count = blocks.pop()
            mean, size = (before * count + mean * size) / (count + size), count + size
        blocks.append((mean, size))
    flat = [mean for mean, size in blocks for _ in range(size)]
    return [mean + place * gap for place, mean in enumerate(flat)]
