"""IPQualityScore: how likely fraud and abuse are from an address, and what its scanner thinks of a domain or a URL."""

from __future__ import annotations

from collections.abc import Generator
from datetime import timedelta
from typing import ClassVar

from clew.entities import AutonomousSystem, Domain, IpAddress, Relation, Severity, Url, Verdict
from clew.entities.finding import Scalar
from clew.errors import AskError, AskFailed, AskRefused
from clew.providers.base import Ask, Provider, Quota, Reply, Steps, operation
from clew.providers.fact_text import iso_day
from clew.providers.findings import found, nothing
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector, host_kind
from clew.providers.url_quoting import percent_encode
from clew.providers.web import HttpRequest, SecretLocation

_API, _PAGES = "https://www.ipqualityscore.com/api/json", "https://www.ipqualityscore.com"
#: By its own table: from 75 on an address is suspicious, often a mere proxy, and from 90 on it was abused lately.
_MALICIOUS_SCORE, _SUSPICIOUS_SCORE = 90, 75
#: A URL is of high risk from 85 on; 100 is what somebody has confirmed.
_HIGH_RISK_SCORE, _CONFIRMED_SCORE = 85, 100
_IP_FACTS = (
    "fraud_score",
    "is_abused_lately",
    "abuse_velocity",
    "is_anonymous",
    "is_anonymous_vpn",
    "is_tor",
    "is_bot",
    "is_crawler",
    "usage_type",
    "asn",
    "isp",
    "organization",
    "country_code",
    "city",
)
_URL_FACTS = (
    "fraud_score",
    "is_phishing",
    "is_malware",
    "is_spamming",
    "is_parked",
    "categories",
    "popularity_rank",
    "http_status",
    "registered",
    "country_code",
)


class IpQualityScoreBase(Provider):
    """The service, whatever it is asked."""

    name: ClassVar[str] = "ipqualityscore"
    title: ClassVar[str] = "IPQualityScore"
    docs: ClassVar[str] = "https://www.ipqualityscore.com/documentation/overview"
    leaves: ClassVar[bool] = True
    secret: ClassVar[str] = "CLEW_IPQUALITYSCORE_KEY"
    #: Of an account that costs nothing.
    quotas: ClassVar[tuple[Quota, ...]] = (Quota(1000, timedelta(days=30)),)


class IpQualityScore(IpQualityScoreBase):
    """Addresses by how likely fraud is from them, and whether they are proxies, VPNs, Tor exits or bots."""

    @operation(calls=1, facts=_IP_FACTS)
    def ip(self, ip: IpAddress) -> Steps:
        """How likely fraud from the address is, and what hides behind it."""
        about = yield from _fetch("ip", ip=ip.value)
        reference = f"{_PAGES}/free-ip-lookup-proxy-vpn-test/lookup/{ip.value}"
        score, facts = _score(about, "fraud_score"), _ip_facts(about)
        if not score:
            return nothing(ip, "fraud score 0 of 100", reference=reference, facts=facts)
        links = LinkCollector(ip)
        if asn := about.integer("ASN"):
            links.link_to(Relation.BELONGS_TO, f"AS{asn}", AutonomousSystem, about.pointer_to("ASN"))
        # An address without a name stands there for it.
        if (name := about.text("host")) and host_kind(name) is Domain:
            links.link_to(Relation.RESOLVES_TO, name, Domain, about.pointer_to("host"), backwards=True)
        verdict, severity = Verdict.UNKNOWN, Severity.LOW
        if score >= _SUSPICIOUS_SCORE:
            verdict, severity = Verdict.SUSPICIOUS, Severity.MEDIUM
        if score >= _MALICIOUS_SCORE:
            verdict, severity = Verdict.MALICIOUS, Severity.HIGH
        return found(
            ip,
            f"fraud score {score} of 100",
            verdict=verdict,
            severity=severity,
            reference=reference,
            facts=facts,
            links=links,
        )


class IpQualityScoreUrls(IpQualityScoreBase):
    """Domains and URLs by a scanner that opens the page when it is asked."""

    #: The page is fetched, so its owner can notice, though not for whom.
    active: ClassVar[bool] = True

    @operation(calls=1, facts=_URL_FACTS)
    def domain(self, domain: Domain) -> Steps:
        """Whether the domain is for phishing, malware or unwanted mails."""
        return (yield from _lookup(domain))

    @operation(calls=1, facts=_URL_FACTS)
    def url(self, url: Url) -> Steps:
        """Whether the URL is for phishing, malware or unwanted mails."""
        return (yield from _lookup(url))


