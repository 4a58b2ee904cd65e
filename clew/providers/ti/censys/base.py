"""What all questions to Censys have in common: the request, the record in a reply, and certificates."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from clew.entities import Certificate
from clew.errors import EntityError
from clew.providers.base import Ask, Provider, Quota, Reply
from clew.providers.reading import Links, Part
from clew.providers.web import HttpRequest, Place

API, PAGES = "https://api.platform.censys.io/v3/global", "https://platform.censys.io"
KEY = Place("header", "Authorization", "Bearer ")


class CensysBase(Provider):
    """The service, whatever it is asked."""

    name: ClassVar[str] = "censys"
    title: ClassVar[str] = "Censys"
    docs: ClassVar[str] = "https://docs.censys.com/reference/get-started"
    leaves: ClassVar[bool] = True
    secret: ClassVar[str] = "CLEW_CENSYS_KEY"
    #: Of an account that costs nothing: 100 credits a month, of which looking something up takes one.
    quotas: ClassVar[tuple[Quota, ...]] = (Quota(1, timedelta(seconds=1)), Quota(100, timedelta(days=30)))


def asked(path: str, value: str, organization: str) -> Ask:
    """One look-up; that Censys does not know it is an answer."""
    url = f"{API}/asset/{path}/{value}"
    return HttpRequest("GET", url, paid_by(organization), secret=KEY, answers=frozenset({404}))


def paid_by(organization: str) -> tuple[tuple[str, str], ...]:
    """The parameter that says whose credits are used."""
    return (("organization_id", organization),) if organization else ()


def record(reply: Reply) -> Part | None:
    """What was asked for, or None where it is not known. The API before this one had it a level higher."""
    if reply.status == 404:
        return None
    result = Part.of(reply).need("result")
    return result.need("resource") if "resource" in result.fields else result


def certificate_of(about: Part, links: Links) -> Certificate | None:
    """A certificate with what is told of it; None, and counted, if it has no digest."""
    found, parsed = links.made(about.text("fingerprint_sha256"), Certificate), about.part("parsed")
    try:
        return found and Certificate(
            found.value,
            sha1=about.text("fingerprint_sha1"),
            serial=parsed.text("serial_number_hex"),
            issuer=parsed.text("issuer_dn"),
            subject=parsed.text("subject_dn"),
            not_before=parsed.moment("validity_period", "not_before"),
            not_after=parsed.moment("validity_period", "not_after"),
        )
    except EntityError:
        return found
