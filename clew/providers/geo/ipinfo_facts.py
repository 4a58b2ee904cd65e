"""The facts in a record of IPinfo, whichever plan it is from."""

from __future__ import annotations

from clew.entities import AutonomousSystem, Relation
from clew.entities.finding import Scalar
from clew.providers.field_table import COMPUTED_FIELD, Field, FieldTable
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector


def _plain_country(document: JsonObject) -> str | None:
    """The country in older plans, which have its code in the place of its name."""
    country, code = document.text("country"), document.text("country_code")
    return None if code is None and country is not None and len(country) == 2 else country


def _plain_country_code(document: JsonObject) -> str | None:
    country, code = document.text("country"), document.text("country_code")
    return country if code is None and country is not None and len(country) == 2 else code


def _coordinates(document: JsonObject) -> JsonObject:
    """The coordinates in older plans, which have both in one text."""
    latitude, _, longitude = (document.text("loc") or "").partition(",")
    return JsonObject({"latitude": latitude, "longitude": longitude})


# What newer plans have in an object of its own stands beside everything else in older ones.
_LOCATION = FieldTable(
    city=Field.text("geo", "city") | Field.text("city"),
    subdivision=Field.text("geo", "region") | Field.text("region"),
    subdivision_code=Field.text("geo", "region_code"),
    country=Field.text("geo", "country") | Field(_plain_country),
    country_code=Field.text("geo", "country_code") | Field(_plain_country_code),
    continent=Field.text("geo", "continent") | Field.text("continent"),
    continent_code=Field.text("geo", "continent_code") | Field.text("continent_code"),
    latitude=Field.number("geo", "latitude") | Field(lambda document: _coordinates(document).number("latitude")),
    longitude=Field.number("geo", "longitude") | Field(lambda document: _coordinates(document).number("longitude")),
    accuracy_radius_km=Field.integer("geo", "radius"),
    postal_code=Field.text("geo", "postal_code") | Field.text("postal"),
    time_zone=Field.text("geo", "timezone") | Field.text("timezone"),
    geoname_id=Field.integer("geo", "geoname_id"),
)
_NETWORK = FieldTable(
    asn=COMPUTED_FIELD,
    as_organization=Field.text("as", "name") | Field.text("asn", "name") | Field.text("as_name"),
    domain=Field.text("as", "domain") | Field.text("asn", "domain") | Field.text("as_domain"),
    network=Field.text("asn", "route"),
    usage_type=Field.text("as", "type") | Field.text("asn", "type") | Field.text("company", "type"),
    organization=Field.text("company", "name"),
    isp=Field.text("mobile", "name") | Field.text("carrier", "name"),
    mobile_country_code=Field.text("mobile", "mcc") | Field.text("carrier", "mcc"),
    mobile_network_code=Field.text("mobile", "mnc") | Field.text("carrier", "mnc"),
)
_USE = FieldTable(
    anonymizer=Field.text("anonymous", "name") | Field.text("privacy", "service"),
    anonymizer_last_seen=Field.day("anonymous", "last_seen"),
    is_anonymous=Field.flag("is_anonymous"),
    is_anonymous_vpn=Field.flag("anonymous", "is_vpn") | Field.flag("privacy", "vpn"),
    is_public_proxy=Field.flag("anonymous", "is_proxy") | Field.flag("privacy", "proxy"),
    is_residential_proxy=Field.flag("anonymous", "is_res_proxy"),
    is_relay=Field.flag("anonymous", "is_relay") | Field.flag("privacy", "relay"),
    is_tor=Field.flag("anonymous", "is_tor") | Field.flag("privacy", "tor"),
    is_hosting_provider=Field.flag("is_hosting") | Field.flag("privacy", "hosting"),
    is_anycast=Field.flag("is_anycast") | Field.flag("anycast"),
    is_mobile=Field.flag("is_mobile"),
    is_satellite_provider=Field.flag("is_satellite"),
)
_ABUSE = FieldTable(abuse_mail=Field.text("abuse", "email"), abuse_phone=Field.text("abuse", "phone"))
FACTS = (*_LOCATION.names, *_NETWORK.names, *_USE.names, *_ABUSE.names)


def read_facts(document: JsonObject, links: LinkCollector) -> dict[str, Scalar]:
    """All facts; the network is linked. Its number is a text such as `AS64500`, alone or before a name."""
    paths = (("as", "asn"), ("asn", "asn"), ("asn",), ("org",))
    text, pointer = next(
        ((text, document.pointer_to(*path)) for path in paths if (text := document.text(*path))), ("", "")
    )
    digits, _, organization = text.partition(" ")
    system = links.link_to(Relation.BELONGS_TO, digits, AutonomousSystem, pointer) if digits else None
    network = _NETWORK.facts(document, asn=system.number if system is not None else None)
    network["as_organization"] = network["as_organization"] or organization or None
    return {**_LOCATION.facts(document), **network, **_ABUSE.facts(document), **_USE.facts(document)}
