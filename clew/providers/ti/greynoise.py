"""GreyNoise: who scans the whole internet, and whose services everybody uses; by address."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import ClassVar

from clew.entities import AutonomousSystem, Domain, Finding, IpAddress, Relation, Severity, Verdict
from clew.entities.finding import Scalar
from clew.errors import AskFailed, EntityError
from clew.providers.base import Provider, Quota, Reply, Steps, operation
from clew.providers.reading import SEVERITIES, Links, Part, joined, told, unknown
from clew.providers.web import Batch, HttpRequest, Place

API, PAGES = "https://api.greynoise.io/v3", "https://viz.greynoise.io/ip"
_SCANNERS, _SERVICES = "internet_scanner_intelligence", "business_service_intelligence"
_VERDICTS = {"malicious": Verdict.MALICIOUS, "suspicious": Verdict.SUSPICIOUS, "benign": Verdict.BENIGN}
_UNKNOWN = frozenset({404})
_FACTS = (
    "is_scanner",
    "is_business_service",
    "trust_level",
    "classification",
    "actor",
    "tags",
    "cves",
    "is_spoofable",
    "is_bot",
    "is_tor",
    "is_anonymous_vpn",
    "anonymizer",
    "asn",
    "organization",
    "usage_type",
    "operating_system",
    "country_code",
    "city",
)


class GreyNoise(Provider):
    """Addresses that scan the internet, by what they were seen doing, and addresses of common business services."""

    name: ClassVar[str] = "greynoise"
    title: ClassVar[str] = "GreyNoise"
    docs: ClassVar[str] = "https://docs.greynoise.io/docs/using-the-greynoise-api"
    leaves: ClassVar[bool] = True
    secret: ClassVar[str] = "CLEW_GREYNOISE_KEY"
    #: What a subscription has is agreed with each customer; this is no more than courtesy.
    quotas: ClassVar[tuple[Quota, ...]] = (Quota(10, timedelta(seconds=1)),)

    @operation(calls=1, facts=_FACTS)
    def ip(self, ip: IpAddress) -> Steps:
        """Whether it scans the internet, for whom, or is a common service."""
        reply = yield HttpRequest(
            "GET", f"{API}/ip/{ip.value}", secret=Place("header", "key"), answers=_UNKNOWN, batch=BATCH
        )
        return unseen(ip) if reply.status == 404 else _finding(ip, Part.of(reply))


def unseen(ip: IpAddress) -> Finding:
    """GreyNoise has neither seen it scanning nor knows a service there."""
    return unknown(ip, "not seen scanning, and no common business service", reference=f"{PAGES}/{ip.value}")


def judge(classification: str | None, *, scans: bool, trusted: bool) -> tuple[Verdict, Severity]:
    """The classification is the verdict; what nobody blames and GreyNoise trusts is benign."""
    said = _VERDICTS.get(classification or "", Verdict.UNKNOWN)
    verdict = Verdict.BENIGN if trusted and said is Verdict.UNKNOWN else said
    return verdict, Severity.LOW if scans and verdict is Verdict.UNKNOWN else SEVERITIES[verdict]


def _finding(ip: IpAddress, about: Part) -> Finding:
    services = about.part(_SERVICES)
    # Replies of the API before this one were about scanners alone, and had no part of their own for them.
    scanners = about.part(_SCANNERS) if {_SCANNERS, _SERVICES} & set(about.fields) else about
    scans, serves = scanners.flag("found"), services.flag("found")
    if scans is None:
        scans = scanners.flag("seen")
    if scans is None and serves is None:
        raise AskFailed("the reply does not say whether the address was found", kind="reply")
    if not (scans or serves):
        return unseen(ip)
    # 1 is a provider that can be trusted; 2 is one whose addresses others use too, and 3 a mere label.
    trusted = serves is True and services.text("trust_level") == "1"
    verdict, severity = judge(scanners.text("classification"), scans=scans is True, trusted=trusted)
    links, nobody = Links(ip), Part({})
    facts = _facts(scanners if scans else nobody, services if serves else nobody)
    where = scanners.part("metadata")
    if system := where.text("asn"):
        links.to(Relation.BELONGS_TO, system, AutonomousSystem, where.where("asn"))
    if name := where.text("rdns"):
        links.to(Relation.RESOLVES_TO, name, Domain, where.where("rdns"), backwards=True)
    return told(
        ip,
        "; ".join(_said(scanners, services)),
        verdict=verdict,
        severity=severity,
        reference=f"{PAGES}/{ip.value}",
        facts={**facts, "is_scanner": scans, "is_business_service": serves},
        links=links,
        observed_first=scanners.moment("first_seen"),
        observed_last=scanners.moment("last_seen_timestamp") or scanners.moment("last_seen"),
    )


def _said(scanners: Part, services: Part) -> list[str]:
    said: list[str] = []
    if scanners.flag("found") or scanners.flag("seen"):
        forged = ", but it may be forged" if scanners.flag("spoofable") else ""
        said.append(f"seen scanning the internet{forged}: {scanners.text('classification') or 'not classified'}")
    if services.flag("found"):
        said.append(
            f"a known service: {services.text('name') or 'not named'}, trust level "
            f"{services.text('trust_level') or 'not told'}"
        )
    return said


def _facts(scanners: Part, services: Part) -> dict[str, Scalar]:
    where = scanners.part("metadata")
    system = where.text("asn") or ""
    actor, tor = scanners.text("actor"), scanners.flag("tor")
    return {
        "trust_level": services.text("trust_level"),
        "classification": scanners.text("classification"),
        "actor": services.text("name") if actor in (None, "unknown") else actor,
        "tags": joined([*scanners.texts("tags"), *_tag_names(scanners)]),
        "cves": joined([*scanners.texts("cves"), *scanners.texts("cve")]),
        "is_spoofable": scanners.flag("spoofable"),
        "is_bot": scanners.flag("bot"),
        "is_tor": where.flag("tor") if tor is None else tor,
        "is_anonymous_vpn": scanners.flag("vpn"),
        "anonymizer": scanners.text("vpn_service") if scanners.flag("vpn") else None,
        "asn": int(system[2:]) if system[:2] == "AS" and system[2:].isdecimal() and len(system) < 13 else None,
        "organization": where.text("organization"),
        "usage_type": where.text("category") or services.text("category"),
        "operating_system": where.text("os"),
        "country_code": where.text("source_country_code") or where.text("country_code"),
        "city": where.text("source_city") or where.text("city"),
    }


def _tag_names(scanners: Part) -> list[str]:
    """Tags are objects, in a list or alone."""
    tags = [*scanners.parts("tags"), scanners.part("tags")]
    return [name for tag in tags if (name := tag.text("name"))]


def _join(requests: Sequence[HttpRequest]) -> HttpRequest:
    """One question about all the addresses that single requests are about."""
    return HttpRequest(
        "POST",
        f"{API}/ip",
        json={"ips": [_address(request) for request in requests]},
        secret=Place("header", "key"),
        answers=_UNKNOWN,
        idempotent=True,
    )


def _split(reply: Reply, requests: Sequence[HttpRequest]) -> list[bytes | AskFailed]:
    """The record of each address, as a single request gets it."""
    absent = {_SCANNERS: {"found": False}, _SERVICES: {"found": False}}
    if reply.status == 404:
        return [json.dumps(absent).encode() for _ in requests]
    document = Part.of(reply)
    records = {_spelt(each.text("ip")): each.fields for each in document.need_parts("data")}
    missing = {_spelt(text): absent for text in document.texts("request_metadata", "ips_not_found")}
    found = [{**missing, **records}.get(_address(request)) for request in requests]
    lost = AskFailed("the reply for many addresses says nothing of this one", kind="reply")
    return [lost if each is None else json.dumps(each).encode() for each in found]


def _address(request: HttpRequest) -> str:
    return request.url.rpartition("/")[2]


def _spelt(text: str | None) -> str:
    try:
        return IpAddress(text or "").value
    except EntityError:
        return ""


#: The API takes 10,000, but a record may have a hundred kilobytes, and a reply has to be short enough to read.
BATCH = Batch(100, _join, _split)
