"""Menu `net`: names and addresses on the network."""

from __future__ import annotations

from typing import ClassVar

from clew.entities import IpAddress
from clew.pivots.binding import Menu, bind
from clew.providers.local.address_kinds import AddressKinds


class IpNet(Menu[IpAddress]):
    """Addresses on the network."""

    menu: ClassVar[str] = "net"
    kind = bind(AddressKinds.ip)
