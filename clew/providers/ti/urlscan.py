"""urlscan.io: what pages looked like to a browser, and where they led. Only searched: nothing is ever submitted."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from clew.entities import AutonomousSystem, Domain, Entity, File, IpAddress, Relation, Url, Verdict
from clew.entities.finding import Scalar, Table
from clew.errors import AskFailed, AskRefused, EntityError
from clew.providers.base import Provider, Quota, Steps, operation
from clew.providers.reading import Links, Part, digest, host_kind, joined, quoted, told, unknown, written
from clew.providers.web import HttpRequest, Place

#: What one reply has at most for those who do not pay.
PAGE = 100
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
_BAD = (("verdicts", "malicious"), ("verdicts", "overall", "malicious"), ("verdicts", "urlscan", "malicious"))


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
        same = phrase(url.value)
        return (yield from _search(url, f"page.url.keyword:{same} OR task.url.keyword:{same}", limit))

    @operation(calls=1, facts=_FACTS)
    def file(self, file: File, *, limit: int = 20) -> Steps:
        """Pages that loaded the file, as scans have seen it.

        Malicious pages load innocent files too, so this is no verdict on the file.

        Args:
            limit: how many of the newest scans at most; 100 is the most.
        """
        _, value = digest(file, "sha256")
        return (yield from _search(file, f"hash:{phrase(value)}", limit))


def phrase(text: str) -> str:
    r"""A text that means itself in a query of Elasticsearch, whatever is in it.

    >>> print(phrase('http://a.example/?q=" OR *'))
    "http://a.example/?q=\" OR *"
    """
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _search(subject: Entity, query: str, limit: int) -> Steps:
    params = (("q", query), ("size", str(max(1, min(PAGE, limit)))))
    reply = yield HttpRequest("GET", _URL, params, secret=Place("header", "API-Key"), answers=frozenset({400}))
    document = Part.of(reply)
    if reply.status == 400:
        raise _not_taken(document)
    reference = f"https://urlscan.io/search/#{quoted(query)}"
    scans = document.every("results")
    found, links = [each for each in scans if _is_of(each, subject)], Links(subject)
    more = bool(document.flag("has_more")) or (document.whole("total") or 0) > len(scans)
    if not found:
        if scans and more:
            raise AskFailed(
                f"the newest {len(scans)} scans are of others, spelt alike, and there are more",
                kind="reply",
                next_step="ask for more of them with limit=100",
            )
        others = f"; of others, spelt alike: {len(scans)}" if scans else ""
        return unknown(subject, f"urlscan.io has no scan of it{others}", reference=reference)
    rows = tuple(_row(each, links) for each in found)
    judged = [said for each in found if _is_at(each, subject) and (said := _called(each)) is not None]
    # What the search counts of a URL are others too.
    bad, total = sum(judged), None if isinstance(subject, Url) else document.whole("total")
    times = [time for each in found if (time := each.moment("task", "time")) is not None]
    return told(
        subject,
        f"{len(found)} scans, {f'{bad} of {len(judged)} call the page malicious' if judged else 'none with a verdict'}",
        verdict=_verdict(subject, bad, len(judged)),
        reference=reference,
        facts={"scans": len(found) if total is None else total, "malicious_scans": bad if judged else None},
        links=links,
        table=Table(COLUMNS, rows),
        returned=len(found),
        available=total if more else len(found),
        truncated_by="limit" if more else "",
        observed_first=min(times, default=None),
        observed_last=max(times, default=None),
    )


def _verdict(subject: Entity, bad: int, looked: int) -> Verdict:
    if not bad or isinstance(subject, File):
        return Verdict.UNKNOWN
    certain = isinstance(subject, Url) or (isinstance(subject, Domain) and bad * 2 > looked)
    return Verdict.MALICIOUS if certain else Verdict.SUSPICIOUS


def _not_taken(document: Part) -> AskRefused | AskFailed:
    # A key in another form than theirs is answered like a mistake in the query.
    if "key" in (document.text("message") or "").lower():
        return AskRefused(
            f"{UrlScan.title} refused the key (status 400)", kind="key", next_step=f"check the key {UrlScan.secret}"
        )
    return AskFailed(f"{UrlScan.title} did not take the query (status 400)", kind="status")


def _row(scan: Part, links: Links) -> tuple[Scalar, ...]:
    """Link what a scan saw; its row."""
    seen, page, task = scan.moment("task", "time"), scan.part("page"), scan.part("task")
    host, system = page.text("domain"), page.text("asn")
    submitted = links.made(task.text("url"), Url)
    at = links.made(page.text("url"), Url)
    served = links.made(page.text("ip"), IpAddress) if page.text("ip") else None
    at_host = links.made(host, host_kind(host)) if host else None
    network = links.made(system, AutonomousSystem) if system else None
    said: list[tuple[Entity | None, Relation, Entity | None, str]] = [
        (submitted, Relation.REDIRECTS_TO, at, scan.pointer),
        (at, Relation.CONTAINS, at_host, page.where("domain")),
        (at_host if isinstance(at_host, Domain) else None, Relation.RESOLVES_TO, served, page.where("ip")),
        (served, Relation.BELONGS_TO, network, page.where("asn")),
    ]
    if isinstance(links.subject, File):
        said.append((at, Relation.RELATED_TO, links.subject, scan.pointer))
    if isinstance(links.subject, Domain) and (host or "").lower().endswith(f".{links.subject.value}"):
        said.append((at_host, Relation.SUBDOMAIN_OF, links.subject, page.where("domain")))
    for source, relation, target, place in said:
        if source is not None and target is not None:
            links.between(source, relation, target, place, first=seen, last=seen)
    number = scan.text("_id") or task.text("uuid")
    return (
        written(seen),
        task.text("url"),
        page.text("url"),
        page.text("ip"),
        network.number if network else None,
        page.text("title"),
        page.whole("status"),
        _called(scan),
        page.text("tlsIssuer"),
        joined(task.texts("tags")),
        f"https://urlscan.io/result/{quoted(number)}/" if number else None,
    )


def _called(scan: Part) -> bool | None:
    """Whether a scan calls its page malicious; None where it does not say."""
    said = [flag for path in _BAD if (flag := scan.flag(*path)) is not None]
    return any(said) if said else None


def _is_of(scan: Part, subject: Entity) -> bool:
    """Whether a scan is about the subject: the search takes upper for lower case."""
    return not isinstance(subject, Url) or any(_same(scan.text(part, "url"), subject) for part in ("page", "task"))


def _is_at(scan: Part, subject: Entity) -> bool:
    """Whether the page that was scanned is at the subject itself, and not at a name below it."""
    return not isinstance(subject, Domain) or _same(scan.text("page", "domain"), subject)


def _same(text: str | None, subject: Url | Domain) -> bool:
    try:
        return text is not None and type(subject)(text) == subject
    except EntityError:
        return False
