"""IPstack: where an address is."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from clew.entities import Domain, IpAddress, Relation
from clew.errors import AskError, AskFailed, AskRefused
from clew.providers.base import Provider, Quota, Steps, operation
from clew.providers.field_table import Field, FieldTable
from clew.providers.findings import found, nothing
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector
from clew.providers.url_quoting import percent_encode
from clew.providers.web import HttpRequest, SecretLocation

_FACTS = FieldTable(
    city=Field.text("city"),
    subdivision=Field.text("region_name"),
    subdivision_code=Field.text("region_code"),
    country=Field.text("country_name"),
    country_code=Field.text("country_code"),
    continent=Field.text("continent_name"),
    continent_code=Field.text("continent_code"),
    latitude=Field.number("latitude"),
    longitude=Field.number("longitude"),
    postal_code=Field.text("zip"),
    metro_code=Field.integer("dma"),
    time_zone=Field.text("time_zone", "id"),
    geoname_id=Field.integer("location", "geoname_id"),
    is_in_european_union=Field.flag("location", "is_eu"),
    asn=Field.integer("connection", "asn"),
    isp=Field.text("connection", "isp"),
    connection_type=Field.text("connection_type"),
    is_public_proxy=Field.flag("security", "is_proxy"),
    is_tor=Field.flag("security", "is_tor"),
    is_hosting_provider=Field.flag("security", "hosting_facility"),
    anonymizer=Field.text("security", "vpn_service"),
)
_KEY_CODES, _QUOTA_CODES, _PLAN_CODES = frozenset({101, 102}), frozenset({104}), frozenset({105})


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

    @operation(calls=1, facts=_FACTS.names)
    def ip(self, ip: IpAddress, *, security: bool = False) -> Steps:
        """Place of the address; with a paid plan, whether it anonymises.

        Args:
            security: ask for proxies, Tor and hosting too, which not every plan has.
        """
        params = (("security", "1"),) if security else ()
        url = f"https://api.ipstack.com/{percent_encode(ip.value)}"
        reply = yield HttpRequest("GET", url, params, secret=SecretLocation("query", "access_key"))
        document = JsonObject.of(reply)
        if document.flag("success") is False or document.value("error") is not None:
            raise _api_error(document.child("error"))
        if LinkCollector(ip).entity(document.text("ip"), IpAddress) != ip:
            raise AskFailed("the reply is not about this address", kind="reply")
        links, facts = LinkCollector(ip), _FACTS.facts(document)
        links.link_network(document, "connection", "asn")
        if document.text("hostname") != document.text("ip"):
            links.link_field(Relation.RESOLVES_TO, document, "hostname", Domain, backwards=True)
        if all(facts[name] is None for name in ("country_code", "latitude", "asn")):
            return nothing(ip, "IPstack does not know where it is")
        location = ", ".join(str(facts[name]) for name in ("city", "subdivision", "country") if facts[name])
        return found(ip, location or "its country is not known", facts=facts, links=links)


def _api_error(error: JsonObject) -> AskError:
    """What an error means, which comes with a status of 200."""
    code, message = error.integer("code"), (error.text("info") or error.text("type") or "no reason")[:200]
    if code in _KEY_CODES:
        return AskRefused(
            f"IPstack refused the key: {message}", kind="key", next_step=f"check the key {IpStack.secret}"
        )
    if code in _QUOTA_CODES:
        return AskRefused(f"IPstack's quota is used up: {message}", kind="quota")
    if code in _PLAN_CODES:
        step = "a plan that has it is needed; without TLS nothing is asked"
        return AskRefused(f"the plan of the key does not have this: {message}", kind="plan", next_step=step)
    return AskFailed(f"IPstack answered with an error: {message}", kind="reply")
