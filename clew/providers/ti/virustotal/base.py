"""What all questions to VirusTotal have in common: the request, the object in a reply, the rule of the verdict."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable, Generator, Mapping, Sequence
from datetime import timedelta
from typing import ClassVar

from clew.entities import Certificate, Entity, File, Finding, Severity, Url, Verdict
from clew.entities.finding import Scalar, Table
from clew.errors import EntityError
from clew.providers import reading
from clew.providers.base import Ask, Provider, Quota, Reply, Steps
from clew.providers.reading import Links, Part, joined, told, unknown
from clew.providers.web import HttpRequest, Place

API, PAGES = "https://www.virustotal.com/api/v3", "https://www.virustotal.com/gui"
#: So many scanners make it malicious, and so many a matter of high severity: one or two are often wrong.
MANY, VERY_MANY = 3, 10
#: Facts about every kind of object.
FACTS = ("detections", "engines", "reputation", "tags")
# Scanners that did not look are none that found nothing.
_SILENT = frozenset({"type-unsupported", "timeout", "confirmed-timeout", "failure"})

_UNKNOWN = frozenset({404})
_KEY = Place("header", "x-apikey")

#: The hashes that a file is asked by, the best first.
HASHES = ("sha256", "sha1", "md5")
#: What one reply lists at most, by the API.
PAGE = 40

Known = Generator[Ask, Reply, Part | Finding]
Row = Callable[[Part, Links], tuple[Scalar, ...] | None]


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
        "GET", f"{API}/{path}", tuple(params.items()), secret=Place("header", "x-apikey"), answers=_UNKNOWN
    )


def name_of(url: Url) -> str:
    """The identifier of a URL in the API and in the address of its page."""
    return urlsafe_b64encode(url.value.encode()).decode().rstrip("=")


def object_of(subject: Entity, path: str, reference: str) -> Known:
    """The attributes of an object, or the finding that VirusTotal does not know it."""
    reply = yield request(path)
    if reply.status == 404:
        return unknown(subject, "VirusTotal does not know it", reference=reference)
    return Part.of(reply).need("data", "attributes")


def listed(subject: Entity, path: str, page: str, columns: Sequence[str], row: Row, limit: int = PAGE) -> Steps:
    """The finding about what stands in a relationship with an object, the first page of it.

    Args:
        path: of the object and the relationship; the words for what is listed are those of its end.
        page: for people, below that of the service.
        row: links one of the objects, and gives its row; None, and counted, for what names nothing.
    """
    reference, what = f"{PAGES}/{page}/relations", path.rpartition("/")[2].replace("_", " ")
    reply = yield request(path, limit=str(max(1, min(PAGE, limit))))
    if reply.status == 404:
        return unknown(subject, "VirusTotal does not know it", reference=reference)
    document, links = Part.of(reply), Links(subject)
    found = document.need_parts("data")
    if not found:
        return unknown(subject, f"VirusTotal knows no {what}", reference=reference)
    rows = [cells for each in found if (cells := row(each, links)) is not None]
    more = document.text("meta", "cursor") is not None
    return told(
        subject,
        f"{len(found)} {what}",
        reference=reference,
        links=links,
        table=Table(tuple(columns), tuple(rows)),
        returned=len(found),
        available=document.whole("meta", "count") if more else len(found),
        truncated_by="limit" if more else "",
    )


def judged(
    subject: Entity, about: Part, reference: str, facts: Mapping[str, Scalar], links: Links, same: Entity | None = None
) -> Finding:
    """The finding about an object: its verdict follows from the number of scanners that call it malicious."""
    stats = about.need("last_analysis_stats")
    bad, asked = counts_of(stats)
    doubtful = stats.whole("suspicious") or 0
    verdict, severity = verdict_of(bad, doubtful)
    common: dict[str, Scalar] = {
        "detections": bad,
        "engines": asked,
        "reputation": about.whole("reputation"),
        "tags": joined(about.texts("tags")),
    }
    return told(
        subject,
        f"{bad} of {asked} scanners say malicious{f', {doubtful} suspicious' if doubtful else ''}",
        verdict=verdict,
        severity=severity,
        reference=reference,
        facts={**common, **facts},
        links=links,
        observed_first=about.moment("first_submission_date"),
        observed_last=about.moment("last_analysis_date"),
        same=same,
    )


def counts_of(stats: Part) -> tuple[int, int]:
    """How many scanners call it malicious, and how many looked."""
    counts = {name: count for name in stats.fields if (count := stats.whole(name)) and count > 0}
    return counts.get("malicious", 0), sum(count for name, count in counts.items() if name not in _SILENT)


def verdict_of(bad: int, doubtful: int = 0) -> tuple[Verdict, Severity]:
    """What so many scanners that call it malicious, and suspicious, make it."""
    if bad >= MANY:
        return Verdict.MALICIOUS, Severity.HIGH if bad >= VERY_MANY else Severity.MEDIUM
    # That nobody calls it bad is no innocence: every file is new once.
    return (Verdict.SUSPICIOUS, Severity.LOW) if bad or doubtful else (Verdict.UNKNOWN, Severity.INFORMATIONAL)


def file_of(about: Part, links: Links) -> File | None:
    """A file by all hashes that are told of it; None, and counted, if there is none."""
    return reading.file_of(about, links, sha256="sha256", sha1="sha1", md5="md5", size="size")


def certificate_of(about: Part, links: Links) -> Certificate | None:
    """A certificate by the fingerprints that are told of it; None, and counted, if there is none."""
    found = links.made(about.text("thumbprint_sha256") or about.text("thumbprint"), Certificate)
    try:
        return found and Certificate(
            found.value,
            sha1=about.text("thumbprint"),
            serial=about.text("serial_number"),
            issuer=about.text("issuer", "CN"),
            subject=about.text("subject", "CN"),
            not_before=about.moment("validity", "not_before"),
            not_after=about.moment("validity", "not_after"),
        )
    except EntityError:
        return found
