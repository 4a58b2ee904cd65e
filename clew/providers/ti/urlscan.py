"""urlscan.io: what pages looked like to a browser, and where they led. Only searched: nothing is ever submitted."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from clew.entities import AutonomousSystem, Domain, Entity, File, IpAddress, Relation, Url, Verdict
from clew.entities.finding import Scalar, Table
from clew.errors import AskFailed, AskRefused, EntityError
from clew.providers.base import Provider, Quota, Steps, operation
from clew.providers.fact_text import join_texts, time_text
from clew.providers.file_hashes import first_hash
from clew.providers.findings import found, nothing
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector, host_kind
from clew.providers.url_quoting import percent_encode
from clew.providers.web import HttpRequest, SecretLocation

#: What one reply has at most for those who do not pay.
PAGE_SIZE = 100
COLUMNS = (
    "time",
    "submitted_url",
    "page_url",
    "page_ip",
    "asn",
    "title",
    "http_status",
    "malicious",
    "issuer",
    "tags",
    "reference",
)
_FACTS = ("scans", "malicious_scans", *COLUMNS)
_URL = "https://urlscan.io/api/v1/search/"
# Where a reply says what is thought of a page: all sources together, or each for itself.
_VERDICT_PATHS = (("verdicts", "malicious"), ("verdicts", "overall", "malicious"), ("verdicts", "urlscan", "malicious"))


class UrlScan(Provider):
    """Public scans of pages: URLs, addresses, names and networks behind them. It scans nothing when asked."""

    name: ClassVar[str] = "urlscan"
    title: ClassVar[str] = "urlscan.io"
    docs: ClassVar[str] = "https://docs.urlscan.io/pages/search-api-reference"
    leaves: ClassVar[bool] = True
    secret: ClassVar[str] = "CLEW_URLSCAN_KEY"
    secret_optional: ClassVar[bool] = True
    #: Of searches without a key. With one there are more, as its account says.
    quotas: ClassVar[tuple[Quota, ...]] = (Quota(30, timedelta(minutes=1)), Quota(500, timedelta(days=1)))

    @operation(calls=1, facts=_FACTS)
    def ip(self, ip: IpAddress, *, limit: int = 20) -> Steps:
        """Pages that the address served, as scans have seen it.

        An address serves many: if one of the scans calls its page malicious, the address is suspicious.

        Args:
            limit: how many of the newest scans at most; 100 is the most.
        """
        return (yield from _search(ip, f"page.ip:{phrase(ip.value)}", limit))

    @operation(calls=1, facts=_FACTS)
    def domain(self, domain: Domain, *, limit: int = 20) -> Steps:
        """Pages at the domain and at names below it, as scans have seen it.

        If more than half of the scans of pages at the name itself call them malicious, so is the domain; if any does,
        it is suspicious. Pages at names below it do not count.

        Args:
            limit: how many of the newest scans at most; 100 is the most.
        """
        return (yield from _search(domain, f"page.domain:{phrase(domain.value)}", limit))

    @operation(calls=1, facts=_FACTS)
    def url(self, url: Url, *, limit: int = 20) -> Steps:
        """Scans of the URL, and of those that led to it.

        If one of the scans calls it malicious, it is. Scans of URLs that differ from it in upper and lower case, which
        the search takes for the same, are left out.

        Args:
            limit: how many of the newest scans at most; 100 is the most.
        """
        quoted_url = phrase(url.value)
        return (yield from _search(url, f"page.url.keyword:{quoted_url} OR task.url.keyword:{quoted_url}", limit))

    @operation(calls=1, facts=_FACTS)
    def file(self, file: File, *, limit: int = 20) -> Steps:
        """Pages that loaded the file, as scans have seen it.

        Malicious pages load innocent files too, so this is no verdict on the file.

        Args:
            limit: how many of the newest scans at most; 100 is the most.
        """
        _, value = first_hash(file, "sha256")
        return (yield from _search(file, f"hash:{phrase(value)}", limit))


def phrase(text: str) -> str:
    r"""A text that means itself in a query of Elasticsearch, whatever is in it.

    >>> print(phrase('http://a.example/?q=" OR *'))
    "http://a.example/?q=\" OR *"
    """
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _search(subject: Entity, query: str, limit: int) -> Steps:
    params = (("q", query), ("size", str(max(1, min(PAGE_SIZE, limit)))))
    reply = yield HttpRequest("GET", _URL, params, secret=SecretLocation("header", "API-Key"), answers=frozenset({400}))
    document = JsonObject.of(reply)
    if reply.status == 400:
        raise _query_error(document)
    reference = f"https://urlscan.io/search/#{percent_encode(query)}"
    scans = document.require_all("results")
    matches, links = [scan for scan in scans if _is_about(scan, subject)], LinkCollector(subject)
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
    rows = tuple(_row(scan, links) for scan in matches)
    verdicts = [
        is_malicious for scan in matches if _is_at(scan, subject) and (is_malicious := _is_malicious(scan)) is not None
    ]
    # What the search counts of a URL are others too.
    malicious, total = sum(verdicts), None if isinstance(subject, Url) else document.integer("total")
    times = [time for scan in matches if (time := scan.moment("task", "time")) is not None]
    opinion = f"{malicious} of {len(verdicts)} call the page malicious" if verdicts else "none with a verdict"
    return found(
        subject,
        f"{len(matches)} scans, {opinion}",
        verdict=_verdict(subject, malicious, len(verdicts)),
        reference=reference,
        facts={"scans": len(matches) if total is None else total, "malicious_scans": malicious if verdicts else None},
        links=links,
        table=Table(COLUMNS, rows),
        returned=len(matches),
        available=total if has_more else len(matches),
        truncated_by="limit" if has_more else "",
        observed_first=min(times, default=None),
        observed_last=max(times, default=None),
    )


def _verdict(subject: Entity, malicious: int, total: int) -> Verdict:
    if not malicious or isinstance(subject, File):
        return Verdict.UNKNOWN
    certain = isinstance(subject, Url) or (isinstance(subject, Domain) and malicious * 2 > total)
    return Verdict.MALICIOUS if certain else Verdict.SUSPICIOUS


def _query_error(document: JsonObject) -> AskRefused | AskFailed:
    # A key in another form than theirs is answered like a mistake in the query.
    if "key" in (document.text("message") or "").lower():
        return AskRefused(
            f"{UrlScan.title} refused the key (status 400)", kind="key", next_step=f"check the key {UrlScan.secret}"
        )
    return AskFailed(f"{UrlScan.title} did not take the query (status 400)", kind="status")


def _row(scan: JsonObject, links: LinkCollector) -> tuple[Scalar, ...]:
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
    scan_id = scan.text("_id") or task.text("uuid")
    return (
        time_text(seen_at),
        task.text("url"),
        page.text("url"),
        page.text("ip"),
        network.number if network else None,
        page.text("title"),
        page.integer("status"),
        _is_malicious(scan),
        page.text("tlsIssuer"),
        join_texts(task.texts("tags")),
        f"https://urlscan.io/result/{percent_encode(scan_id)}/" if scan_id else None,
    )


def _is_malicious(scan: JsonObject) -> bool | None:
    """Whether a scan calls its page malicious; None where it does not say."""
    flags = [flag for path in _VERDICT_PATHS if (flag := scan.flag(*path)) is not None]
    return any(flags) if flags else None


def _is_about(scan: JsonObject, subject: Entity) -> bool:
    """Whether a scan is about the subject: the search takes upper for lower case."""
    return not isinstance(subject, Url) or any(
        _is_subject(scan.text(section, "url"), subject) for section in ("page", "task")
    )


def _is_at(scan: JsonObject, subject: Entity) -> bool:
    """Whether the page that was scanned is at the subject itself, and not at a name below it."""
    return not isinstance(subject, Domain) or _is_subject(scan.text("page", "domain"), subject)


def _is_subject(text: str | None, subject: Url | Domain) -> bool:
    try:
        return text is not None and type(subject)(text) == subject
    except EntityError:
        return False
