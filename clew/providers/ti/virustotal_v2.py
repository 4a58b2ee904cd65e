"""The second version of VirusTotal's API, which old keys, proxies and appliances still speak."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from clew.entities import AutonomousSystem, Domain, File, Finding, IpAddress, Relation, Severity, Url, Verdict
from clew.entities.finding import Scalar
from clew.errors import AskFailed, AskRefused
from clew.providers.base import Reply, Steps, canonical_json, operation
from clew.providers.fact_text import join_texts
from clew.providers.file_hashes import first_hash, same_file
from clew.providers.findings import found, nothing
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector
from clew.providers.ti.virustotal_api import HASHES, MALICIOUS_THRESHOLD, PAGES, VirusTotalBase, name_of, verdict_of
from clew.providers.url_quoting import percent_encode
from clew.providers.web import Batch, HttpRequest, SecretLocation

API = "https://www.virustotal.com/vtapi/v2"
#: Hashes in one question, by the public API.
BATCH_SIZE = 4
_SCAN_FACTS = ("detections", "engines", "tags")
_HOST_FACTS = ("detections", "engines", "categories", "asn", "as_organization", "country_code")
# Samples and URLs that no scanner calls malicious are told as well; they are left out, for there are too many.
_SAMPLES = {
    "detected_communicating_samples": (Relation.COMMUNICATES_WITH, True),
    "detected_downloaded_samples": (Relation.HOSTS, False),
    "detected_referrer_samples": (Relation.CONTAINS, True),
}
_NO_CONTENT = 204


class VirusTotal2(VirusTotalBase):
    """What VirusTotal says in the second version of its API, which it keeps for those who still use it.

    It has a key of its own, so that nobody is asked twice who has not said so; where that is the key of the third
    version, both count towards one quota.
    """

    name: ClassVar[str] = "virustotal-v2"
    title: ClassVar[str] = "VirusTotal (API v2)"
    docs: ClassVar[str] = "https://docs.virustotal.com/v2.0/reference/overview"
    secret: ClassVar[str] = "CLEW_VIRUSTOTAL_V2_KEY"
    counted_with: ClassVar[str] = VirusTotalBase.name

    @operation(calls=1, facts=_HOST_FACTS)
    def ip(self, ip: IpAddress) -> Steps:
        """Which names had the address, and what malicious it served.

        It is suspicious if three scanners object to a URL there.
        """
        reply = yield _request("ip-address", ip=ip.value)
        return _host_finding(ip, JsonObject.of(_require_content(reply)), f"{PAGES}/ip-address/{ip.value}")

    @operation(calls=1, facts=_HOST_FACTS)
    def domain(self, domain: Domain) -> Steps:
        """Its addresses and subdomains, and what malicious the domain served.

        It is suspicious if three scanners object to a URL there.
        """
        reply = yield _request("domain", domain=domain.value)
        return _host_finding(
            domain, JsonObject.of(_require_content(reply)), f"{PAGES}/domain/{percent_encode(domain.value)}"
        )

    @operation(calls=1, facts=_SCAN_FACTS)
    def url(self, url: Url) -> Steps:
        """What scanners say of the URL, and which file it served."""
        reply = yield _request("url", resource=url.value)
        about, links = JsonObject.of(_require_content(reply)), LinkCollector(url)
        reference = f"{PAGES}/url/{name_of(url)}"
        file_hash = (about.text("filescan_id") or "").partition("-")[0]
        if file_hash:
            links.link_to(Relation.HOSTS, file_hash, File, about.pointer_to("filescan_id"))
        return _scan_finding(url, about, reference, links)

    @operation(calls=1, facts=_SCAN_FACTS)
    def file(self, file: File) -> Steps:
        """What scanners say of the file, and its other hashes."""
        _, file_hash = first_hash(file, *HASHES)
        about = JsonObject.of(_require_content((yield _request("file", batch=FILE_BATCH, resource=file_hash))))
        same_entity = same_file(file, about.text("sha256"), about.text("sha1"), about.text("md5"))
        return _scan_finding(file, about, f"{PAGES}/file/{file_hash}", LinkCollector(file), same_entity)


def _request(report: str, *, batch: Batch | None = None, **params: str) -> HttpRequest:
    location = SecretLocation("query", "apikey")
    return HttpRequest("GET", f"{API}/{report}/report", tuple(params.items()), secret=location, batch=batch)


def _require_content(reply: Reply) -> Reply:
    """The reply. Raises AskRefused for the empty one by which this version says that the quota is used up."""
    if reply.status == _NO_CONTENT:
        raise AskRefused(f"{VirusTotal2.title}'s quota is used up", kind="quota")
    return reply


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


def _scan_finding(
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


def _host_finding(subject: IpAddress | Domain, about: JsonObject, reference: str) -> Finding:
    """What is known of a host; scanners judge what it served, and nobody judges the host."""
    if not _is_known(about):
        return nothing(subject, "VirusTotal does not know it", reference=reference)
    links = LinkCollector(subject)
    worst, engines = _link_served(about, links)
    _link_names(about, links)
    asn = about.integer("asn")
    if asn is not None:
        links.link_to(Relation.BELONGS_TO, f"AS{asn}", AutonomousSystem, about.pointer_to("asn"))
    is_bad = worst >= MALICIOUS_THRESHOLD
    facts: Mapping[str, Scalar] = {
        "detections": worst if engines else None,
        "engines": engines or None,
        "categories": join_texts(about.texts("categories")),
        "asn": asn,
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
        seen_at, is_of_ip = resolution.moment("last_resolved"), "hostname" in resolution.fields
        if is_of_ip:
            links.link_to(
                Relation.RESOLVES_TO,
                resolution.text("hostname"),
                Domain,
                resolution.pointer,
                backwards=True,
                last=seen_at,
            )
        else:
            links.link_to(
                Relation.RESOLVES_TO, resolution.text("ip_address"), IpAddress, resolution.pointer, last=seen_at
            )
    for name, pointer in about.texts_with_pointers("subdomains"):
        links.link_to(Relation.SUBDOMAIN_OF, name, Domain, pointer, backwards=True)
    for name, pointer in about.texts_with_pointers("domain_siblings"):
        links.link_to(Relation.RELATED_TO, name, Domain, pointer)


def _join(requests: Sequence[HttpRequest]) -> HttpRequest:
    return _request("file", resource=",".join(_resource(request) for request in requests))


def _split(reply: Reply, requests: Sequence[HttpRequest]) -> list[bytes | AskFailed]:
    """The report of each file, by the hash that it was asked by; one alone is no list."""
    reply = _require_content(reply)
    reports = JsonObject.all_of(reply) if reply.body.lstrip().startswith(b"[") else [JsonObject.of(reply)]
    reports_by_hash = {(report.text("resource") or "").lower(): report.fields for report in reports}
    failure = AskFailed("the reply for many files says nothing of this one", kind="reply")
    answers = [reports_by_hash.get(_resource(request)) for request in requests]
    return [failure if answer is None else canonical_json(answer).encode() for answer in answers]


def _resource(request: HttpRequest) -> str:
    return dict(request.params)["resource"]


FILE_BATCH = Batch(BATCH_SIZE, _join, _split)