def _fetch(path: str, **params: str) -> Generator[Ask, Reply, JsonObject]:
    """What the service says. It answers 403 to who asks too much, too, and says what was wrong in the reply."""
    reply = yield HttpRequest(
        "GET",
        f"{_API}/{path}",
        tuple(params.items()),
        secret=SecretLocation("header", "IPQS-KEY"),
        answers=frozenset({403}),
    )
    about = JsonObject.of(reply)
    success = about.flag("success")
    if success is None and reply.status != 403:
        raise AskFailed("the reply does not say whether it is one, at /success", kind="reply")
    if not success:
        raise _error_for(about.text("message") or "")
    return about


def _error_for(message: str) -> AskError:
    text = message.lower()
    if "quota" in text or "credit" in text or "limit" in text:
        return AskRefused("IPQualityScore's quota is used up", kind="quota")
    if "key" in text or "unauthorized" in text:
        step = f"check the key {IpQualityScoreBase.secret}"
        return AskRefused("IPQualityScore refused the key", kind="key", next_step=step)
    return AskFailed(f"IPQualityScore reports an error: {message[:200] or 'none that it names'}", kind="reply")


def _score(about: JsonObject, name: str) -> int:
    score = about.integer(name)
    if score is None or not 0 <= score <= 100:
        raise AskFailed(f"the reply has no score from 0 to 100 at {about.pointer_to(name)}", kind="reply")
    return score


def _known_text(about: JsonObject, name: str) -> str | None:
    """The text there; what is not known is written as `N/A`."""
    text = about.text(name)
    return None if text == "N/A" else text


def _ip_facts(about: JsonObject) -> dict[str, Scalar]:
    return {
        "fraud_score": about.integer("fraud_score"),
        "is_abused_lately": about.flag("recent_abuse"),
        "abuse_velocity": _known_text(about, "abuse_velocity"),
        "is_anonymous": about.flag("proxy"),
        "is_anonymous_vpn": about.flag("vpn"),
        "is_tor": about.flag("tor"),
        "is_bot": about.flag("bot_status"),
        "is_crawler": about.flag("is_crawler"),
        "usage_type": _known_text(about, "connection_type"),
        "asn": about.integer("ASN"),
        "isp": _known_text(about, "ISP"),
        "organization": _known_text(about, "organization"),
        "country_code": _known_text(about, "country_code"),
        "city": _known_text(about, "city"),
    }


def _lookup(subject: Domain | Url) -> Steps:
    about = yield from _fetch("url", url=subject.value)
    reference = f"{_PAGES}/threat-feeds/malicious-url-scanner/{percent_encode(subject.value)}"
    score, links = _score(about, "risk_score"), LinkCollector(subject)
    threats = [name for name in ("malware", "phishing", "spamming", "suspicious") if about.flag(name)]
    facts: dict[str, Scalar] = {
        "fraud_score": score,
        "is_phishing": about.flag("phishing"),
        "is_malware": about.flag("malware"),
        "is_spamming": about.flag("spamming"),
        "is_parked": about.flag("parking"),
        "categories": _known_text(about, "category"),
        "popularity_rank": about.integer("domain_rank") or None,
        "http_status": about.integer("status_code") or None,
        "registered": iso_day(about.moment("domain_age", "iso")),
        "country_code": _known_text(about, "country_code"),
    }
    if not (score or threats):
        return nothing(subject, "risk score 0 of 100", reference=reference, facts=facts)
    if address := _known_text(about, "ip_address"):
        relation = Relation.RESOLVES_TO if isinstance(subject, Domain) else Relation.RELATED_TO
        links.link_to(relation, address, IpAddress, about.pointer_to("ip_address"))
    if about.flag("redirected") and isinstance(subject, Url) and about.text("final_url"):
        links.link_to(Relation.REDIRECTS_TO, about.text("final_url"), Url, about.pointer_to("final_url"))
    verdict, severity = _judge(score, threats)
    return found(
        subject,
        f"risk score {score} of 100{': ' if threats else ''}{', '.join(threats)}",
        verdict=verdict,
        severity=severity,
        reference=reference,
        facts=facts,
        links=links,
    )


def _judge(score: int, threats: list[str]) -> tuple[Verdict, Severity]:
    if score >= _CONFIRMED_SCORE or {"malware", "phishing"} & set(threats):
        return Verdict.MALICIOUS, Severity.HIGH
    if score >= _HIGH_RISK_SCORE:
        return Verdict.MALICIOUS, Severity.MEDIUM
    if score >= _SUSPICIOUS_SCORE or threats:
        return Verdict.SUSPICIOUS, Severity.MEDIUM
    return Verdict.UNKNOWN, Severity.LOW
