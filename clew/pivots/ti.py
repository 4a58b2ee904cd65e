"""Menu `ti`: what is known about an entity's reputation."""

from __future__ import annotations

from typing import ClassVar

from clew.entities import Domain, File, IpAddress, Url
from clew.pivots.binding import Space, bind, fan_out
from clew.providers.ti.abuseipdb import AbuseIpDb
from clew.providers.ti.feed import LocalFeed


class IpTi(Space[IpAddress]):
    """Threat intelligence about addresses."""

    menu: ClassVar[str] = "ti"
    lookup = fan_out[IpAddress]()
    abuseipdb = bind(AbuseIpDb.ip)
    feed = bind(LocalFeed.ip)


class DomainTi(Space[Domain]):
    """Threat intelligence about domains."""

    menu: ClassVar[str] = "ti"
    lookup = fan_out[Domain]()
    feed = bind(LocalFeed.domain)


class UrlTi(Space[Url]):
    """Threat intelligence about URLs."""

    menu: ClassVar[str] = "ti"
    lookup = fan_out[Url]()
    feed = bind(LocalFeed.url)


class FileTi(Space[File]):
    """Threat intelligence about files."""

    menu: ClassVar[str] = "ti"
    lookup = fan_out[File]()
    feed = bind(LocalFeed.file)
