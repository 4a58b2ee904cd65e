"""IP addresses, versions 4 and 6."""

from __future__ import annotations

import ipaddress
import re
from typing import Any, ClassVar

from pydantic.dataclasses import dataclass

from clew.entities.checked_text import given_text, refang
from clew.entities.entity import STRICT, Entity
from clew.entities.key import Key
from clew.entities.static_menus import IpMenus
from clew.errors import EntityError

_PLAIN_V4 = re.compile(r"(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}", re.ASCII)


@dataclass(frozen=True, slots=True, eq=False, repr=False, config=STRICT)
class IpAddress(Entity, IpMenus):
    """An IPv4 or IPv6 address, spelt as RFC 5952 says; an IPv4-mapped address is the IPv4 address.

    >>> IpAddress("::ffff:198.51.100[.]7")
    IpAddress('198.51.100.7')
    >>> IpAddress("2001:DB8:0:0::1") == IpAddress("2001:db8::1")
    True

    Raises:
        EntityError: not an address; a network; an octet with a leading zero, which some programs read as octal.
    """

    kind: ClassVar[str] = "ip"
    value: str

    @classmethod
    def identify(cls, arguments: dict[str, Any]) -> dict[str, Any]:
        value = arguments.get("value")
        if type(value) is str and _PLAIN_V4.fullmatch(value):  # most addresses: already canonical
            return arguments
        if value is None:
            return arguments
        return {**arguments, "value": _canonical_address(refang(given_text(value, "an IP address")))}

    @property
    def key(self) -> Key:
        return Key("ip", self.value)

    @property
    def version(self) -> int:
        """4 or 6."""
        return 6 if ":" in self.value else 4


def looks_like_address(text: str) -> bool:
    """Whether a text that names a machine can only be an address, a good one or not: no name is written so.

    >>> looks_like_address("198.51.100.7"), looks_like_address("::1"), looks_like_address("7.example")
    (True, True, False)
    >>> looks_like_address("999.1"), looks_like_address("ws01:8080")
    (True, False)
    """
    return text.count(":") > 1 or text.replace(".", "").isdigit()


def _canonical_address(text: str) -> str:
    # A zone ("%eth0") names an interface of the machine that wrote it: it means nothing elsewhere.
    bare = text.strip("[]").partition("%")[0]
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        hint = "use the address of one machine" if "/" in bare else "write it as 198.51.100.7 or 2001:db8::1"
        raise EntityError(f"{text!r} is not an IP address", next_step=hint) from None
    ipv4 = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(ipv4 or address)
