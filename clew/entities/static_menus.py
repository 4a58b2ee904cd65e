"""The static view of pivot menus: what editors and type checkers see on every entity.

At run time these classes are empty; `clew.pivots.attachment` places one descriptor for each name. This is the one file
of the room that looks upward, and it does so for type checkers only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clew.pivots.catalog import Catalog
    from clew.pivots.menu_access import MenuAccess
    from clew.pivots.menus.dns import DomainDns, IpDns
    from clew.pivots.menus.geo import IpGeo
    from clew.pivots.menus.net import IpNet
    from clew.pivots.menus.pdns import DomainPassiveDns, IpPassiveDns
    from clew.pivots.menus.related import CertificateRelated, DomainRelated, FileRelated, IpRelated, UrlRelated
    from clew.pivots.menus.ti import AccountTi, DomainTi, FileTi, IpTi, UrlTi
    from clew.pivots.menus.transform import ProcessTransform, UrlTransform
    from clew.pivots.menus.whois import AutonomousSystemWhois, DomainWhois, IpWhois
    from clew.pivots.queries.account import AccountQuery
    from clew.pivots.queries.certificate import CertificateQuery
    from clew.pivots.queries.domain import DomainQuery
    from clew.pivots.queries.file import FileQuery
    from clew.pivots.queries.host import HostQuery
    from clew.pivots.queries.ip import IpQuery
    from clew.pivots.queries.process import ProcessQuery
    from clew.pivots.queries.url import UrlQuery

    class EntityMenus:
        __slots__ = ()

        @classmethod
        def pivots(cls) -> Catalog:
            """The pivots of this entity class, with what each asks, costs and gives back."""
            ...

    class AutonomousSystemMenus:
        whois: MenuAccess[AutonomousSystemWhois]

    class CertificateMenus:
        related: MenuAccess[CertificateRelated]
        query: MenuAccess[CertificateQuery]

    class IpMenus:
        ti: MenuAccess[IpTi]
        geo: MenuAccess[IpGeo]
        net: MenuAccess[IpNet]
        pdns: MenuAccess[IpPassiveDns]
        related: MenuAccess[IpRelated]
        whois: MenuAccess[IpWhois]
        dns: MenuAccess[IpDns]
        query: MenuAccess[IpQuery]

    class HostMenus:
        query: MenuAccess[HostQuery]

    class AccountMenus:
        ti: MenuAccess[AccountTi]
        query: MenuAccess[AccountQuery]

    class DomainMenus:
        ti: MenuAccess[DomainTi]
        pdns: MenuAccess[DomainPassiveDns]
        related: MenuAccess[DomainRelated]
        whois: MenuAccess[DomainWhois]
        dns: MenuAccess[DomainDns]
        query: MenuAccess[DomainQuery]

    class UrlMenus:
        ti: MenuAccess[UrlTi]
        related: MenuAccess[UrlRelated]
        transform: MenuAccess[UrlTransform]
        query: MenuAccess[UrlQuery]

    class FileMenus:
        ti: MenuAccess[FileTi]
        related: MenuAccess[FileRelated]
        query: MenuAccess[FileQuery]

    class ProcessMenus:
        query: MenuAccess[ProcessQuery]
        transform: MenuAccess[ProcessTransform]

else:

    class EntityMenus:
        __slots__ = ()

    class AutonomousSystemMenus:
        __slots__ = ()

    class CertificateMenus:
        __slots__ = ()

    class IpMenus:
        __slots__ = ()

    class HostMenus:
        __slots__ = ()

    class AccountMenus:
        __slots__ = ()

    class DomainMenus:
        __slots__ = ()

    class UrlMenus:
        __slots__ = ()

    class FileMenus:
        __slots__ = ()

    class ProcessMenus:
        __slots__ = ()
