"""Menu `geo`: where an address is."""

from __future__ import annotations

from typing import ClassVar

from clew.entities import IpAddress
from clew.pivots.binding import Menu, bind
from clew.providers.geo.circl_geo import CirclGeo
from clew.providers.geo.ipinfo import IpInfo
from clew.providers.geo.ipstack import IpStack
from clew.providers.geo.maxmind import MaxMind


class IpGeo(Menu[IpAddress]):
    """Places and networks of addresses."""

    menu: ClassVar[str] = "geo"
    locate = bind(MaxMind.ip)
    distance = bind(MaxMind.distance)
    circl = bind(CirclGeo.ip)
    ipinfo = bind(IpInfo.ip)
    ipstack = bind(IpStack.ip)
