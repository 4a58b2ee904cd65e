"""Many addresses in one question to IPinfo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Literal
from urllib.parse import unquote

from clew.entities import IpAddress
from clew.errors import AskFailed, EntityError
from clew.providers.base import Reply, canonical_json
from clew.providers.web import Batch, HttpRequest, SecretLocation

Plan = Literal["lite", "core", "legacy"]
API = "https://api.ipinfo.io"
_BATCH_URLS: Mapping[str, str] = {
    "lite": f"{API}/batch/lite",
    "core": f"{API}/batch",
    "legacy": f"{API}/batch/legacy",
}
TOKEN = SecretLocation("header", "Authorization", "Bearer ")


def _join(plan: Plan, requests: Sequence[HttpRequest]) -> HttpRequest:
    addresses = [_address(request) for request in requests]
    return HttpRequest("POST", _BATCH_URLS[plan], json=addresses, secret=TOKEN, idempotent=True)


def _address(request: HttpRequest) -> str:
    return unquote(request.url.removesuffix("/json").rpartition("/")[2])


def _split(reply: Reply, requests: Sequence[HttpRequest]) -> Sequence[bytes | AskFailed]:
    """What stands under each address."""
    document = reply.object()
    answers: dict[str, object] = {}
    for text, value in document.items():
        try:
            answers[IpAddress(text).value] = value
        except EntityError:
            continue  # an error, or the address of nobody who asked
    if not answers:
        raise AskFailed("the reply is about no address", kind="reply")
    bodies: list[bytes | AskFailed] = []
    for request in requests:
        value = answers.get(_address(request))
        is_answer = isinstance(value, dict)
        missing = AskFailed("the reply leaves out this address", kind="reply")
        bodies.append(canonical_json(value).encode() if is_answer else missing)
    return bodies


#: How many are asked at once, by the plan.
BATCHES: Mapping[Plan, Batch] = {
    "lite": Batch(1000, partial(_join, "lite"), _split),
    "core": Batch(1000, partial(_join, "core"), _split),
    "legacy": Batch(1000, partial(_join, "legacy"), _split),
}
