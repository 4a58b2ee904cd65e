"""AbuseIPDB: reports of abuse, by address."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from clew.entities import Domain, Finding, IpAddress, Relation, Severity, Verdict
from clew.entities.finding import Scalar
from clew.errors import AskFailed
from clew.providers.base import Provider, Quota, Steps, operation
from clew.providers.findings import found, nothing
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector
from clew.providers.web import HttpRequest, SecretLocation

_URL = "https://api.abuseipdb.com/api/v2/check"


class AbuseIpDb(Provider):
    """Crowd-sourced reports about IP addresses."""

    name: ClassVar[str] = "abuseipdb"
    title: ClassVar[str] = "AbuseIPDB"
    docs: ClassVar[str] = "https://docs.abuseipdb.com/#check-endpoint"
    leaves: ClassVar[bool] = True
    secret: ClassVar[str] = "CLEW_ABUSEIPDB_KEY"
    #: Of an account that costs nothing. Who pays for more is refused here only beyond that.
    quotas: ClassVar[tuple[Quota, ...]] = (Quota(1000, timedelta(days=1)),)
    lifetime: ClassVar[timedelta] = timedelta(days=1)
    #: What nobody reported may be reported within the hour.
    lifetime_nothing: ClassVar[timedelta] = timedelta(hours=1)

    @operation(calls=1, facts=("abuse_score", "reports", "country_code", "isp", "usage_type", "domain", "is_tor"))
    def ip(self, ip: IpAddress, *, max_age_days: int = 90) -> Steps:
        """Abuse reports filed about the address.

        Args:
            max_age_days: how far back reports count, 1 to 365.
        """
        params = (("ipAddress", ip.value), ("maxAgeInDays", str(max_age_days)), ("verbose", ""))
        reply = yield HttpRequest("GET", _URL, params, secret=SecretLocation("header", "Key"))
        return _finding(ip, JsonObject.of(reply).require("data"))


def _finding(ip: IpAddress, about: JsonObject) -> Finding:
    score, reports = about.integer("abuseConfidenceScore"), about.count("totalReports")
    if score is None or not 0 <= score <= 100:
        raise AskFailed(f"the reply has a score of {score} %", kind="reply")
    reference = f"https://www.abuseipdb.com/check/{ip.value}"
    facts: dict[str, Scalar] = {
        "abuse_score": score,
        "reports": reports,
        "country_code": about.text("countryCode"),
        "isp": about.text("isp"),
        "usage_type": about.text("usageType"),
        "domain": about.text("domain"),
        "is_tor": about.flag("isTor"),
    }
    if not (score or reports):
        return nothing(ip, f"{reports} reports, confidence of abuse {score} %", reference=reference, facts=facts)
    links = LinkCollector(ip)
    for name, pointer in about.texts_with_pointers("hostnames"):
        links.link_to(Relation.RESOLVES_TO, name, Domain, pointer, backwards=True)
    verdict, severity = _judge(score)
    return found(
        ip,
        f"{reports} reports, confidence of abuse {score} %",
        verdict=verdict,
        severity=severity,
        reference=reference,
        facts=facts,
        links=links,
        observed_last=about.moment("lastReportedAt"),
    )


def _judge(score: int) -> tuple[Verdict, Severity]:
    """AbuseIPDB itself advises to block from 75 % on; below 25 % it speaks of noise."""
    if score >= 75:
        return Verdict.MALICIOUS, Severity.HIGH
    return (Verdict.SUSPICIOUS, Severity.MEDIUM) if score >= 25 else (Verdict.UNKNOWN, Severity.LOW)
