"""crt.sh: certificates in the logs of Certificate Transparency, by the names in them."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from clew.entities import Domain, Relation
from clew.entities.finding import Scalar, Table
from clew.errors import AskFailed
from clew.providers.base import Provider, Quota, Reply, Steps, operation
from clew.providers.reading import Links, Part, host_kind, joined, quoted, told, unknown, written
from clew.providers.web import HttpRequest

COLUMNS = ("certificate_id", "names", "issuer", "serial_number", "not_before", "not_after", "logged")
_URL = "https://crt.sh/"


class CrtSh(Provider):
    """Certificates that were ever issued for a name and logged, and the other names in them. Slow, and often busy."""

    name: ClassVar[str] = "crtsh"
    title: ClassVar[str] = "crt.sh"
    docs: ClassVar[str] = "https://groups.google.com/g/crtsh"
    leaves: ClassVar[bool] = True
    #: It once published 60 a minute. Today's users report 5, and beyond that errors and, worse, empty lists.
    quotas: ClassVar[tuple[Quota, ...]] = (Quota(5, timedelta(minutes=1)),)
    concurrency: ClassVar[int] = 1

    @operation(calls=1, wide=True, facts=COLUMNS)
    def domain(self, domain: Domain, *, subdomains: bool = False, expired: bool = True) -> Steps:
        """Certificates for the domain, and the names in the same ones.

        Args:
            subdomains: ask for certificates of names below the domain instead; takes longer.
            expired: certificates that are no longer valid too.
        """
        asked = f"%.{domain.value}" if subdomains else domain.value
        params = (("q", asked), ("output", "json"), *(() if expired else (("exclude", "expired"),)))
        reply = yield HttpRequest("GET", _URL, params)
        reference = f"{_URL}?q={quoted(asked)}"
        found, links = _certificates(reply), Links(domain)
        if not found:
            return unknown(domain, "no certificate in the logs names it", reference=reference)
        rows = tuple(_row(each, domain, links) for each in found)
        return told(
            domain,
            f"{len(rows)} certificates",
            reference=reference,
            links=links,
            table=Table(COLUMNS, rows),
            returned=len(rows),
            available=len(rows),
        )


def _certificates(reply: Reply) -> list[Part]:
    """The certificates in a reply. Raises AskFailed where something in it is none."""
    found = Part.all_of(reply)
    if len(found) != len(reply.json()) or any(each.whole("id") is None for each in found):
        raise AskFailed("the reply is a list of something else than certificates", kind="reply")
    return found


def _row(each: Part, domain: Domain, links: Links) -> tuple[Scalar, ...]:
    logged = each.moment("entry_timestamp")
    for text, place in _names(each):
        # A wildcard stands for names below, so what it says is that the name that it is below is in use.
        name = text.removeprefix("*.")
        other = links.made(name, host_kind(name))
        if other is None:
            continue
        if other.value.endswith(f".{domain.value}"):
            links.between(other, Relation.SUBDOMAIN_OF, domain, place, first=logged, last=logged)
        elif domain.value.endswith(f".{other.value}"):
            links.between(domain, Relation.SUBDOMAIN_OF, other, place, first=logged, last=logged)
        else:
            links.between(domain, Relation.RELATED_TO, other, place, first=logged, last=logged)
    return (
        each.whole("id"),
        joined(text for text, _ in _names(each)),
        each.text("issuer_name"),
        each.text("serial_number"),
        written(each.moment("not_before")),
        written(each.moment("not_after")),
        written(logged),
    )


def _names(each: Part) -> list[tuple[str, str]]:
    """The names in a certificate, and where they stand: those of the subject alternatives, and the common one."""
    alternatives = (each.text("name_value") or "").split("\n")
    named = {text.strip(): each.where("name_value") for text in alternatives if text.strip()}
    common = each.text("common_name")
    return list({**({common: each.where("common_name")} if common else {}), **named}.items())
