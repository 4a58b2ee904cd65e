"""AbuseIPDB: reports of abuse, by address."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, ClassVar

from clew.entities import Fact, Finding, IpAddress, Outcome, Severity, Verdict
from clew.providers.base import Provider, Quota, Steps, operation
from clew.providers.web import HttpRequest, Place

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
        reply = yield HttpRequest("GET", _URL, params, secret=Place("header", "Key"))
        data: dict[str, Any] = reply.object()["data"]
        return _finding(ip, data)


def _finding(ip: IpAddress, data: dict[str, Any]) -> Finding:
    score, reports = int(data["abuseConfidenceScore"]), int(data.get("totalReports") or 0)
    if not 0 <= score <= 100 or reports < 0:
        raise ValueError(f"a score of {score} % out of {reports} reports")
    verdict, severity = _judge(score, reports)
    known = {
        "abuse_score": score,
        "reports": reports,
        "country_code": data.get("countryCode"),
        "isp": data.get("isp"),
        "usage_type": data.get("usageType"),
        "domain": data.get("domain"),
        "is_tor": data.get("isTor"),
    }
    return Finding(
        ip,
        outcome=Outcome.FOUND if reports or score else Outcome.NOTHING,
        verdict=verdict,
        severity=severity,
        reason=f"{reports} reports, confidence of abuse {score} %",
        reference=f"https://www.abuseipdb.com/check/{ip.value}",
        facts=tuple(Fact(name, value) for name, value in known.items() if isinstance(value, str | int)),
        returned=1,
        available=1,
        observed_last=_moment(data.get("lastReportedAt")),
    )


def _judge(score: int, reports: int) -> tuple[Verdict, Severity]:
    """AbuseIPDB itself advises to block from 75 % on; below 25 % it speaks of noise."""
    if score >= 75:
        return Verdict.MALICIOUS, Severity.HIGH
    if score >= 25:
        return Verdict.SUSPICIOUS, Severity.MEDIUM
    return Verdict.UNKNOWN, Severity.LOW if reports else Severity.INFORMATIONAL


def _moment(text: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None
