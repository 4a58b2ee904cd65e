"""Menu `dns`: what the DNS says today. The name servers of the suspect may notice, so it is off until it is allowed."""

from __future__ import annotations

from typing import ClassVar

from clew.entities import Domain, IpAddress
from clew.pivots.binding import Menu, bind
from clew.providers.dns.resolver import DnsResolver


class IpDns(Menu[IpAddress]):
    """Names of addresses."""

    menu: ClassVar[str] = "dns"
    reverse = bind(DnsResolver.ip)


class DomainDns(Menu[Domain]):
    """What names lead to."""

    menu: ClassVar[str] = "dns"
    resolve = bind(DnsResolver.domain)
