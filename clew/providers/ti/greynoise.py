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
from clew.providers.fact_text import join_texts
from clew.providers.findings import SEVERITIES, found, nothing
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector
from clew.providers.web import Batch, HttpRequest, SecretLocation

API, PAGES = "https://api.greynoise.io/v3", "https://viz.greynoise.io/ip"
_SCANNERS, _SERVICES = "internet_scanner_intelligence", "business_service_intelligence"
_VERDICTS = {"malicious": Verdict.MALICIOUS, "suspicious": Verdict.SUSPICIOUS, "benign": Verdict.BENIGN}
_NOT_FOUND = frozenset({404})
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
            "GET", f"{API}/ip/{ip.value}", secret=SecretLocation("header", "key"), answers=_NOT_FOUND, batch=BATCH
        )
        return not_observed(ip) if reply.status == 404 else _finding(ip, JsonObject.of(reply))


def not_observed(ip: IpAddress) -> Finding:
    """GreyNoise has neither seen it scanning nor knows a service there."""
    return nothing(ip, "not seen scanning, and no common business service", reference=f"{PAGES}/{ip.value}")


def judge(classification: str | None, *, is_scanner: bool, is_trusted: bool) -> tuple[Verdict, Severity]:
    """The classification is the verdict; what nobody blames and GreyNoise trusts is benign."""
    vendor_verdict = _VERDICTS.get(classification or "", Verdict.UNKNOWN)
    verdict = Verdict.BENIGN if is_trusted and vendor_verdict is Verdict.UNKNOWN else vendor_verdict
    return verdict, Severity.LOW if is_scanner and verdict is Verdict.UNKNOWN else SEVERITIES[verdict]


def _finding(ip: IpAddress, about: JsonObject) -> Finding:
    services = about.child(_SERVICES)
    # Replies of the API before this one were about scanners alone, and had no part of their own for them.
    scanners = about.child(_SCANNERS) if {_SCANNERS, _SERVICES} & set(about.fields) else about
    is_scanner, is_service = scanners.flag("found"), services.flag("found")
    if is_scanner is None:
        is_scanner = scanners.flag("seen")
    if is_scanner is None and is_service is None:
        raise AskFailed("the reply does not say whether the address was found", kind="reply")
    if not (is_scanner or is_service):
        return not_observed(ip)
    # 1 is a provider that can be trusted; 2 is one whose addresses others use too, and 3 a mere label.
    is_trusted = is_service is True and services.text("trust_level") == "1"
    verdict, severity = judge(scanners.text("classification"), is_scanner=is_scanner is True, is_trusted=is_trusted)
    links, empty = LinkCollector(ip), JsonObject({})
    facts = _facts(scanners if is_scanner else empty, services if is_service else empty)
    metadata = scanners.child("metadata")
    if asn := metadata.text("asn"):
        links.link_to(Relation.BELONGS_TO, asn, AutonomousSystem, metadata.pointer_to("asn"))
    if name := metadata.text("rdns"):
        links.link_to(Relation.RESOLVES_TO, name, Domain, metadata.pointer_to("rdns"), backwards=True)
    return found(
        ip,
        "; ".join(_reasons(scanners, services)),
        verdict=verdict,
        severity=severity,
        reference=f"{PAGES}/{ip.value}",
        facts={**facts, "is_scanner": is_scanner, "is_business_service": is_service},
        links=links,
        observed_first=scanners.moment("first_seen"),
        observed_last=scanners.moment("last_seen_timestamp") or scanners.moment("last_seen"),
    )


def _reasons(scanners: JsonObject, services: JsonObject) -> list[str]:
    reasons: list[str] = []
    if scanners.flag("found") or scanners.flag("seen"):
        remark = ", but it may be forged" if scanners.flag("spoofable") else ""
        reasons.append(f"seen scanning the internet{remark}: {scanners.text('classification') or 'not classified'}")
    if services.flag("found"):
        reasons.append(
            f"a known service: {services.text('name') or 'not named'}, trust level "
            f"{services.text('trust_level') or 'not told'}"
        )
    return reasons


def _facts(scanners: JsonObject, services: JsonObject) -> dict[str, Scalar]:
    metadata = scanners.child("metadata")
    asn = metadata.text("asn") or ""
    actor, tor = scanners.text("actor"), scanners.flag("tor")
    return {
        "trust_level": services.text("trust_level"),
        "classification": scanners.text("classification"),
        "actor": services.text("name") if actor in (None, "unknown") else actor,
        "tags": join_texts([*scanners.texts("tags"), *_tag_names(scanners)]),
        "cves": join_texts([*scanners.texts("cves"), *scanners.texts("cve")]),
        "is_spoofable": scanners.flag("spoofable"),
        "is_bot": scanners.flag("bot"),
        "is_tor": metadata.flag("tor") if tor is None else tor,
        "is_anonymous_vpn": scanners.flag("vpn"),
        "anonymizer": scanners.text("vpn_service") if scanners.flag("vpn") else None,
        "asn": int(asn[2:]) if asn[:2] == "AS" and asn[2:].isdecimal() and len(asn) < 13 else None,
        "organization": metadata.text("organization"),
        "usage_type": metadata.text("category") or services.text("category"),
        "operating_system": metadata.text("os"),
        "country_code": metadata.text("source_country_code") or metadata.text("country_code"),
        "city": metadata.text("source_city") or metadata.text("city"),
    }


def _tag_names(scanners: JsonObject) -> list[str]:
    """Tags are objects, in a list or alone."""
    tags = [*scanners.objects("tags"), scanners.child("tags")]
    return [name for tag in tags if (name := tag.text("name"))]


def _join(requests: Sequence[HttpRequest]) -> HttpRequest:
    """One question about all the addresses that single requests are about."""
    return HttpRequest(
        "POST",
        f"{API}/ip",
        json={"ips": [_address(request) for request in requests]},
        secret=SecretLocation("header", "key"),
        answers=_NOT_FOUND,
        idempotent=True,
    )


def _split(reply: Reply, requests: Sequence[HttpRequest]) -> list[bytes | AskFailed]:
    """The record of each address, as a single request gets it."""
    absent = {_SCANNERS: {"found": False}, _SERVICES: {"found": False}}
    if reply.status == 404:
        return [json.dumps(absent).encode() for _ in requests]
    document = JsonObject.of(reply)
    records = {_canonical_ip(record.text("ip")): record.fields for record in document.require_objects("data")}
    missing = {_canonical_ip(text): absent for text in document.texts("request_metadata", "ips_not_found")}
    answers = [{**missing, **records}.get(_address(request)) for request in requests]
    failure = AskFailed("the reply for many addresses says nothing of this one", kind="reply")
    return [failure if record is None else json.dumps(record).encode() for record in answers]


def _address(request: HttpRequest) -> str:
    return request.url.rpartition("/")[2]


def _canonical_ip(text: str | None) -> str:
    try:
        return IpAddress(text or "").value
    except EntityError:
        return ""


#: The API takes 10,000, but a record may have a hundred kilobytes, and a reply has to be short enough to read.
BATCH = Batch(100, _join, _split)
