"""The second version of VirusTotal's API, which old keys, proxies and appliances still speak."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from clew.entities import AutonomousSystem, Domain, File, Finding, IpAddress, Relation, Severity, Url, Verdict
from clew.entities.finding import Scalar
from clew.errors import AskFailed, AskRefused
from clew.providers.base import Reply, Steps, canonical_json, operation
from clew.providers.reading import Links, Part, digest, joined, quoted, same_file, told, unknown
from clew.providers.ti.virustotal.base import HASHES, MANY, PAGES, VirusTotalBase, name_of, verdict_of
from clew.providers.web import Batch, HttpRequest, Place

API = "https://www.virustotal.com/vtapi/v2"
#: Hashes in one question, by the public API.
TOGETHER = 4
_SCANNED = ("detections", "engines", "tags")
_HOSTING = ("detections", "engines", "categories", "asn", "as_organization", "country_code")
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

    @operation(calls=1, facts=_HOSTING)
    def ip(self, ip: IpAddress) -> Steps:
        """Which names had the address, and what malicious it served.

        It is suspicious if three scanners object to a URL there.
        """
        reply = yield _request("ip-address", ip=ip.value)
        return _host(ip, Part.of(_there(reply)), f"{PAGES}/ip-address/{ip.value}")

    @operation(calls=1, facts=_HOSTING)
    def domain(self, domain: Domain) -> Steps:
        """Its addresses and subdomains, and what malicious the domain served.

        It is suspicious if three scanners object to a URL there.
        """
        reply = yield _request("domain", domain=domain.value)
        return _host(domain, Part.of(_there(reply)), f"{PAGES}/domain/{quoted(domain.value)}")

    @operation(calls=1, facts=_SCANNED)
    def url(self, url: Url) -> Steps:
        """What scanners say of the URL, and which file it served."""
        reply = yield _request("url", resource=url.value)
        about, links = Part.of(_there(reply)), Links(url)
        reference = f"{PAGES}/url/{name_of(url)}"
        served = (about.text("filescan_id") or "").partition("-")[0]
        if served:
            links.to(Relation.HOSTS, served, File, about.where("filescan_id"))
        return _scanned(url, about, reference, links)

    @operation(calls=1, facts=_SCANNED)
    def file(self, file: File) -> Steps:
        """What scanners say of the file, and its other hashes."""
        _, known_by = digest(file, *HASHES)
        about = Part.of(_there((yield _request("file", batch=FILES, resource=known_by))))
        same = same_file(file, about.text("sha256"), about.text("sha1"), about.text("md5"))
        return _scanned(file, about, f"{PAGES}/file/{known_by}", Links(file), same)


def _request(what: str, *, batch: Batch | None = None, **params: str) -> HttpRequest:
    place = Place("query", "apikey")
    return HttpRequest("GET", f"{API}/{what}/report", tuple(params.items()), secret=place, batch=batch)


def _there(reply: Reply) -> Reply:
    """The reply. Raises AskRefused for the empty one by which this version says that the quota is used up."""
    if reply.status == _NO_CONTENT:
        raise AskRefused(f"{VirusTotal2.title}'s quota is used up", kind="quota")
    return reply


def _known(about: Part) -> bool:
    """Whether it is known. Raises AskFailed where it is still to be scanned, and where the reply does not say."""
    match about.whole("response_code"):
        case 1:
            return True
        case 0:
            return False
        case -2:
            raise AskFailed("VirusTotal has it in the queue of what is to be scanned", kind="pending")
        case _:
            raise AskFailed("the reply does not say whether it is known, at /response_code", kind="reply")


def _scanned(subject: Url | File, about: Part, reference: str, links: Links, same: File | None = None) -> Finding:
    """What scanners say of what they looked at themselves."""
    if not _known(about):
        return unknown(subject, "VirusTotal does not know it", reference=reference)
    if about.at("positives") is None:
        raise AskFailed("the reply has no number of scanners that object, at /positives", kind="reply")
    bad, asked = about.count("positives"), about.count("total")
    verdict, severity = verdict_of(bad)
    return told(
        subject,
        f"{bad} of {asked} scanners say malicious",
        verdict=verdict,
        severity=severity,
        reference=reference,
        facts={"detections": bad, "engines": asked, "tags": joined(about.texts("tags"))},
        links=links,
        observed_first=about.moment("first_seen"),
        observed_last=about.moment("scan_date"),
        same=same,
    )


def _host(subject: IpAddress | Domain, about: Part, reference: str) -> Finding:
    """What is known of a host; scanners judge what it served, and nobody judges the host."""
    if not _known(about):
        return unknown(subject, "VirusTotal does not know it", reference=reference)
    links = Links(subject)
    worst, of = _served(about, links)
    _names(about, links)
    system = about.whole("asn")
    if system is not None:
        links.to(Relation.BELONGS_TO, f"AS{system}", AutonomousSystem, about.where("asn"))
    bad = worst >= MANY
    facts: Mapping[str, Scalar] = {
        "detections": worst if of else None,
        "engines": of or None,
        "categories": joined(about.texts("categories")),
        "asn": system,
        "as_organization": about.text("as_owner"),
        "country_code": about.text("country"),
    }
    reason = f"{worst} of {of} scanners object to the worst URL there" if of else "no scanner objects to a URL there"
    return told(
        subject,
        reason,
        verdict=Verdict.SUSPICIOUS if bad else Verdict.UNKNOWN,
        severity=Severity.MEDIUM if bad else Severity.INFORMATIONAL,
        reference=reference,
        facts=facts,
        links=links,
    )


def _served(about: Part, links: Links) -> tuple[int, int]:
    """Link the URLs and samples that scanners object to; how many do to the worst URL, and of how many."""
    worst = (0, 0)
    for each in about.parts("detected_urls"):
        seen = each.moment("scan_date")
        links.to(Relation.CONTAINS, each.text("url"), Url, each.pointer, backwards=True, last=seen)
        worst = max(worst, (each.whole("positives") or 0, each.whole("total") or 0))
    for name, (relation, backwards) in _SAMPLES.items():
        for each in about.parts(name):
            seen = each.moment("date")
            links.to(relation, each.text("sha256"), File, each.pointer, backwards=backwards, last=seen)
    return worst


def _names(about: Part, links: Links) -> None:
    """Link the names of the host: those that had the address, or its addresses, subdomains and siblings."""
    for each in about.parts("resolutions"):
        seen, of_ip = each.moment("last_resolved"), "hostname" in each.fields
        if of_ip:
            links.to(Relation.RESOLVES_TO, each.text("hostname"), Domain, each.pointer, backwards=True, last=seen)
        else:
            links.to(Relation.RESOLVES_TO, each.text("ip_address"), IpAddress, each.pointer, last=seen)
    for name, where in about.places("subdomains"):
        links.to(Relation.SUBDOMAIN_OF, name, Domain, where, backwards=True)
    for name, where in about.places("domain_siblings"):
        links.to(Relation.RELATED_TO, name, Domain, where)


def _join(requests: Sequence[HttpRequest]) -> HttpRequest:
    return _request("file", resource=",".join(_resource(each) for each in requests))


def _split(reply: Reply, requests: Sequence[HttpRequest]) -> list[bytes | AskFailed]:
    """The report of each file, by the hash that it was asked by; one alone is no list."""
    reply = _there(reply)
    reports = Part.all_of(reply) if reply.body.lstrip().startswith(b"[") else [Part.of(reply)]
    told_of = {(each.text("resource") or "").lower(): each.fields for each in reports}
    lost = AskFailed("the reply for many files says nothing of this one", kind="reply")
    found = [told_of.get(_resource(each)) for each in requests]
    return [lost if each is None else canonical_json(each).encode() for each in found]


def _resource(request: HttpRequest) -> str:
    return dict(request.params)["resource"]


FILES = Batch(TOGETHER, _join, _split)
