"""CrowdSec CTI: what a network of defenders has seen an address do."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from clew.entities import AutonomousSystem, Domain, Finding, IpAddress, Relation, Severity, Verdict
from clew.errors import AskFailed
from clew.providers.base import Provider, Quota, Steps, operation
from clew.providers.fact_text import join_texts
from clew.providers.findings import found, nothing
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector
from clew.providers.web import HttpRequest, SecretLocation

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
_NOT_FOUND = frozenset({404})


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
        reply = yield HttpRequest(
            "GET", f"{_API}/{ip.value}", secret=SecretLocation("header", "x-api-key"), answers=_NOT_FOUND
        )
        if reply.status == 404:
            return nothing(ip, "CrowdSec does not know it", reference=f"{_PAGES}/{ip.value}")
        return _finding(ip, JsonObject.of(reply))


def _finding(ip: IpAddress, about: JsonObject) -> Finding:
    reputation, links = about.text("reputation"), LinkCollector(ip)
    if reputation not in _VERDICTS:
        raise AskFailed(
            f"the reply has no reputation that CrowdSec has at {about.pointer_to('reputation')}", kind="reply"
        )
    asn = about.integer("as_num")
    if asn:
        links.link_to(Relation.BELONGS_TO, f"AS{asn}", AutonomousSystem, about.pointer_to("as_num"))
    if name := about.text("reverse_dns"):
        links.link_to(Relation.RESOLVES_TO, name, Domain, about.pointer_to("reverse_dns"), backwards=True)
    classifications = [
        *about.objects("classifications", "classifications"),
        *about.objects("classifications", "false_positives"),
    ]
    behaviors, tags = _labels(about.objects("behaviors")), _labels(classifications)
    confidence = about.text("confidence")
    verdict, severity = _VERDICTS[reputation]
    return found(
        ip,
        f"{reputation} (confidence {confidence or 'not told'}): {behaviors or tags or 'no behaviours'}",
        verdict=verdict,
        severity=severity,
        reference=f"{_PAGES}/{ip.value}",
        facts={
            "classification": reputation,
            "threat_score": about.integer("scores", "overall", "total"),
            "behaviors": behaviors,
            "tags": tags,
            "cves": join_texts(about.texts("cves")),
            "mitre_techniques": _labels(about.objects("mitre_techniques")),
            "background_noise": about.text("background_noise"),
            "is_anonymous": about.flag("proxy_or_vpn"),
            "asn": asn or None,
            "as_organization": about.text("as_name"),
            "network": about.text("ip_range"),
            "country_code": about.text("location", "country"),
            "city": about.text("location", "city"),
        },
        links=links,
        observed_first=about.moment("history", "first_seen"),
        observed_last=about.moment("history", "last_seen"),
    )


def _labels(items: list[JsonObject]) -> str | None:
    return join_texts(item.text("label") or item.text("name") for item in items)
