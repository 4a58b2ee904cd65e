"""The static view of pivot menus: what editors and type checkers see on every entity.

At run time these classes are empty; `clew.pivots.attach` places one descriptor for each name. This is the one file of
the room that looks upward, and it does so for type checkers only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clew.pivots.binding import menu
    from clew.pivots.catalog import Catalog
    from clew.pivots.geo import IpGeo
    from clew.pivots.net import IpNet
    from clew.pivots.query import AccountQuery, DomainQuery, FileQuery, HostQuery, IpQuery, ProcessQuery
    from clew.pivots.ti import DomainTi, FileTi, IpTi, UrlTi
    from clew.pivots.transform import ProcessTransform, UrlTransform

    class EntityMenus:
        __slots__ = ()

        @classmethod
        def pivots(cls) -> Catalog:
            """The pivots of this entity class, with what each asks, costs and gives back."""
            ...

    class IpMenus:
        ti: menu[IpTi]
        geo: menu[IpGeo]
        net: menu[IpNet]
        query: menu[IpQuery]

    class HostMenus:
        query: menu[HostQuery]

    class AccountMenus:
        query: menu[AccountQuery]

    class DomainMenus:
        ti: menu[DomainTi]
        query: menu[DomainQuery]

    class UrlMenus:
        ti: menu[UrlTi]
        transform: menu[UrlTransform]

    class FileMenus:
        ti: menu[FileTi]
        query: menu[FileQuery]

    class ProcessMenus:
        query: menu[ProcessQuery]
        transform: menu[ProcessTransform]

else:

    class EntityMenus:
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
