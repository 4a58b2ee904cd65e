"""Menu `whois`: who registered a name, an address or an autonomous system, and who announces it."""

from __future__ import annotations

from typing import ClassVar

from clew.entities import AutonomousSystem, Domain, IpAddress
from clew.pivots.binding import Menu, bind
from clew.providers.whois.cymru import TeamCymru
from clew.providers.whois.rdap import Rdap
from clew.providers.whois.whois import Whois


class IpWhois(Menu[IpAddress]):
    """Registrations and origins of addresses."""

    menu: ClassVar[str] = "whois"
    rdap = bind(Rdap.ip)
    whois = bind(Whois.ip)
    asn = bind(TeamCymru.ip)


class DomainWhois(Menu[Domain]):
    """Registrations of domains."""

    menu: ClassVar[str] = "whois"
    rdap = bind(Rdap.domain)
    whois = bind(Whois.domain)


class AutonomousSystemWhois(Menu[AutonomousSystem]):
    """Registrations of autonomous systems."""

    menu: ClassVar[str] = "whois"
    rdap = bind(Rdap.autonomous_system)
