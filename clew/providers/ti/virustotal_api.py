"""What all questions to VirusTotal have in common: the request, the object in a reply, the rule of the verdict."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable, Generator, Mapping, Sequence
from datetime import timedelta
from typing import ClassVar

from clew.entities import Certificate, Entity, File, Finding, Severity, Url, Verdict
from clew.entities.finding import Scalar, Table
from clew.errors import EntityError
from clew.providers.base import Ask, Provider, Quota, Reply, Steps
from clew.providers.fact_text import join_texts
from clew.providers.file_hashes import file_from_hashes
from clew.providers.findings import found, nothing
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector
from clew.providers.web import HttpRequest, SecretLocation

API, PAGES = "https://www.virustotal.com/api/v3", "https://www.virustotal.com/gui"
#: So many scanners make it malicious, and so many a matter of high severity: one or two are often wrong.
MALICIOUS_THRESHOLD, HIGH_THRESHOLD = 3, 10
#: Facts about every kind of object.
FACTS = ("detections", "engines", "reputation", "tags")
# Scanners that did not look are none that found nothing.
_SILENT = frozenset({"type-unsupported", "timeout", "confirmed-timeout", "failure"})

_NOT_FOUND = frozenset({404})
_KEY = SecretLocation("header", "x-apikey")

#: The hashes that a file is asked by, the best first.
HASHES = ("sha256", "sha1", "md5")
#: What one reply lists at most, by the API.
PAGE_SIZE = 40

ObjectSteps = Generator[Ask, Reply, JsonObject | Finding]
RowReader = Callable[[JsonObject, LinkCollector], tuple[Scalar, ...] | None]


class VirusTotalBase(Provider):
    """The service, whatever it is asked."""

    name: ClassVar[str] = "virustotal"
    title: ClassVar[str] = "VirusTotal"
    docs: ClassVar[str] = "https://docs.virustotal.com/reference/overview"
    leaves: ClassVar[bool] = True
    secret: ClassVar[str] = "CLEW_VIRUSTOTAL_KEY"
    #: Of the public API.
    quotas: ClassVar[tuple[Quota, ...]] = (Quota(4, timedelta(minutes=1)), Quota(500, timedelta(days=1)))


def request(path: str, **params: str) -> HttpRequest:
    """One question to the API; that it does not know the object is an answer."""
    return HttpRequest(
        "GET", f"{API}/{path}", tuple(params.items()), secret=SecretLocation("header", "x-apikey"), answers=_NOT_FOUND
    )


def name_of(url: Url) -> str:
    """The identifier of a URL in the API and in the address of its page."""
    return urlsafe_b64encode(url.value.encode()).decode().rstrip("=")


def fetch_object(subject: Entity, path: str, reference: str) -> ObjectSteps:
    """The attributes of an object, or the finding that VirusTotal does not know it."""
    reply = yield request(path)
    if reply.status == 404:
        return nothing(subject, "VirusTotal does not know it", reference=reference)
    return JsonObject.of(reply).require("data", "attributes")


def list_related(
    subject: Entity, path: str, page: str, columns: Sequence[str], read_row: RowReader, limit: int = PAGE_SIZE
) -> Steps:
    """The finding about what stands in a relationship with an object, the first page of it.

    Args:
        path: of the object and the relationship; the words for what is listed are those of its end.
        page: for people, below that of the service.
        read_row: links one of the objects, and gives its row; None, and counted, for what names nothing.
    """
    reference, label = f"{PAGES}/{page}/relations", path.rpartition("/")[2].replace("_", " ")
    reply = yield request(path, limit=str(max(1, min(PAGE_SIZE, limit))))
    if reply.status == 404:
        return nothing(subject, "VirusTotal does not know it", reference=reference)
    document, links = JsonObject.of(reply), LinkCollector(subject)
    entries = document.require_objects("data")
    if not entries:
        return nothing(subject, f"VirusTotal knows no {label}", reference=reference)
    rows = [cells for entry in entries if (cells := read_row(entry, links)) is not None]
    has_more = document.text("meta", "cursor") is not None
    return found(
        subject,
        f"{len(entries)} {label}",
        reference=reference,
        links=links,
        table=Table(tuple(columns), tuple(rows)),
        returned=len(entries),
        available=document.integer("meta", "count") if has_more else len(entries),
        truncated_by="limit" if has_more else "",
    )


def object_finding(
    subject: Entity,
    about: JsonObject,
    reference: str,
    facts: Mapping[str, Scalar],
    links: LinkCollector,
    same_entity: Entity | None = None,
) -> Finding:
    """The finding about an object: its verdict follows from the number of scanners that call it malicious."""
    stats = about.require("last_analysis_stats")
    detections, engines = counts_of(stats)
    suspicious = stats.integer("suspicious") or 0
    verdict, severity = verdict_of(detections, suspicious)
    common_facts: dict[str, Scalar] = {
        "detections": detections,
        "engines": engines,
        "reputation": about.integer("reputation"),
        "tags": join_texts(about.texts("tags")),
    }
    return found(
        subject,
        f"{detections} of {engines} scanners say malicious{f', {suspicious} suspicious' if suspicious else ''}",
        verdict=verdict,
        severity=severity,
        reference=reference,
        facts={**common_facts, **facts},
        links=links,
        observed_first=about.moment("first_submission_date"),
        observed_last=about.moment("last_analysis_date"),
        same_entity=same_entity,
    )


def counts_of(stats: JsonObject) -> tuple[int, int]:
    """How many scanners call it malicious, and how many looked."""
    counts = {name: count for name in stats.fields if (count := stats.integer(name)) and count > 0}
    return counts.get("malicious", 0), sum(count for name, count in counts.items() if name not in _SILENT)


def verdict_of(detections: int, suspicious: int = 0) -> tuple[Verdict, Severity]:
    """What so many scanners that call it malicious, and suspicious, make it."""
    if detections >= MALICIOUS_THRESHOLD:
        return Verdict.MALICIOUS, Severity.HIGH if detections >= HIGH_THRESHOLD else Severity.MEDIUM
    # That nobody calls it bad is no innocence: every file is new once.
    return (Verdict.SUSPICIOUS, Severity.LOW) if detections or suspicious else (Verdict.UNKNOWN, Severity.INFORMATIONAL)


def file_of(about: JsonObject, links: LinkCollector) -> File | None:
    """A file by all hashes that are told of it; None, and counted, if there is none."""
    return file_from_hashes(about, links, sha256="sha256", sha1="sha1", md5="md5", size="size")


def certificate_of(about: JsonObject, links: LinkCollector) -> Certificate | None:
    """A certificate by the fingerprints that are told of it; None, and counted, if there is none."""
    stub = links.entity(about.text("thumbprint_sha256") or about.text("thumbprint"), Certificate)
    try:
        return stub and Certificate(
            stub.value,
            sha1=about.text("thumbprint"),
            serial=about.text("serial_number"),
            issuer=about.text("issuer", "CN"),
            subject=about.text("subject", "CN"),
            not_before=about.moment("validity", "not_before"),
            not_after=about.moment("validity", "not_after"),
        )
    except EntityError:
        return stub
