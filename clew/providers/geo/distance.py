"""How far two places are apart."""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt

#: The mean radius of the WGS 84 ellipsoid in km, (2a + b) / 3. A sphere of it is wrong by at most 0.6 %.
RADIUS = 6371.0088


def great_circle(one: tuple[float, float], other: tuple[float, float]) -> float:
    """The shortest way on a sphere of the mean radius, in km, between two places in degrees north and east.

    >>> round(great_circle((0, 0), (0, 180)), 1)
    20015.1
    >>> great_circle((52.3759, 4.8975), (52.3759, 4.8975))
    0.0
    """
    north, east, other_north, other_east = map(radians, (*one, *other))
    half = sin((other_north - north) / 2) ** 2
    half += cos(north) * cos(other_north) * sin((other_east - east) / 2) ** 2
    return 2 * RADIUS * asin(min(1.0, sqrt(half)))
