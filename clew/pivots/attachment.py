"""Which entity has which menus: placed once, on import, and seen statically through `clew.entities.static_menus`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from clew.entities import Account, AutonomousSystem, Certificate, Domain, Entity, File, Host, IpAddress, Process, Url
from clew.pivots.binding import menu
from clew.pivots.plugin_menus import menu_plugins

if TYPE_CHECKING:
    from clew.pivots.catalog import Catalog

MENUS: Mapping[type[Entity], Mapping[str, str]] = MappingProxyType(
    {
        IpAddress: {
            "ti": "menus.ti:IpTi",
            "geo": "menus.geo:IpGeo",
            "net": "menus.net:IpNet",
            "pdns": "menus.pdns:IpPassiveDns",
            "related": "menus.related:IpRelated",
            "whois": "menus.whois:IpWhois",
            "dns": "menus.dns:IpDns",
            "query": "queries.ip:IpQuery",
        },
        Host: {"query": "queries.host:HostQuery"},
        Account: {"ti": "menus.ti:AccountTi", "query": "queries.account:AccountQuery"},
        Domain: {
            "ti": "menus.ti:DomainTi",
            "pdns": "menus.pdns:DomainPassiveDns",
            "related": "menus.related:DomainRelated",
            "whois": "menus.whois:DomainWhois",
            "dns": "menus.dns:DomainDns",
            "query": "queries.domain:DomainQuery",
        },
        Url: {
            "ti": "menus.ti:UrlTi",
            "related": "menus.related:UrlRelated",
            "transform": "menus.transform:UrlTransform",
        },
        File: {"ti": "menus.ti:FileTi", "related": "menus.related:FileRelated", "query": "queries.file:FileQuery"},
        AutonomousSystem: {"whois": "menus.whois:AutonomousSystemWhois"},
        Certificate: {"related": "menus.related:CertificateRelated"},
        Process: {"query": "queries.process:ProcessQuery", "transform": "menus.transform:ProcessTransform"},
    }
)


def attach_menus() -> None:
    """Place the descriptors. The modules behind them are loaded when a menu is first used."""
    for entity, menus in MENUS.items():
        for name, target in menus.items():
            space: menu[Any] = menu(f"clew.pivots.{target}")
            setattr(entity, name, space)
    # After clew's own, so that a plug-in which takes one of their names is seen to do so.
    for entity, plugin_menus in menu_plugins().menus.items():
        for name, plugin_menu in plugin_menus.items():
            setattr(entity, name, plugin_menu)
    setattr(Entity, "pivots", classmethod(_pivots))  # noqa: B010 - the static view of it is in `clew.entities.static_menus`


def _pivots(cls: type[Entity]) -> Catalog:
    """The pivots of this entity class, with what each asks, costs and gives back."""
    # Imported here: who only pivots needs no catalogue.
    from clew.pivots.catalog import catalog_of

    return catalog_of(cls)
