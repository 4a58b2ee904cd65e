"""CrowdSec CTI: what a network of defenders has seen an address do."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from clew.entities import AutonomousSystem, Domain, Finding, IpAddress, Relation, Severity, Verdict
from clew.errors import AskFailed
from clew.providers.base import Provider, Quota, Steps, operation
from clew.providers.reading import Links, Part, joined, told, unknown
from clew.providers.web import HttpRequest, Place

_API, _PAGES = "https://cti.api.crowdsec.net/v2/smoke", "https://app.crowdsec.net/cti"
# What CrowdSec calls safe is a service that is known, such as a resolver or a search engine that reads the web.
_VERDICTS = {
    "malicious": (Verdict.MALICIOUS, Severity.HIGH),
    "suspicious": (Verdict.SUSPICIOUS, Severity.MEDIUM),
    "known": (Verdict.UNKNOWN, Severity.LOW),
    "safe": (Verdict.BENIGN, Severity.INFORMATIONAL),
    "benign": (Verdict.BENIGN, Severity.INFORMATIONAL),
    "unknown": (Verdict.UNKNOWN, Severity.INFORMATIONAL),
}
_UNKNOWN = frozenset({404})


class CrowdSec(Provider):
    """Attacks that machines which run CrowdSec reported, and whether the address is a known service."""

    name: ClassVar[str] = "crowdsec"
    title: ClassVar[str] = "CrowdSec CTI"
    docs: ClassVar[str] = "https://docs.crowdsec.net/u/cti_api/api_introduction/"
    leaves: ClassVar[bool] = True
    secret: ClassVar[str] = "CLEW_CROWDSEC_KEY"
    #: Of the key that comes with an account that costs nothing. Many addresses in one request are for paid keys alone,
    #: and each of them counts as one request.
    quotas: ClassVar[tuple[Quota, ...]] = (Quota(50, timedelta(days=1)),)

    @operation(
        calls=1,
        facts=(
            "classification",
            "threat_score",
            "behaviors",
            "tags",
            "cves",
            "mitre_techniques",
            "background_noise",
            "is_anonymous",
            "asn",
            "as_organization",
            "network",
            "country_code",
            "city",
        ),
    )
    def ip(self, ip: IpAddress) -> Steps:
        """Attacks by the address that CrowdSec's network saw."""
        reply = yield HttpRequest("GET", f"{_API}/{ip.value}", secret=Place("header", "x-api-key"), answers=_UNKNOWN)
        if reply.status == 404:
            return unknown(ip, "CrowdSec does not know it", reference=f"{_PAGES}/{ip.value}")
        return _finding(ip, Part.of(reply))


def _finding(ip: IpAddress, about: Part) -> Finding:
    reputation, links = about.text("reputation"), Links(ip)
    if reputation not in _VERDICTS:
        raise AskFailed(f"the reply has no reputation that CrowdSec has at {about.where('reputation')}", kind="reply")
    system = about.whole("as_num")
    if system:
        links.to(Relation.BELONGS_TO, f"AS{system}", AutonomousSystem, about.where("as_num"))
    if name := about.text("reverse_dns"):
        links.to(Relation.RESOLVES_TO, name, Domain, about.where("reverse_dns"), backwards=True)
    sorted_as = [*about.parts("classifications", "classifications"), *about.parts("classifications", "false_positives")]
    behaviors, tags = _labels(about.parts("behaviors")), _labels(sorted_as)
    confidence = about.text("confidence")
    verdict, severity = _VERDICTS[reputation]
    return told(
        ip,
        f"{reputation} (confidence {confidence or 'not told'}): {behaviors or tags or 'no behaviours'}",
        verdict=verdict,
        severity=severity,
        reference=f"{_PAGES}/{ip.value}",
        facts={
            "classification": reputation,
            "threat_score": about.whole("scores", "overall", "total"),
            "behaviors": behaviors,
            "tags": tags,
            "cves": joined(about.texts("cves")),
            "mitre_techniques": _labels(about.parts("mitre_techniques")),
            "background_noise": about.text("background_noise"),
            "is_anonymous": about.flag("proxy_or_vpn"),
            "asn": system or None,
            "as_organization": about.text("as_name"),
            "network": about.text("ip_range"),
            "country_code": about.text("location", "country"),
            "city": about.text("location", "city"),
        },
        links=links,
        observed_first=about.moment("history", "first_seen"),
        observed_last=about.moment("history", "last_seen"),
    )


def _labels(listed: list[Part]) -> str | None:
    return joined(each.text("label") or each.text("name") for each in listed)
