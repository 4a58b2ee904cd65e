"""CIRCL geolookup: in which country an address is, and whose network it is in, by the open Geo Open databases."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from clew.entities import AutonomousSystem, IpAddress, Relation
from clew.entities.finding import Scalar
from clew.errors import AskFailed
from clew.providers.base import Provider, Quota, Reply, Steps, operation
from clew.providers.reading import Links, Part, day, quoted, told, unknown
from clew.providers.web import HttpRequest

_FACTS = ("country", "country_code", "asn", "as_organization", "database_built")
_NUMBER, _OWNER = ("country", "AutonomousSystemNumber"), ("country", "AutonomousSystemOrganization")


class CirclGeo(Provider):
    """Countries and networks of addresses, without a key. Built from what is announced, and from its registration."""

    name: ClassVar[str] = "circl-geo"
    title: ClassVar[str] = "CIRCL geolookup"
    docs: ClassVar[str] = "https://adulau.github.io/mmdb-server/"
    leaves: ClassVar[bool] = True
    #: CIRCL names no figure: this is courtesy.
    quotas: ClassVar[tuple[Quota, ...]] = (Quota(5, timedelta(seconds=1)),)
    concurrency: ClassVar[int] = 3

    @operation(calls=1, facts=_FACTS)
    def ip(self, ip: IpAddress) -> Steps:
        """Country and autonomous system of the address."""
        reply = yield HttpRequest("GET", f"https://ip.circl.lu/geolookup/{quoted(ip.value)}")
        found, links = _records(reply, ip), Links(ip)
        facts = _facts(found, links)
        if facts["country_code"] is None and facts["asn"] is None:
            return unknown(ip, "CIRCL's databases do not say where it is")
        whose = "" if facts["asn"] is None else f"AS{facts['asn']} {facts['as_organization'] or ''}".strip()
        where = facts["country"] or facts["country_code"] or "its country is not known"
        return told(ip, f"{where}; {whose}" if whose else str(where), facts=facts, links=links)


def _records(reply: Reply, ip: IpAddress) -> list[Part]:
    """What each database says. Raises AskFailed where something in the reply is not about the address."""
    found, links = Part.all_of(reply), Links(ip)
    if len(found) != len(reply.json()) or any(links.made(each.text("ip"), IpAddress) != ip for each in found):
        raise AskFailed("the reply is not about this address", kind="reply")
    return found


def _facts(found: list[Part], links: Links) -> dict[str, Scalar]:
    """What the first database says that says it. Coordinates are those of the country, and so of no use."""
    located = next((each for each in found if _code(each)), Part({}))
    owned = next((each for each in found if each.whole(*_NUMBER)), Part({}))
    number, system = owned.whole(*_NUMBER), None
    if number is not None:
        system = links.to(Relation.BELONGS_TO, f"AS{number}", AutonomousSystem, owned.where(*_NUMBER))
    built = [built for each in found if (built := day(each.moment("meta", "build_db")))]
    return {
        "country": located.text("country_info", "Country"),
        "country_code": _code(located),
        "asn": system.number if system is not None else None,
        "as_organization": owned.text(*_OWNER),
        # The oldest, as for several databases of one's own.
        "database_built": min(built, default=None),
    }


def _code(each: Part) -> str | None:
    """The country; what is in none is said to be in `None` or `Unknown`."""
    code = each.text("country", "iso_code")
    return code if code is not None and len(code) == 2 else None
