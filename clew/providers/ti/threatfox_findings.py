"""The finding that indicators of ThreatFox make."""

from __future__ import annotations

from collections.abc import Iterable

from clew.entities import Domain, Entity, Finding, IpAddress, Severity, Verdict
from clew.entities.finding import Scalar
from clew.providers.fact_text import join_texts
from clew.providers.findings import Judgement, found, nothing
from clew.providers.json_reply import JsonObject, earliest, latest
from clew.providers.link_collector import LinkCollector
from clew.providers.ti.threatfox_indicators import Matcher, host_port
from clew.providers.url_quoting import percent_encode

_PAGES = "https://threatfox.abuse.ch"
_MALPEDIA = "https://malpedia.caad.fkie.fraunhofer.de/details/"
#: From here on, in percent, it is malicious; 50 is what is given when nothing else is said.
MALICIOUS_CONFIDENCE = 75


def indicator_finding(subject: Entity, document: JsonObject | None, term: str, matcher: Matcher) -> Finding:
    """The finding about a subject that was searched for as `term`, out of the reply, if there is something in it."""
    reference = f"{_PAGES}/browse.php?search=ioc%3A{percent_encode(term)}"
    if document is None:
        return nothing(subject, "ThreatFox knows no indicator of it", reference=reference)
    links, results = LinkCollector(subject), document.require_objects("data")
    matches = [(indicator, match) for indicator in results if (match := matcher(indicator, links)) is not None]
    if not matches:
        reason = f"ThreatFox knows no indicator of it; spelt alike: {len(results)}"
        return nothing(subject, reason, reference=reference)
    exact = [indicator for indicator, match in matches if match]
    indicators = exact or [indicator for indicator, _ in matches]
    confidence = max(
        (level for indicator in indicators if (level := indicator.integer("confidence_level")) is not None),
        default=None,
    )
    verdict, severity = _judge(confidence) if exact else (Verdict.SUSPICIOUS, Severity.LOW)
    pages = [indicator.text("malware_malpedia") or "" for indicator in indicators]
    facts: dict[str, Scalar] = {
        "reports": len(indicators),
        "confidence": confidence,
        "threat_name": join_texts(indicator.text("malware_printable") for indicator in indicators),
        "threat_aliases": join_texts(
            name.strip() for indicator in indicators for name in (indicator.text("malware_alias") or "").split(",")
        ),
        "threat_type": join_texts(indicator.text("threat_type") for indicator in indicators),
        "tags": join_texts(tag for indicator in indicators for tag in indicator.texts("tags")),
        "malpedia": join_texts(page for page in pages if page.startswith(_MALPEDIA)),
    }
    if isinstance(subject, IpAddress | Domain):
        facts["c2_ports"] = _ports(indicator for indicator in exact if indicator.text("threat_type") == "botnet_cc")
    return found(
        subject,
        _reason(len(exact), len(matches) - len(exact), facts["threat_name"], confidence),
        verdict=verdict,
        severity=severity,
        reference=reference,
        facts=facts,
        links=links,
        returned=len(matches),
        observed_first=earliest(indicators, "first_seen"),
        observed_last=latest(indicators, "last_seen"),
    )


def _judge(confidence: int | None) -> Judgement:
    if confidence is not None and confidence >= MALICIOUS_CONFIDENCE:
        return Judgement(Verdict.MALICIOUS, Severity.HIGH)
    return Judgement(Verdict.SUSPICIOUS, Severity.MEDIUM)


def _ports(servers: Iterable[JsonObject]) -> str:
    ports = {port for server in servers if (port := host_port(server.text("ioc") or "").port) is not None}
    return ", ".join(map(str, sorted(ports)))


def _reason(exact: int, nearby: int, names: Scalar, confidence: int | None) -> str:
    nearby_text = f", on or below it: {nearby}" if nearby else ""
    confidence_text = f", confidence {confidence} %" if confidence is not None else ""
    return f"indicators: {exact}{nearby_text}{f'; {names}' if names else ''}{confidence_text}"
