"""What CrowdSec says of an address: its reputation, and why it has it."""

from __future__ import annotations

from clew.entities import Domain, Finding, IpAddress, Relation, Severity, Verdict
from clew.errors import AskFailed
from clew.providers.fact_text import join_texts
from clew.providers.field_table import Field, FieldTable
from clew.providers.findings import found
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector

PAGES = "https://app.crowdsec.net/cti"
# What CrowdSec calls safe is a service that is known, such as a resolver or a search engine that reads the web.
_VERDICTS = {
    "malicious": (Verdict.MALICIOUS, Severity.HIGH),
    "suspicious": (Verdict.SUSPICIOUS, Severity.MEDIUM),
    "known": (Verdict.UNKNOWN, Severity.LOW),
    "safe": (Verdict.BENIGN, Severity.INFORMATIONAL),
    "benign": (Verdict.BENIGN, Severity.INFORMATIONAL),
    "unknown": (Verdict.UNKNOWN, Severity.INFORMATIONAL),
}


def _labels(*paths: tuple[str, ...]) -> Field:
    """The labels, or else the names, of the objects in the lists there."""

    def read(about: JsonObject) -> str | None:
        objects = (item for path in paths for item in about.objects(*path))
        return join_texts(item.text("label") or item.text("name") for item in objects)

    return Field(read)


FACTS = FieldTable(
    classification=Field.text("reputation"),
    threat_score=Field.integer("scores", "overall", "total"),
    behaviors=_labels(("behaviors",)),
    tags=_labels(("classifications", "classifications"), ("classifications", "false_positives")),
    cves=Field.texts("cves"),
    mitre_techniques=_labels(("mitre_techniques",)),
    background_noise=Field.text("background_noise"),
    is_anonymous=Field.flag("proxy_or_vpn"),
    asn=Field(lambda about: about.integer("as_num") or None),
    as_organization=Field.text("as_name"),
    network=Field.text("ip_range"),
    country_code=Field.text("location", "country"),
    city=Field.text("location", "city"),
)


def reputation_finding(ip: IpAddress, about: JsonObject) -> Finding:
    """The finding about an address. Raises AskFailed where the reply has no reputation."""
    reputation, links = about.text("reputation"), LinkCollector(ip)
    if reputation not in _VERDICTS:
        raise AskFailed(
            f"the reply has no reputation that CrowdSec has at {about.pointer_to('reputation')}", kind="reply"
        )
    if about.integer("as_num"):
        links.link_network(about, "as_num")
    links.link_field(Relation.RESOLVES_TO, about, "reverse_dns", Domain, backwards=True)
    facts, confidence = FACTS.facts(about), about.text("confidence")
    actions = facts["behaviors"] or facts["tags"] or "no behaviours"
    verdict, severity = _VERDICTS[reputation]
    return found(
        ip,
        f"{reputation} (confidence {confidence or 'not told'}): {actions}",
        verdict=verdict,
        severity=severity,
        reference=f"{PAGES}/{ip.value}",
        facts=facts,
        links=links,
        observed_first=about.moment("history", "first_seen"),
        observed_last=about.moment("history", "last_seen"),
    )
