"""What GreyNoise says of an address that was seen scanning, or that has a service that many use."""

from __future__ import annotations

from clew.entities import AutonomousSystem, Domain, Finding, IpAddress, Relation, Severity, Verdict
from clew.entities.finding import Scalar
from clew.errors import AskFailed
from clew.providers.fact_text import join_texts
from clew.providers.field_table import COMPUTED_FIELD, Field, FieldTable
from clew.providers.findings import SEVERITIES, Judgement, found, nothing
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector
from clew.providers.ti.greynoise_batch import PAGES, SCANNERS, SERVICES


def not_observed(ip: IpAddress) -> Finding:
    """GreyNoise has neither seen it scanning nor knows a service there."""
    return nothing(ip, "not seen scanning, and no common business service", reference=f"{PAGES}/{ip.value}")


_VERDICTS = {"malicious": Verdict.MALICIOUS, "suspicious": Verdict.SUSPICIOUS, "benign": Verdict.BENIGN}


def judge(classification: str | None, *, is_scanner: bool, is_trusted: bool) -> Judgement:
    """The classification is the verdict; what nobody blames and GreyNoise trusts is benign."""
    vendor_verdict = _VERDICTS.get(classification or "", Verdict.UNKNOWN)
    verdict = Verdict.BENIGN if is_trusted and vendor_verdict is Verdict.UNKNOWN else vendor_verdict
    return Judgement(verdict, Severity.LOW if is_scanner and verdict is Verdict.UNKNOWN else SEVERITIES[verdict])


def _actor(scanners: JsonObject) -> str | None:
    actor = scanners.text("actor")
    return None if actor == "unknown" else actor


def _number(scanners: JsonObject) -> int | None:
    asn = scanners.text("metadata", "asn") or ""
    return int(asn[2:]) if asn[:2] == "AS" and asn[2:].isdecimal() and len(asn) < 13 else None


def _tag_names(scanners: JsonObject) -> list[str]:
    """Tags are objects, in a list or alone."""
    tags = [*scanners.objects("tags"), scanners.child("tags")]
    return [name for tag in tags if (name := tag.text("name"))]


FACTS = FieldTable(
    trust_level=COMPUTED_FIELD,
    classification=Field.text("classification"),
    actor=Field(_actor),
    tags=Field(lambda scanners: join_texts([*scanners.texts("tags"), *_tag_names(scanners)])),
    cves=Field(lambda scanners: join_texts([*scanners.texts("cves"), *scanners.texts("cve")])),
    is_spoofable=Field.flag("spoofable"),
    is_bot=Field.flag("bot"),
    is_tor=Field.flag("tor") | Field.flag("metadata", "tor"),
    is_anonymous_vpn=Field.flag("vpn"),
    anonymizer=Field(lambda scanners: scanners.text("vpn_service") if scanners.flag("vpn") else None),
    asn=Field(_number),
    organization=Field.text("metadata", "organization"),
    usage_type=Field.text("metadata", "category"),
    operating_system=Field.text("metadata", "os"),
    country_code=Field.text("metadata", "source_country_code") | Field.text("metadata", "country_code"),
    city=Field.text("metadata", "source_city") | Field.text("metadata", "city"),
)


def _read_facts(scanners: JsonObject, services: JsonObject) -> dict[str, Scalar]:
    """What is said of the scanner, and else of the service."""
    facts = FACTS.facts(scanners, trust_level=services.text("trust_level"))
    for name, service_value in (("actor", services.text("name")), ("usage_type", services.text("category"))):
        facts[name] = facts[name] or service_value
    return facts


def record_finding(ip: IpAddress, about: JsonObject) -> Finding:
    """The finding about an address. Raises AskFailed where the reply does not say whether it was seen."""
    services = about.child(SERVICES)
    # Replies of the API before this one were about scanners alone, and had no part of their own for them.
    scanners = about.child(SCANNERS) if {SCANNERS, SERVICES} & set(about.fields) else about
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
    facts = _read_facts(scanners if is_scanner else empty, services if is_service else empty)
    links.link_field(Relation.BELONGS_TO, scanners, ("metadata", "asn"), AutonomousSystem)
    links.link_field(Relation.RESOLVES_TO, scanners, ("metadata", "rdns"), Domain, backwards=True)
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
