"""IPQualityScore: how likely fraud and abuse are from an address, and what its scanner thinks of a domain or a URL."""

from __future__ import annotations

from collections.abc import Generator
from datetime import timedelta
from typing import ClassVar

from clew.entities import AutonomousSystem, Domain, IpAddress, Relation, Severity, Url, Verdict
from clew.entities.finding import Scalar
from clew.errors import AskError, AskFailed, AskRefused
from clew.providers.base import Ask, Provider, Quota, Reply, Steps, operation
from clew.providers.reading import Links, Part, day, host_kind, quoted, told, unknown
from clew.providers.web import HttpRequest, Place

_API, _PAGES = "https://www.ipqualityscore.com/api/json", "https://www.ipqualityscore.com"
#: By its own table: from 75 on an address is suspicious, often a mere proxy, and from 90 on it was abused lately.
_ABUSED, _DOUBTED = 90, 75
#: A URL is of high risk from 85 on; 100 is what somebody has confirmed.
_RISKY, _CONFIRMED = 85, 100
_OF_IP = (
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
_OF_URLS = (
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

    @operation(calls=1, facts=_OF_IP)
    def ip(self, ip: IpAddress) -> Steps:
        """How likely fraud from the address is, and what hides behind it."""
        about = yield from _asked("ip", ip=ip.value)
        reference = f"{_PAGES}/free-ip-lookup-proxy-vpn-test/lookup/{ip.value}"
        score, facts = _score(about, "fraud_score"), _about_ip(about)
        if not score:
            return unknown(ip, "fraud score 0 of 100", reference=reference, facts=facts)
        links = Links(ip)
        if system := about.whole("ASN"):
            links.to(Relation.BELONGS_TO, f"AS{system}", AutonomousSystem, about.where("ASN"))
        # An address without a name stands there for it.
        if (name := about.text("host")) and host_kind(name) is Domain:
            links.to(Relation.RESOLVES_TO, name, Domain, about.where("host"), backwards=True)
        verdict, severity = Verdict.UNKNOWN, Severity.LOW
        if score >= _DOUBTED:
            verdict, severity = Verdict.SUSPICIOUS, Severity.MEDIUM
        if score >= _ABUSED:
            verdict, severity = Verdict.MALICIOUS, Severity.HIGH
        return told(
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

    @operation(calls=1, facts=_OF_URLS)
    def domain(self, domain: Domain) -> Steps:
        """Whether the domain is for phishing, malware or unwanted mails."""
        return (yield from _scanned(domain))

    @operation(calls=1, facts=_OF_URLS)
    def url(self, url: Url) -> Steps:
        """Whether the URL is for phishing, malware or unwanted mails."""
        return (yield from _scanned(url))


def _asked(what: str, **params: str) -> Generator[Ask, Reply, Part]:
    """What the service says. It answers 403 to who asks too much, too, and says what was wrong in the reply."""
    reply = yield HttpRequest(
        "GET", f"{_API}/{what}", tuple(params.items()), secret=Place("header", "IPQS-KEY"), answers=frozenset({403})
    )
    about = Part.of(reply)
    success = about.flag("success")
    if success is None and reply.status != 403:
        raise AskFailed("the reply does not say whether it is one, at /success", kind="reply")
    if not success:
        raise _meaning(about.text("message") or "")
    return about


def _meaning(message: str) -> AskError:
    text = message.lower()
    if "quota" in text or "credit" in text or "limit" in text:
        return AskRefused("IPQualityScore's quota is used up", kind="quota")
    if "key" in text or "unauthorized" in text:
        step = f"check the key {IpQualityScoreBase.secret}"
        return AskRefused("IPQualityScore refused the key", kind="key", next_step=step)
    return AskFailed(f"IPQualityScore reports an error: {message[:200] or 'none that it names'}", kind="reply")


def _score(about: Part, name: str) -> int:
    score = about.whole(name)
    if score is None or not 0 <= score <= 100:
        raise AskFailed(f"the reply has no score from 0 to 100 at {about.where(name)}", kind="reply")
    return score


def _known(about: Part, name: str) -> str | None:
    """The text there; what is not known is written as `N/A`."""
    text = about.text(name)
    return None if text == "N/A" else text


def _about_ip(about: Part) -> dict[str, Scalar]:
    return {
        "fraud_score": about.whole("fraud_score"),
        "is_abused_lately": about.flag("recent_abuse"),
        "abuse_velocity": _known(about, "abuse_velocity"),
        "is_anonymous": about.flag("proxy"),
        "is_anonymous_vpn": about.flag("vpn"),
        "is_tor": about.flag("tor"),
        "is_bot": about.flag("bot_status"),
        "is_crawler": about.flag("is_crawler"),
        "usage_type": _known(about, "connection_type"),
        "asn": about.whole("ASN"),
        "isp": _known(about, "ISP"),
        "organization": _known(about, "organization"),
        "country_code": _known(about, "country_code"),
        "city": _known(about, "city"),
    }


def _scanned(subject: Domain | Url) -> Steps:
    about = yield from _asked("url", url=subject.value)
    reference = f"{_PAGES}/threat-feeds/malicious-url-scanner/{quoted(subject.value)}"
    score, links = _score(about, "risk_score"), Links(subject)
    known_as = [name for name in ("malware", "phishing", "spamming", "suspicious") if about.flag(name)]
    facts: dict[str, Scalar] = {
        "fraud_score": score,
        "is_phishing": about.flag("phishing"),
        "is_malware": about.flag("malware"),
        "is_spamming": about.flag("spamming"),
        "is_parked": about.flag("parking"),
        "categories": _known(about, "category"),
        "popularity_rank": about.whole("domain_rank") or None,
        "http_status": about.whole("status_code") or None,
        "registered": day(about.moment("domain_age", "iso")),
        "country_code": _known(about, "country_code"),
    }
    if not (score or known_as):
        return unknown(subject, "risk score 0 of 100", reference=reference, facts=facts)
    if found := _known(about, "ip_address"):
        relation = Relation.RESOLVES_TO if isinstance(subject, Domain) else Relation.RELATED_TO
        links.to(relation, found, IpAddress, about.where("ip_address"))
    if about.flag("redirected") and isinstance(subject, Url) and about.text("final_url"):
        links.to(Relation.REDIRECTS_TO, about.text("final_url"), Url, about.where("final_url"))
    verdict, severity = _judge(score, known_as)
    return told(
        subject,
        f"risk score {score} of 100{': ' if known_as else ''}{', '.join(known_as)}",
        verdict=verdict,
        severity=severity,
        reference=reference,
        facts=facts,
        links=links,
    )


def _judge(score: int, known_as: list[str]) -> tuple[Verdict, Severity]:
    if score >= _CONFIRMED or {"malware", "phishing"} & set(known_as):
        return Verdict.MALICIOUS, Severity.HIGH
    if score >= _RISKY:
        return Verdict.MALICIOUS, Severity.MEDIUM
    if score >= _DOUBTED or known_as:
        return Verdict.SUSPICIOUS, Severity.MEDIUM
    return Verdict.UNKNOWN, Severity.LOW
