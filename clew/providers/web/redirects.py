"""What a reply is made of; for a redirect that the operation reads itself, where it points.

The transport follows redirects that stay where a request was sent, and no others. Services that hand on by design, as
registries of addresses do, are asked again by the operation, which sees where it goes and by which rules.
"""

from __future__ import annotations

import json
from typing import NamedTuple
from urllib.parse import urljoin

from clew.errors import AskFailed
from clew.providers.web.http_request import HttpRequest
from clew.providers.web.raw_response import RawResponse

REDIRECT_STATUSES = frozenset({301, 302, 303, 307, 308})
MEDIA_TYPE = "application/vnd.clew.redirect+json"


class ReplyContent(NamedTuple):
    """The body of a reply, and its media type."""

    body: bytes
    media_type: str


def reply_content(response: RawResponse, request: HttpRequest) -> ReplyContent:
    """What a response brings; of a redirect, `{"location": ...}` with the whole URL.

    Raises:
        AskFailed: it points to what is no URL.
    """
    location = response.headers.get("location", "")
    if response.status not in REDIRECT_STATUSES or not location:
        return ReplyContent(response.body, response.headers.get("content-type", "").partition(";")[0].strip())
    try:
        url = urljoin(request.url, location)
    except ValueError:
        raise AskFailed(f"it points to what is no URL (status {response.status})", kind="redirect") from None
    return ReplyContent(json.dumps({"location": url}).encode(), MEDIA_TYPE)
