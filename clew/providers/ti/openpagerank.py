"""Open PageRank: how much the web links to a domain."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import ClassVar

from clew.entities import Domain
from clew.errors import AskFailed, AskRefused
from clew.providers.base import Provider, Quota, Reply, Steps, canonical_json, operation
from clew.providers.findings import found, nothing
from clew.providers.json_reply import JsonObject
from clew.providers.web import Batch, HttpRequest, SecretLocation

_URL = "https://openpagerank.com/api/v1.0/getPageRank"
_DOMAINS_PARAM = "domains[]"


class OpenPageRank(Provider):
    """How well known a domain is, from 0 to 10, by the links of Common Crawl; never a verdict."""

    name: ClassVar[str] = "openpagerank"
    title: ClassVar[str] = "Open PageRank"
    docs: ClassVar[str] = "https://www.domcop.com/openpagerank/documentation"
    leaves: ClassVar[bool] = True
    secret: ClassVar[str] = "CLEW_OPENPAGERANK_KEY"
    #: Of a key that costs nothing; a call may have a hundred domains.
    quotas: ClassVar[tuple[Quota, ...]] = (Quota(10_000, timedelta(hours=1)),)
    #: It is computed anew every few months.
    lifetime: ClassVar[timedelta] = timedelta(days=7)
    lifetime_nothing: ClassVar[timedelta] = timedelta(days=1)

    @operation(calls=1, facts=("page_rank", "popularity_rank"), expands=False)
    def domain(self, domain: Domain) -> Steps:
        """How well known the domain is, and its place among all domains."""
        reply = yield HttpRequest(
            "GET", _URL, ((_DOMAINS_PARAM, domain.value),), secret=SecretLocation("header", "API-OPR"), batch=BATCH
        )
        entries = [entry for entry in _entries(reply) if entry.text("domain") == domain.value]
        if not entries:
            raise AskFailed("the reply is not about this domain", kind="reply")
        about = entries[0]
        page_rank, rank = about.number("page_rank_decimal"), about.integer("rank")
        if about.integer("status_code") == 404:
            return nothing(domain, "Open PageRank does not know it")
        if about.integer("status_code") != 200 or page_rank is None:
            raise AskFailed(f"Open PageRank gives no rank: {about.text('error') or 'no reason'}"[:120], kind="reply")
        rank_text = f", place {rank} among all domains" if rank is not None else ""
        facts = {"page_rank": page_rank, "popularity_rank": rank}
        return found(domain, f"page rank {page_rank:g} of 10{rank_text}", facts=facts)


def _entries(reply: Reply) -> list[JsonObject]:
    """What is said of each domain. An error may come with a status of 200, and is told in the body.

    Raises:
        AskRefused: the key is not taken, or has no calls left.
        AskFailed: another error, or no reply of the service.
    """
    document = JsonObject.of(reply)
    status = document.integer("status_code")
    if status == 200:
        return document.require_objects("response")
    message = (document.text("message") or document.text("error") or "no reason")[:120]
    if status in (401, 403):
        step = f"check the key {OpenPageRank.secret}"
        raise AskRefused(f"Open PageRank refused the key: {message}", kind="key", next_step=step)
    if status == 429:
        raise AskRefused(f"Open PageRank's quota is used up: {message}", kind="quota")
    raise AskFailed(f"Open PageRank answered with an error: {message}", kind="reply")


def _join(requests: Sequence[HttpRequest]) -> HttpRequest:
    params = tuple(pair for request in requests for pair in request.params)
    return HttpRequest("GET", _URL, params, secret=requests[0].secret)


def _split(reply: Reply, requests: Sequence[HttpRequest]) -> Sequence[bytes | AskFailed]:
    entries = {entry.text("domain"): entry.fields for entry in _entries(reply)}
    missing = "the reply leaves out this domain"
    return [
        canonical_json({"status_code": 200, "response": [entries[name]]}).encode()
        if (name := request.params[0][1]) in entries
        else AskFailed(missing, kind="reply")
        for request in requests
    ]


#: So many domains a request has at most.
BATCH = Batch(100, _join, _split)
