"""IPinfo: where an address is, whose network it is in, and whether it hides who uses it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import ClassVar, Literal
from urllib.parse import unquote

from clew.entities import AutonomousSystem, Domain, IpAddress, Relation
from clew.entities.finding import Scalar
from clew.errors import AskFailed, AskRefused, EntityError
from clew.providers.base import Provider, Reply, Steps, canonical_json, operation
from clew.providers.fact_text import iso_day
from clew.providers.findings import found, nothing
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector
from clew.providers.url_quoting import percent_encode
from clew.providers.web import Batch, HttpRequest, SecretLocation

Plan = Literal["lite", "core", "legacy"]
_API = "https://api.ipinfo.io"
_LOOKUP_URLS: Mapping[str, str] = {"lite": f"{_API}/lite/", "core": f"{_API}/lookup/", "legacy": "https://ipinfo.io/"}
_BATCH_URLS: Mapping[str, str] = {
    "lite": f"{_API}/batch/lite",
    "core": f"{_API}/batch",
    "legacy": f"{_API}/batch/legacy",
}
_TOKEN = SecretLocation("header", "Authorization", "Bearer ")
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
    "accuracy_radius_km",
    "postal_code",
    "time_zone",
    "geoname_id",
    "asn",
    "as_organization",
    "domain",
    "network",
    "usage_type",
    "organization",
    "isp",
    "mobile_country_code",
    "mobile_network_code",
    "anonymizer",
    "anonymizer_last_seen",
    "is_anonymous",
    "is_anonymous_vpn",
    "is_public_proxy",
    "is_residential_proxy",
    "is_relay",
    "is_tor",
    "is_hosting_provider",
    "is_anycast",
    "is_mobile",
    "is_satellite_provider",
    "abuse_mail",
    "abuse_phone",
)


class IpInfo(Provider):
    """Countries and networks of all addresses; with a plan that is paid for, places, companies and anonymisers too."""

    name: ClassVar[str] = "ipinfo"
    title: ClassVar[str] = "IPinfo"
    docs: ClassVar[str] = "https://ipinfo.io/developers"
    leaves: ClassVar[bool] = True
    secret: ClassVar[str] = "CLEW_IPINFO_KEY"
    # No quotas: the plan that costs nothing has no limit, and the others are counted by what was bought.

    @operation(calls=1, facts=_FACTS)
    def ip(self, ip: IpAddress, *, plan: Plan = "lite") -> Steps:
        """Place and network of the address, and whether it anonymises.

        Args:
            plan: what the token is for: `lite`, which costs nothing; `core`, also for Plus and Max; or `legacy`.
        """
        url = f"{_LOOKUP_URLS[plan]}{percent_encode(ip.value)}{'/json' if plan == 'legacy' else ''}"
        reply = yield HttpRequest("GET", url, secret=_TOKEN, batch=BATCHES[plan])
        document, reference = JsonObject.of(reply), f"https://ipinfo.io/{percent_encode(ip.value)}"
        _check_reply(ip, document)
        if document.flag("bogon"):
            return nothing(ip, "IPinfo says that nobody may use it in public", reference=reference)
        links = LinkCollector(ip)
        facts = {**_location_facts(document), **_network_facts(document, links), **_flag_facts(document)}
        if not any(value is not None for value in facts.values()):
            return nothing(ip, "IPinfo knows nothing of it", reference=reference)
        _link_hostname(document, links)
        parts = (facts["city"], facts["subdivision"], facts["country"] or facts["country_code"])
        location = ", ".join(str(part) for part in parts if part)
        network = f"AS{facts['asn']} {facts['as_organization'] or ''}".strip() if facts["asn"] is not None else ""
        anonymizer = f"hidden by {facts['anonymizer']}" if facts["anonymizer"] else ""
        reason = "; ".join(text for text in (location, network, anonymizer) if text) or "its country is not known"
        return found(ip, reason, reference=reference, facts=facts, links=links)


def _check_reply(ip: IpAddress, document: JsonObject) -> None:
    """Raises AskRefused or AskFailed for an error, which may come with a status of 200, or what is about another."""
    if document.value("error") is not None:
        message = document.text("error", "title") or document.text("error", "message") or document.text("error")
        reason = f"IPinfo answered with an error: {(message or 'no reason')[:120]}"
        status = document.integer("status")
        if status in (401, 403):
            raise AskRefused(reason, kind="key", next_step=f"check the key {IpInfo.secret}, and the plan")
        raise AskRefused(reason, kind="quota") if status == 429 else AskFailed(reason, kind="reply")
    if LinkCollector(ip).entity(document.text("ip"), IpAddress) != ip:
        raise AskFailed("the reply is not about this address", kind="reply")


def _location_facts(document: JsonObject) -> dict[str, Scalar]:
    """Where it is: in an object of its own in newer plans, and beside everything else in older ones."""
    geo, country, code = document.child("geo"), document.text("country"), document.text("country_code")
    if code is None and country is not None and len(country) == 2:
        country, code = None, country
    latitude, _, longitude = (document.text("loc") or "").partition(",")
    coordinates = JsonObject({"latitude": latitude, "longitude": longitude})
    return {
        "city": geo.text("city") or document.text("city"),
        "subdivision": geo.text("region") or document.text("region"),
        "subdivision_code": geo.text("region_code"),
        "country": geo.text("country") or country,
        "country_code": geo.text("country_code") or code,
        "continent": geo.text("continent") or document.text("continent"),
        "continent_code": geo.text("continent_code") or document.text("continent_code"),
        "latitude": _first(geo.number("latitude"), coordinates.number("latitude")),
        "longitude": _first(geo.number("longitude"), coordinates.number("longitude")),
        "accuracy_radius_km": geo.integer("radius"),
        "postal_code": geo.text("postal_code") or document.text("postal"),
        "time_zone": geo.text("timezone") or document.text("timezone"),
        "geoname_id": geo.integer("geoname_id"),
    }


def _network_facts(document: JsonObject, links: LinkCollector) -> dict[str, Scalar]:
    """Whose it is. The number is a text such as `AS64500`, alone or before a name."""
    newer, older, company = document.child("as"), document.child("asn"), document.child("company")
    system_text, pointer = next(
        (
            (text, part.pointer_to(*path))
            for part, path in ((newer, ("asn",)), (older, ("asn",)), (document, ("asn",)), (document, ("org",)))
            if (text := part.text(*path))
        ),
        ("", ""),
    )
    digits, _, organization = system_text.partition(" ")
    system: AutonomousSystem | None = None
    if digits:
        system = links.link_to(Relation.BELONGS_TO, digits, AutonomousSystem, pointer)
    mobile, carrier = document.child("mobile"), document.child("carrier")
    return {
        "asn": system.number if system is not None else None,
        "as_organization": newer.text("name") or older.text("name") or document.text("as_name") or organization or None,
        "domain": newer.text("domain") or older.text("domain") or document.text("as_domain"),
        "network": older.text("route"),
        "usage_type": newer.text("type") or older.text("type") or company.text("type"),
        "organization": company.text("name"),
        "isp": mobile.text("name") or carrier.text("name"),
        "mobile_country_code": mobile.text("mcc") or carrier.text("mcc"),
        "mobile_network_code": mobile.text("mnc") or carrier.text("mnc"),
        "abuse_mail": document.text("abuse", "email"),
        "abuse_phone": document.text("abuse", "phone"),
    }


def _flag_facts(document: JsonObject) -> dict[str, Scalar]:
    """What it is used for: by the newer names, else by the older ones."""
    newer, older = document.child("anonymous"), document.child("privacy")
    return {
        "anonymizer": newer.text("name") or older.text("service"),
        "anonymizer_last_seen": iso_day(newer.moment("last_seen")),
        "is_anonymous": document.flag("is_anonymous"),
        "is_anonymous_vpn": _first(newer.flag("is_vpn"), older.flag("vpn")),
        "is_public_proxy": _first(newer.flag("is_proxy"), older.flag("proxy")),
        "is_residential_proxy": newer.flag("is_res_proxy"),
        "is_relay": _first(newer.flag("is_relay"), older.flag("relay")),
        "is_tor": _first(newer.flag("is_tor"), older.flag("tor")),
        "is_hosting_provider": _first(document.flag("is_hosting"), older.flag("hosting")),
        "is_anycast": _first(document.flag("is_anycast"), document.flag("anycast")),
        "is_mobile": document.flag("is_mobile"),
        "is_satellite_provider": document.flag("is_satellite"),
    }


def _first(newer: Scalar, older: Scalar) -> Scalar:
    return older if newer is None else newer


def _link_hostname(document: JsonObject, links: LinkCollector) -> None:
    name = document.text("hostname")
    if name is not None:
        links.link_to(Relation.RESOLVES_TO, name, Domain, document.pointer_to("hostname"), backwards=True)


def _join(plan: Plan, requests: Sequence[HttpRequest]) -> HttpRequest:
    addresses = [_address(request) for request in requests]
    return HttpRequest("POST", _BATCH_URLS[plan], json=addresses, secret=_TOKEN, idempotent=True)


def _address(request: HttpRequest) -> str:
    return unquote(request.url.removesuffix("/json").rpartition("/")[2])


def _split(reply: Reply, requests: Sequence[HttpRequest]) -> Sequence[bytes | AskFailed]:
    """What stands under each address."""
    document = reply.object()
    answers: dict[str, object] = {}
    for text, value in document.items():
        try:
            answers[IpAddress(text).value] = value
        except EntityError:
            continue  # an error, or the address of nobody who asked
    if not answers:
        raise AskFailed("the reply is about no address", kind="reply")
    bodies: list[bytes | AskFailed] = []
    for request in requests:
        value = answers.get(_address(request))
        is_answer = isinstance(value, dict)
        missing = AskFailed("the reply leaves out this address", kind="reply")
        bodies.append(canonical_json(value).encode() if is_answer else missing)
    return bodies


#: How many are asked at once, by the plan.
BATCHES: Mapping[Plan, Batch] = {
    "lite": Batch(1000, partial(_join, "lite"), _split),
    "core": Batch(1000, partial(_join, "core"), _split),
    "legacy": Batch(1000, partial(_join, "legacy"), _split),
}
