"""IPstack: where an address is."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from clew.entities import AutonomousSystem, Domain, IpAddress, Relation
from clew.entities.finding import Scalar
from clew.errors import AskError, AskFailed, AskRefused
from clew.providers.base import Provider, Quota, Steps, operation
from clew.providers.reading import Links, Part, quoted, told, unknown
from clew.providers.web import HttpRequest, Place

_FACTS = (
    "city",
    "subdivision",
    "subdivision_code",
    "country",
    "country_code",
    "continent",
    "continent_code",
    "latitude",
    "longitude",
    "postal_code",
    "metro_code",
    "time_zone",
    "geoname_id",
    "is_in_european_union",
    "asn",
    "isp",
    "connection_type",
    "is_public_proxy",
    "is_tor",
    "is_hosting_provider",
    "anonymizer",
)
_KEY, _USED_UP, _PLAN = frozenset({101, 102}), frozenset({104}), frozenset({105})


class IpStack(Provider):
    """Places of addresses. Only asked by TLS: else what is asked could be read by everybody on the way."""

    name: ClassVar[str] = "ipstack"
    title: ClassVar[str] = "IPstack"
    docs: ClassVar[str] = "https://docs.apilayer.com/ipstack/docs/getting-started"
    leaves: ClassVar[bool] = True
    secret: ClassVar[str] = "CLEW_IPSTACK_KEY"
    #: Of the plan that costs nothing.
    quotas: ClassVar[tuple[Quota, ...]] = (Quota(100, timedelta(days=30)),)
    #: Addresses move seldom, and calls are few.
    lifetime: ClassVar[timedelta] = timedelta(days=7)

    @operation(calls=1, facts=_FACTS)
    def ip(self, ip: IpAddress, *, security: bool = False) -> Steps:
        """Place of the address; with a paid plan, whether it anonymises.

        Args:
            security: ask for proxies, Tor and hosting too, which not every plan has.
        """
        params = (("security", "1"),) if security else ()
        url = f"https://api.ipstack.com/{quoted(ip.value)}"
        reply = yield HttpRequest("GET", url, params, secret=Place("query", "access_key"))
        document = Part.of(reply)
        if document.flag("success") is False or document.at("error") is not None:
            raise _trouble(document.part("error"))
        if Links(ip).made(document.text("ip"), IpAddress) != ip:
            raise AskFailed("the reply is not about this address", kind="reply")
        links = Links(ip)
        facts = _facts(document, links)
        if all(facts[name] is None for name in ("country_code", "latitude", "asn")):
            return unknown(ip, "IPstack does not know where it is")
        where = ", ".join(str(facts[name]) for name in ("city", "subdivision", "country") if facts[name])
        return told(ip, where or "its country is not known", facts=facts, links=links)


def _trouble(error: Part) -> AskError:
    """What an error means, which comes with a status of 200."""
    code, said = error.whole("code"), (error.text("info") or error.text("type") or "no reason")[:200]
    if code in _KEY:
        return AskRefused(f"IPstack refused the key: {said}", kind="key", next_step=f"check the key {IpStack.secret}")
    if code in _USED_UP:
        return AskRefused(f"IPstack's quota is used up: {said}", kind="quota")
    if code in _PLAN:
        step = "a plan that has it is needed; without TLS nothing is asked"
        return AskRefused(f"the plan of the key does not have this: {said}", kind="plan", next_step=step)
    return AskFailed(f"IPstack answered with an error: {said}", kind="reply")


def _facts(document: Part, links: Links) -> dict[str, Scalar]:
    network, security, spot = document.part("connection"), document.part("security"), document.part("location")
    number = network.whole("asn")
    if number is not None:
        links.to(Relation.BELONGS_TO, f"AS{number}", AutonomousSystem, network.where("asn"))
    name = document.text("hostname")
    if name is not None and name != document.text("ip"):
        links.to(Relation.RESOLVES_TO, name, Domain, document.where("hostname"), backwards=True)
    return {
        "city": document.text("city"),
        "subdivision": document.text("region_name"),
        "subdivision_code": document.text("region_code"),
        "country": document.text("country_name"),
        "country_code": document.text("country_code"),
        "continent": document.text("continent_name"),
        "continent_code": document.text("continent_code"),
        "latitude": document.number("latitude"),
        "longitude": document.number("longitude"),
        "postal_code": document.text("zip"),
        "metro_code": document.whole("dma"),
        "time_zone": document.text("time_zone", "id"),
        "geoname_id": spot.whole("geoname_id"),
        "is_in_european_union": spot.flag("is_eu"),
        "asn": number,
        "isp": network.text("isp"),
        "connection_type": document.text("connection_type"),
        "is_public_proxy": security.flag("is_proxy"),
        "is_tor": security.flag("is_tor"),
        "is_hosting_provider": security.flag("hosting_facility"),
        "anonymizer": security.text("vpn_service"),
    }
