"""What all questions to VirusTotal have in common: the request, the object in a reply, the rule of the verdict."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import ClassVar, NamedTuple

from clew.entities import Certificate, Domain, File, IpAddress, Severity, Url, Verdict
from clew.entities.finding import Scalar, Table
from clew.errors import EntityError
from clew.providers.base import Provider, Quota, Steps
from clew.providers.file_hashes import file_from_hashes, first_hash
from clew.providers.findings import Judgement, found, nothing, page_extent
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector
from clew.providers.url_quoting import percent_encode
from clew.providers.web import HttpRequest, SecretLocation

API, PAGES = "https://www.virustotal.com/api/v3", "https://www.virustotal.com/gui"
#: So many scanners make it malicious, and so many a matter of high severity: one or two are often wrong.
MALICIOUS_THRESHOLD, HIGH_THRESHOLD = 3, 10
# Scanners that did not look are none that found nothing.
_SILENT = frozenset({"type-unsupported", "timeout", "confirmed-timeout", "failure"})

_NOT_FOUND = frozenset({404})
_KEY = SecretLocation("header", "x-apikey")

#: The hashes that a file is asked by, the best first.
HASHES = ("sha256", "sha1", "md5")
#: What one reply lists at most, by the API.
PAGE_SIZE = 40

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
    return HttpRequest("GET", f"{API}/{path}", tuple(params.items()), secret=_KEY, answers=_NOT_FOUND)


class ObjectPath(NamedTuple):
    """Where an object stands: in the API, and its page for people."""

    api: str
    page: str


def path_of(subject: IpAddress | Domain | Url | File) -> ObjectPath:
    """Where VirusTotal has the subject. Raises AskSkipped for a file without a hash that it goes by."""
    match subject:
        case IpAddress():
            return ObjectPath(f"ip_addresses/{subject.value}", f"{PAGES}/ip-address/{subject.value}")
        case Domain():
            name = percent_encode(subject.value)
            return ObjectPath(f"domains/{name}", f"{PAGES}/domain/{name}")
        case Url():
            name = urlsafe_b64encode(subject.value.encode()).decode().rstrip("=")
            return ObjectPath(f"urls/{name}", f"{PAGES}/url/{name}")
        case File():
            file_hash = first_hash(subject, *HASHES).value
            return ObjectPath(f"files/{file_hash}", f"{PAGES}/file/{file_hash}")


def list_related(
    subject: IpAddress | Domain | Url | File,
    relationship: str,
    columns: Sequence[str],
    read_row: RowReader,
    limit: int = PAGE_SIZE,
) -> Steps:
    """The finding about what stands in a relationship with an object, the first page of it.

    Args:
        relationship: in the words of the API, which are those for what is listed too.
        limit: how many at most.
        read_row: links one of the objects, and gives its row; None, and counted, for what names nothing.
    """
    path, label = path_of(subject), relationship.replace("_", " ")
    reference = f"{path.page}/relations"
    reply = yield request(f"{path.api}/{relationship}", limit=str(max(1, min(PAGE_SIZE, limit))))
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
        **page_extent(len(entries), document.integer("meta", "count"), has_more=has_more),
    )


class ScanCounts(NamedTuple):
    """How many scanners call it malicious, and how many looked."""

    detections: int
    engines: int


def counts_of(stats: JsonObject) -> ScanCounts:
    """What the statistics of an analysis come to."""
    counts = {name: count for name in stats.fields if (count := stats.integer(name)) and count > 0}
    engines = sum(count for name, count in counts.items() if name not in _SILENT)
    return ScanCounts(counts.get("malicious", 0), engines)


def verdict_of(detections: int, suspicious: int = 0) -> Judgement:
    """What so many scanners that call it malicious, and suspicious, make it."""
    if detections >= MALICIOUS_THRESHOLD:
        return Judgement(Verdict.MALICIOUS, Severity.HIGH if detections >= HIGH_THRESHOLD else Severity.MEDIUM)
    # That nobody calls it bad is no innocence: every file is new once.
    if detections or suspicious:
        return Judgement(Verdict.SUSPICIOUS, Severity.LOW)
    return Judgement(Verdict.UNKNOWN, Severity.INFORMATIONAL)


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
