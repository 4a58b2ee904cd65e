"""What IPQualityScore says of an address and of a page: the score, and the verdict that it makes."""

from __future__ import annotations

from clew.entities import AutonomousSystem, Domain, Finding, IpAddress, Relation, Severity, Url, Verdict
from clew.errors import AskFailed
from clew.providers.field_table import Field, FieldTable
from clew.providers.findings import Judgement, found, nothing
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector, host_kind
from clew.providers.url_quoting import percent_encode

_PAGES = "https://www.ipqualityscore.com"
#: By its own table: from 75 on an address is suspicious, often a mere proxy, and from 90 on it was abused lately.
_MALICIOUS_SCORE, _SUSPICIOUS_SCORE = 90, 75
#: A URL is of high risk from 85 on; 100 is what somebody has confirmed.
_HIGH_RISK_SCORE, _CONFIRMED_SCORE = 85, 100


def _score(about: JsonObject, name: str) -> int:
    score = about.integer(name)
    if score is None or not 0 <= score <= 100:
        raise AskFailed(f"the reply has no score from 0 to 100 at {about.pointer_to(name)}", kind="reply")
    return score


def _known_text(about: JsonObject, *path: str) -> str | None:
    text = about.text(*path)
    return None if text == "N/A" else text


def _text(*path: str) -> Field:
    """The text there; what is not known is written as `N/A`."""
    return Field(lambda about: _known_text(about, *path))


ADDRESS = FieldTable(
    fraud_score=Field.integer("fraud_score"),
    is_abused_lately=Field.flag("recent_abuse"),
    abuse_velocity=_text("abuse_velocity"),
    is_anonymous=Field.flag("proxy"),
    is_anonymous_vpn=Field.flag("vpn"),
    is_tor=Field.flag("tor"),
    is_bot=Field.flag("bot_status"),
    is_crawler=Field.flag("is_crawler"),
    usage_type=_text("connection_type"),
    asn=Field.integer("ASN"),
    isp=_text("ISP"),
    organization=_text("organization"),
    country_code=_text("country_code"),
    city=_text("city"),
)
PAGE = FieldTable(
    fraud_score=Field.integer("risk_score"),
    is_phishing=Field.flag("phishing"),
    is_malware=Field.flag("malware"),
    is_spamming=Field.flag("spamming"),
    is_parked=Field.flag("parking"),
    categories=_text("category"),
    popularity_rank=Field(lambda about: about.integer("domain_rank") or None),
    http_status=Field(lambda about: about.integer("status_code") or None),
    registered=Field.day("domain_age", "iso"),
    country_code=_text("country_code"),
)


def ip_finding(ip: IpAddress, about: JsonObject) -> Finding:
    """The finding about an address."""
    reference = f"{_PAGES}/free-ip-lookup-proxy-vpn-test/lookup/{ip.value}"
    score, facts = _score(about, "fraud_score"), ADDRESS.facts(about)
    if not score:
        return nothing(ip, "fraud score 0 of 100", reference=reference, facts=facts)
    links = LinkCollector(ip)
    if asn := about.integer("ASN"):
        links.link_to(Relation.BELONGS_TO, f"AS{asn}", AutonomousSystem, about.pointer_to("ASN"))
    # An address without a name stands there for it.
    if (name := about.text("host")) and host_kind(name) is Domain:
        links.link_to(Relation.RESOLVES_TO, name, Domain, about.pointer_to("host"), backwards=True)
    verdict, severity = _judge_address(score)
    return found(
        ip,
        f"fraud score {score} of 100",
        verdict=verdict,
        severity=severity,
        reference=reference,
        facts=facts,
        links=links,
    )


def page_finding(subject: Domain | Url, about: JsonObject) -> Finding:
    """The finding about a domain or a URL."""
    reference = f"{_PAGES}/threat-feeds/malicious-url-scanner/{percent_encode(subject.value)}"
    score, links = _score(about, "risk_score"), LinkCollector(subject)
    threats = [name for name in ("malware", "phishing", "spamming", "suspicious") if about.flag(name)]
    facts = PAGE.facts(about)
    if not (score or threats):
        return nothing(subject, "risk score 0 of 100", reference=reference, facts=facts)
    if address := _known_text(about, "ip_address"):
        relation = Relation.RESOLVES_TO if isinstance(subject, Domain) else Relation.RELATED_TO
        links.link_to(relation, address, IpAddress, about.pointer_to("ip_address"))
    if about.flag("redirected") and isinstance(subject, Url):
        links.link_field(Relation.REDIRECTS_TO, about, "final_url", Url)
    verdict, severity = _judge_page(score, threats)
    return found(
        subject,
        f"risk score {score} of 100{': ' if threats else ''}{', '.join(threats)}",
        verdict=verdict,
        severity=severity,
        reference=reference,
        facts=facts,
        links=links,
    )


def _judge_address(score: int) -> Judgement:
    if score >= _MALICIOUS_SCORE:
        return Judgement(Verdict.MALICIOUS, Severity.HIGH)
    if score >= _SUSPICIOUS_SCORE:
        return Judgement(Verdict.SUSPICIOUS, Severity.MEDIUM)
    return Judgement(Verdict.UNKNOWN, Severity.LOW)


def _judge_page(score: int, threats: list[str]) -> Judgement:
    if score >= _CONFIRMED_SCORE or {"malware", "phishing"} & set(threats):
        return Judgement(Verdict.MALICIOUS, Severity.HIGH)
    if score >= _HIGH_RISK_SCORE:
        return Judgement(Verdict.MALICIOUS, Severity.MEDIUM)
    if score >= _SUSPICIOUS_SCORE or threats:
        return Judgement(Verdict.SUSPICIOUS, Severity.MEDIUM)
    return Judgement(Verdict.UNKNOWN, Severity.LOW)
