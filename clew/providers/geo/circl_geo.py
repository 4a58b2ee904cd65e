"""CIRCL geolookup: in which country an address is, and whose network it is in, by the open Geo Open databases."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from clew.entities import IpAddress
from clew.entities.finding import Scalar
from clew.errors import AskFailed
from clew.providers.base import Provider, Quota, Reply, Steps, operation
from clew.providers.fact_text import iso_day
from clew.providers.findings import found, nothing
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector
from clew.providers.url_quoting import percent_encode
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
        reply = yield HttpRequest("GET", f"https://ip.circl.lu/geolookup/{percent_encode(ip.value)}")
        records, links = _records(reply, ip), LinkCollector(ip)
        facts = _facts(records, links)
        if facts["country_code"] is None and facts["asn"] is None:
            return nothing(ip, "CIRCL's databases do not say where it is")
        network = "" if facts["asn"] is None else f"AS{facts['asn']} {facts['as_organization'] or ''}".strip()
        country = facts["country"] or facts["country_code"] or "its country is not known"
        return found(ip, f"{country}; {network}" if network else str(country), facts=facts, links=links)


def _records(reply: Reply, ip: IpAddress) -> list[JsonObject]:
    """What each database says. Raises AskFailed where something in the reply is not about the address."""
    records, links = JsonObject.all_of(reply), LinkCollector(ip)
    if len(records) != len(reply.json()) or any(links.entity(record.text("ip"), IpAddress) != ip for record in records):
        raise AskFailed("the reply is not about this address", kind="reply")
    return records


def _facts(records: list[JsonObject], links: LinkCollector) -> dict[str, Scalar]:
    """What the first database says that says it. Coordinates are those of the country, and so of no use."""
    country_record = next((record for record in records if _country_code(record)), JsonObject({}))
    network_record = next((record for record in records if record.integer(*_NUMBER)), JsonObject({}))
    system = links.link_network(network_record, *_NUMBER)
    build_days = [build_days for record in records if (build_days := iso_day(record.moment("meta", "build_db")))]
    return {
        "country": country_record.text("country_info", "Country"),
        "country_code": _country_code(country_record),
        "asn": system.number if system is not None else None,
        "as_organization": network_record.text(*_OWNER),
        # The oldest, as for several databases of one's own.
        "database_built": min(build_days, default=None),
    }


def _country_code(record: JsonObject) -> str | None:
    """The country; what is in none is said to be in `None` or `Unknown`."""
    code = record.text("country", "iso_code")
    return code if code is not None and len(code) == 2 else None
