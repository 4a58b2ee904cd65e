"""urlscan.io: what pages looked like to a browser, and where they led. Only searched: nothing is ever submitted."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from clew.entities import Domain, Entity, File, IpAddress, Url
from clew.errors import AskFailed, AskRefused
from clew.providers.base import Provider, Quota, Steps, operation
from clew.providers.file_hashes import first_hash
from clew.providers.json_reply import JsonObject
from clew.providers.ti.urlscan_scans import SCANS, search_finding
from clew.providers.url_quoting import percent_encode
from clew.providers.web import HttpRequest, SecretLocation

#: What one reply has at most for those who do not pay.
PAGE_SIZE = 100
_FACTS = ("scans", "malicious_scans", *SCANS.names)
_URL = "https://urlscan.io/api/v1/search/"


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
        value = first_hash(file, "sha256").value
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
    return search_finding(subject, document, reference)


def _query_error(document: JsonObject) -> AskRefused | AskFailed:
    # A key in another form than theirs is answered like a mistake in the query.
    if "key" in (document.text("message") or "").lower():
        return AskRefused(
            f"{UrlScan.title} refused the key (status 400)", kind="key", next_step=f"check the key {UrlScan.secret}"
        )
    return AskFailed(f"{UrlScan.title} did not take the query (status 400)", kind="status")
