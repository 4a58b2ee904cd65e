"""What urlscan.io says of a scan: whom it is about, what it led to, and whether the page is malicious."""

from __future__ import annotations

from clew.entities import AutonomousSystem, Domain, Entity, File, Finding, IpAddress, Relation, Url, Verdict
from clew.entities.finding import Scalar, Table
from clew.errors import AskFailed, EntityError
from clew.providers.field_table import COMPUTED_FIELD, Field, FieldTable
from clew.providers.findings import found, nothing, page_extent
from clew.providers.json_reply import JsonObject, earliest, latest
from clew.providers.link_collector import LinkCollector, host_kind
from clew.providers.url_quoting import percent_encode

# Where a reply says what is thought of a page: all sources together, or each for itself.
_VERDICT_PATHS = (("verdicts", "malicious"), ("verdicts", "overall", "malicious"), ("verdicts", "urlscan", "malicious"))


def is_malicious_page(scan: JsonObject) -> bool | None:
    """Whether a scan calls its page malicious; None where it does not say."""
    flags = [flag for path in _VERDICT_PATHS if (flag := scan.flag(*path)) is not None]
    return any(flags) if flags else None


def _page_of(scan: JsonObject) -> str | None:
    """The page for people about a scan."""
    scan_id = scan.text("_id") or scan.text("task", "uuid")
    return f"https://urlscan.io/result/{percent_encode(scan_id)}/" if scan_id else None


SCANS = FieldTable(
    time=Field.time("task", "time"),
    submitted_url=Field.text("task", "url"),
    page_url=Field.text("page", "url"),
    page_ip=Field.text("page", "ip"),
    asn=COMPUTED_FIELD,
    title=Field.text("page", "title"),
    http_status=Field.integer("page", "status"),
    malicious=Field(is_malicious_page),
    issuer=Field.text("page", "tlsIssuer"),
    tags=Field.texts("task", "tags"),
    reference=Field(_page_of),
)


def scan_row(scan: JsonObject, links: LinkCollector) -> tuple[Scalar, ...]:
    """Link what a scan saw; its row."""
    seen_at, page, task = scan.moment("task", "time"), scan.child("page"), scan.child("task")
    host, asn = page.text("domain"), page.text("asn")
    task_url = links.entity(task.text("url"), Url)
    page_url = links.entity(page.text("url"), Url)
    server_ip = links.entity(page.text("ip"), IpAddress) if page.text("ip") else None
    page_host = links.entity(host, host_kind(host)) if host else None
    network = links.entity(asn, AutonomousSystem) if asn else None
    edges: list[tuple[Entity | None, Relation, Entity | None, str]] = [
        (task_url, Relation.REDIRECTS_TO, page_url, scan.pointer),
        (page_url, Relation.CONTAINS, page_host, page.pointer_to("domain")),
        (page_host if isinstance(page_host, Domain) else None, Relation.RESOLVES_TO, server_ip, page.pointer_to("ip")),
        (server_ip, Relation.BELONGS_TO, network, page.pointer_to("asn")),
    ]
    if isinstance(links.subject, File):
        edges.append((page_url, Relation.RELATED_TO, links.subject, scan.pointer))
    if isinstance(links.subject, Domain) and (host or "").lower().endswith(f".{links.subject.value}"):
        edges.append((page_host, Relation.SUBDOMAIN_OF, links.subject, page.pointer_to("domain")))
    for source, relation, target, pointer in edges:
        if source is not None and target is not None:
            links.link(source, relation, target, pointer, first=seen_at, last=seen_at)
    return SCANS.row(scan, asn=network.number if network else None)


def search_finding(subject: Entity, document: JsonObject, reference: str) -> Finding:
    """The finding about those of the scans that are of the subject. Raises AskFailed where none of many is."""
    scans = document.require_all("results")
    matches, links = [scan for scan in scans if is_scan_of(scan, subject)], LinkCollector(subject)
    has_more = bool(document.flag("has_more")) or (document.integer("total") or 0) > len(scans)
    if not matches:
        if scans and has_more:
            raise AskFailed(
                f"the newest {len(scans)} scans are of others, spelt alike, and there are more",
                kind="reply",
                next_step="ask for more of them with limit=100",
            )
        remark = f"; of others, spelt alike: {len(scans)}" if scans else ""
        return nothing(subject, f"urlscan.io has no scan of it{remark}", reference=reference)
    rows = tuple(scan_row(scan, links) for scan in matches)
    verdicts = [
        is_malicious
        for scan in matches
        if is_page_at(scan, subject) and (is_malicious := is_malicious_page(scan)) is not None
    ]
    # What the search counts of a URL are others too.
    malicious, total = sum(verdicts), None if isinstance(subject, Url) else document.integer("total")
    opinion = f"{malicious} of {len(verdicts)} call the page malicious" if verdicts else "none with a verdict"
    return found(
        subject,
        f"{len(matches)} scans, {opinion}",
        verdict=_judge(subject, malicious, len(verdicts)),
        reference=reference,
        facts={"scans": len(matches) if total is None else total, "malicious_scans": malicious if verdicts else None},
        links=links,
        table=Table(SCANS.names, rows),
        **page_extent(len(matches), total, has_more=has_more),
        observed_first=earliest(matches, "task", "time"),
        observed_last=latest(matches, "task", "time"),
    )


def is_scan_of(scan: JsonObject, subject: Entity) -> bool:
    """Whether a scan is about the subject: the search takes upper for lower case."""
    return not isinstance(subject, Url) or any(
        _is_subject(scan.text(section, "url"), subject) for section in ("page", "task")
    )


def is_page_at(scan: JsonObject, subject: Entity) -> bool:
    """Whether the page that was scanned is at the subject itself, and not at a name below it."""
    return not isinstance(subject, Domain) or _is_subject(scan.text("page", "domain"), subject)


def _is_subject(text: str | None, subject: Url | Domain) -> bool:
    try:
        return text is not None and type(subject)(text) == subject
    except EntityError:
        return False


def _judge(subject: Entity, malicious: int, total: int) -> Verdict:
    if not malicious or isinstance(subject, File):
        return Verdict.UNKNOWN
    certain = isinstance(subject, Url) or (isinstance(subject, Domain) and malicious * 2 > total)
    return Verdict.MALICIOUS if certain else Verdict.SUSPICIOUS
