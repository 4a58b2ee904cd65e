"""Requests in the second version of VirusTotal's API, also about many files at once."""

from __future__ import annotations

from collections.abc import Sequence

from clew.errors import AskFailed, AskRefused
from clew.providers.base import Reply, canonical_json
from clew.providers.json_reply import JsonObject
from clew.providers.web import Batch, HttpRequest, SecretLocation

_TITLE = "VirusTotal (API v2)"

API = "https://www.virustotal.com/vtapi/v2"
#: Hashes in one question, by the public API.
BATCH_SIZE = 4
_NO_CONTENT = 204


def report_request(report: str, *, batch: Batch | None = None, **params: str) -> HttpRequest:
    """One question for a report."""
    location = SecretLocation("query", "apikey")
    return HttpRequest("GET", f"{API}/{report}/report", tuple(params.items()), secret=location, batch=batch)


def _require_content(reply: Reply) -> Reply:
    """The reply. Raises AskRefused for the empty one by which this version says that the quota is used up."""
    if reply.status == _NO_CONTENT:
        raise AskRefused(f"{_TITLE}'s quota is used up", kind="quota")
    return reply


def report_of(reply: Reply) -> JsonObject:
    """The report in a reply. Raises AskRefused where the quota is used up."""
    return JsonObject.of(_require_content(reply))


def _join(requests: Sequence[HttpRequest]) -> HttpRequest:
    return report_request("file", resource=",".join(_resource(request) for request in requests))


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
