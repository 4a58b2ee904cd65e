"""Reports in the second version of VirusTotal's API: of a host, and of what scanners looked at themselves."""

from __future__ import annotations

from collections.abc import Mapping

from clew.entities import Domain, File, Finding, IpAddress, Relation, Severity, Url, Verdict
from clew.entities.finding import Scalar
from clew.errors import AskFailed
from clew.providers.fact_text import join_texts
from clew.providers.findings import found, nothing
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector
from clew.providers.ti.virustotal_api import MALICIOUS_THRESHOLD, verdict_of

# Samples and URLs that no scanner calls malicious are told as well; they are left out, for there are too many.
_SAMPLES = {
    "detected_communicating_samples": (Relation.COMMUNICATES_WITH, True),
    "detected_downloaded_samples": (Relation.HOSTS, False),
    "detected_referrer_samples": (Relation.CONTAINS, True),
}


def _is_known(about: JsonObject) -> bool:
    """Whether it is known. Raises AskFailed where it is still to be scanned, and where the reply does not say."""
    match about.integer("response_code"):
        case 1:
            return True
        case 0:
            return False
        case -2:
            raise AskFailed("VirusTotal has it in the queue of what is to be scanned", kind="pending")
        case _:
            raise AskFailed("the reply does not say whether it is known, at /response_code", kind="reply")


def scan_finding(
    subject: Url | File, about: JsonObject, reference: str, links: LinkCollector, same_entity: File | None = None
) -> Finding:
    """What scanners say of what they looked at themselves."""
    if not _is_known(about):
        return nothing(subject, "VirusTotal does not know it", reference=reference)
    if about.value("positives") is None:
        raise AskFailed("the reply has no number of scanners that object, at /positives", kind="reply")
    detections, engines = about.count("positives"), about.count("total")
    verdict, severity = verdict_of(detections)
    return found(
        subject,
        f"{detections} of {engines} scanners say malicious",
        verdict=verdict,
        severity=severity,
        reference=reference,
        facts={"detections": detections, "engines": engines, "tags": join_texts(about.texts("tags"))},
        links=links,
        observed_first=about.moment("first_seen"),
        observed_last=about.moment("scan_date"),
        same_entity=same_entity,
    )


def host_finding(subject: IpAddress | Domain, about: JsonObject, reference: str) -> Finding:
    """What is known of a host; scanners judge what it served, and nobody judges the host."""
    if not _is_known(about):
        return nothing(subject, "VirusTotal does not know it", reference=reference)
    links = LinkCollector(subject)
    worst, engines = _link_served(about, links)
    _link_names(about, links)
    links.link_network(about, "asn")
    is_bad = worst >= MALICIOUS_THRESHOLD
    facts: Mapping[str, Scalar] = {
        "detections": worst if engines else None,
        "engines": engines or None,
        "categories": join_texts(about.texts("categories")),
        "asn": about.integer("asn"),
        "as_organization": about.text("as_owner"),
        "country_code": about.text("country"),
    }
    reason = (
        f"{worst} of {engines} scanners object to the worst URL there"
        if engines
        else "no scanner objects to a URL there"
    )
    return found(
        subject,
        reason,
        verdict=Verdict.SUSPICIOUS if is_bad else Verdict.UNKNOWN,
        severity=Severity.MEDIUM if is_bad else Severity.INFORMATIONAL,
        reference=reference,
        facts=facts,
        links=links,
    )


def _link_served(about: JsonObject, links: LinkCollector) -> tuple[int, int]:
    """Link the URLs and samples that scanners object to; how many do to the worst URL, and of how many."""
    worst = (0, 0)
    for entry in about.objects("detected_urls"):
        seen_at = entry.moment("scan_date")
        links.link_to(Relation.CONTAINS, entry.text("url"), Url, entry.pointer, backwards=True, last=seen_at)
        worst = max(worst, (entry.integer("positives") or 0, entry.integer("total") or 0))
    for name, (relation, backwards) in _SAMPLES.items():
        for entry in about.objects(name):
            seen_at = entry.moment("date")
            links.link_to(relation, entry.text("sha256"), File, entry.pointer, backwards=backwards, last=seen_at)
    return worst


def _link_names(about: JsonObject, links: LinkCollector) -> None:
    """Link the names of the host: those that had the address, or its addresses, subdomains and siblings."""
    for resolution in about.objects("resolutions"):
        is_of_ip = "hostname" in resolution.fields
        value, kind = (resolution.text("hostname"), Domain) if is_of_ip else (resolution.text("ip_address"), IpAddress)
        seen_at = resolution.moment("last_resolved")
        links.link_to(Relation.RESOLVES_TO, value, kind, resolution.pointer, backwards=is_of_ip, last=seen_at)
    for name, pointer in about.texts_with_pointers("subdomains"):
        links.link_to(Relation.SUBDOMAIN_OF, name, Domain, pointer, backwards=True)
    for name, pointer in about.texts_with_pointers("domain_siblings"):
        links.link_to(Relation.RELATED_TO, name, Domain, pointer)
