"""What all questions to SecurityTrails have in common: the request, and the records of a type."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import ClassVar

from clew.providers.base import Ask, Provider, Quota
from clew.providers.dns_relations import DNS_RELATIONS
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector
from clew.providers.web import HttpRequest, SecretLocation

API, PAGES = "https://api.securitytrails.com/v1", "https://securitytrails.com"
KEY = SecretLocation("header", "APIKEY")


#: The names under which a value may stand, by the type of the record.
VALUE_FIELDS: Mapping[str, tuple[str, ...]] = {
    "a": ("ip",),
    "aaaa": ("ipv6", "ip"),
    "mx": ("hostname", "host"),
    "ns": ("nameserver", "host"),
}


class SecurityTrailsBase(Provider):
    """The service, whatever it is asked."""

    name: ClassVar[str] = "securitytrails"
    title: ClassVar[str] = "SecurityTrails"
    docs: ClassVar[str] = "https://docs.securitytrails.com/reference"
    leaves: ClassVar[bool] = True
    secret: ClassVar[str] = "CLEW_SECURITYTRAILS_KEY"
    #: Of an account that costs nothing: 50 a month. How many a second is said of no plan.
    quotas: ClassVar[tuple[Quota, ...]] = (Quota(1, timedelta(seconds=1)), Quota(50, timedelta(days=30)))


def request(path: str, **params: str) -> Ask:
    """One question to the API; that it does not know the name is an answer."""
    return HttpRequest("GET", f"{API}/{path}", tuple(params.items()), secret=KEY, answers=frozenset({404}))


def values_of(about: JsonObject) -> list[JsonObject]:
    """What the records of a type hold; none where there are no such records."""
    return [] if about.value("values") is None else about.require_all("values")


def link_value(
    value: JsonObject, kind: str, links: LinkCollector, *, first: datetime | None, last: datetime | None
) -> str | None:
    """Link the subject to what a record of a type in `VALUE_FIELDS` holds; the value as the record has it."""
    text = next((text for name in VALUE_FIELDS[kind] if (text := value.text(name))), None)
    rule = DNS_RELATIONS[kind.upper()]
    links.link_to(rule.relation, text, rule.kind, value.pointer, first=first, last=last)
    return text


def answer_cells(kind: str, value: str | None) -> tuple[str, str | None, str | None]:
    """The cells of a row that say what a record holds.

    Returns:
        The type of the record in capitals; its address, if it holds one; and else what it holds.
    """
    return (kind.upper(), value, None) if kind in ("a", "aaaa") else (kind.upper(), None, value)
