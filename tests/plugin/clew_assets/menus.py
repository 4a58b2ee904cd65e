"""The menu `assets`."""

from __future__ import annotations

from typing import ClassVar

from clew import IpAddress
from clew.pivots.binding import Menu, bind
from clew_assets.owners import Assets


class IpAssets(Menu[IpAddress]):
    """What we know of our own addresses."""

    menu: ClassVar[str] = "assets"
    owner = bind(Assets.ip)
