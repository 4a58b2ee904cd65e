"""What all questions to Censys have in common: the request, the record in a reply, and certificates."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from clew.entities import Certificate
from clew.errors import EntityError
from clew.providers.base import Ask, Provider, Quota, Reply
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector
from clew.providers.web import HttpRequest, SecretLocation

API, PAGES = "https://api.platform.censys.io/v3/global", "https://platform.censys.io"
KEY = SecretLocation("header", "Authorization", "Bearer ")


class CensysBase(Provider):
    """The service, whatever it is asked."""

    name: ClassVar[str] = "censys"
    title: ClassVar[str] = "Censys"
    docs: ClassVar[str] = "https://docs.censys.com/reference/get-started"
    leaves: ClassVar[bool] = True
    secret: ClassVar[str] = "CLEW_CENSYS_KEY"
    #: Of an account that costs nothing: 100 credits a month, of which looking something up takes one.
    quotas: ClassVar[tuple[Quota, ...]] = (Quota(1, timedelta(seconds=1)), Quota(100, timedelta(days=30)))


def asset_request(path: str, value: str, organization: str) -> Ask:
    """One look-up; that Censys does not know it is an answer."""
    url = f"{API}/asset/{path}/{value}"
    return HttpRequest("GET", url, organization_params(organization), secret=KEY, answers=frozenset({404}))


def organization_params(organization: str) -> tuple[tuple[str, str], ...]:
    """The parameter that says whose credits are used.

    Returns:
        Names of parameters, each with its value; none for an account of one's own.
    """
    return (("organization_id", organization),) if organization else ()


def record(reply: Reply) -> JsonObject | None:
    """What was asked for, or None where it is not known. The API before this one had it a level higher."""
    if reply.status == 404:
        return None
    result = JsonObject.of(reply).require("result")
    return result.require("resource") if "resource" in result.fields else result


def certificate_of(about: JsonObject, links: LinkCollector) -> Certificate | None:
    """A certificate with what is told of it; None, and counted, if it has no digest."""
    stub, contents = links.entity(about.text("fingerprint_sha256"), Certificate), about.child("parsed")
    try:
        return stub and Certificate(
            stub.value,
            sha1=about.text("fingerprint_sha1"),
            serial=contents.text("serial_number_hex"),
            issuer=contents.text("issuer_dn"),
            subject=contents.text("subject_dn"),
            not_before=contents.moment("validity_period", "not_before"),
            not_after=contents.moment("validity_period", "not_after"),
        )
    except EntityError:
        return stub
