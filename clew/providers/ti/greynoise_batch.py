"""Many addresses in one question to GreyNoise."""

from __future__ import annotations

import json
from collections.abc import Sequence

from clew.entities import IpAddress
from clew.errors import AskFailed, EntityError
from clew.providers.base import Reply
from clew.providers.json_reply import JsonObject
from clew.providers.web import Batch, HttpRequest, SecretLocation

API, PAGES = "https://api.greynoise.io/v3", "https://viz.greynoise.io/ip"
SCANNERS, SERVICES = "internet_scanner_intelligence", "business_service_intelligence"
NOT_FOUND = frozenset({404})


def _join(requests: Sequence[HttpRequest]) -> HttpRequest:
    """One question about all the addresses that single requests are about."""
    return HttpRequest(
        "POST",
        f"{API}/ip",
        json={"ips": [_address(request) for request in requests]},
        secret=SecretLocation("header", "key"),
        answers=NOT_FOUND,
        idempotent=True,
    )


def _split(reply: Reply, requests: Sequence[HttpRequest]) -> list[bytes | AskFailed]:
    """The record of each address, as a single request gets it."""
    absent = {SCANNERS: {"found": False}, SERVICES: {"found": False}}
    if reply.status == 404:
        return [json.dumps(absent).encode() for _ in requests]
    document = JsonObject.of(reply)
    records = {_canonical_ip(record.text("ip")): record.fields for record in document.require_objects("data")}
    missing = {_canonical_ip(text): absent for text in document.texts("request_metadata", "ips_not_found")}
    answers = [{**missing, **records}.get(_address(request)) for request in requests]
    failure = AskFailed("the reply for many addresses says nothing of this one", kind="reply")
    return [failure if record is None else json.dumps(record).encode() for record in answers]


def _address(request: HttpRequest) -> str:
    return request.url.rpartition("/")[2]


def _canonical_ip(text: str | None) -> str:
    try:
        return IpAddress(text or "").value
    except EntityError:
        return ""


#: The API takes 10,000, but a record may have a hundred kilobytes, and a reply has to be short enough to read.
BATCH = Batch(100, _join, _split)
