"""Machines."""

from __future__ import annotations

from dataclasses import KW_ONLY
from typing import Any, ClassVar

from pydantic.dataclasses import dataclass

from clew.entities.entity import STRICT, Entity
from clew.entities.host_names import host_name
from clew.entities.key import Key
from clew.entities.static_menus import HostMenus


@dataclass(frozen=True, slots=True, eq=False, repr=False, config=STRICT)
class Host(Entity, HostMenus):
    """A machine, by its fully qualified name, or by its short (NetBIOS) name where nothing else is known.

    A case that learns both makes them one node, by a merge that is recorded and can be undone.

    >>> Host("WS01.corp.example").aliases
    ()
    >>> Host("WS01.corp.example", netbios="WS01").aliases
    (Key(kind='host', value='ws01', scope=''),)

    Args:
        value: the name.
        netbios: the short name, where a source gives both.
        os: the operating system, as told.

    Raises:
        EntityError: an address, or a character that no name has.
    """

    kind: ClassVar[str] = "host"
    exclusive: ClassVar[tuple[str, ...]] = ("fqdn",)
    value: str
    _: KW_ONLY
    netbios: str | None = None
    os: str | None = None

    @classmethod
    def identify(cls, arguments: dict[str, Any]) -> dict[str, Any]:
        if "value" not in arguments:
            return arguments
        name = host_name(arguments["value"], "a host name")
        if arguments.get("netbios") is None:
            return {**arguments, "value": name}
        return {**arguments, "value": name, "netbios": host_name(arguments["netbios"], "a NetBIOS name")}

    @property
    def key(self) -> Key:
        return Key("host", self.value)

    @property
    def aliases(self) -> tuple[Key, ...]:
        return (Key("host", self.netbios),) if self.netbios and self.netbios != self.value else ()

    @classmethod
    def scheme(cls, key: Key) -> str:
        return "fqdn" if "." in key.value else "short"

    @property
    def short(self) -> str:
        """The first label of the name."""
        return self.value.partition(".")[0]
