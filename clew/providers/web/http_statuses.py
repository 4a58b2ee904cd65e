"""What the status of a reply means where the operation does not read it itself."""

from __future__ import annotations

from datetime import datetime, timedelta

from clew.entities.checked_text import stamp
from clew.errors import AskError, AskFailed, AskRefused
from clew.providers.base import Provider
from clew.providers.web.key_cache import key_refusal
from clew.providers.web.raw_response import RawResponse
from clew.providers.web.retry import retry_after


def status_error(response: RawResponse, provider: type[Provider], now: datetime) -> AskError | None:
    """The error that the status stands for; None for an answer. Nothing that the source wrote is in it."""
    status, title = response.status, provider.title
    if 200 <= status < 300:
        return None
    if status in (401, 403):
        return key_refusal(provider, status)
    seconds = retry_after(response.headers, now)
    next_step = f"try at {stamp(now + timedelta(seconds=seconds))}" if seconds is not None else ""
    if status == 429:
        wait_text = f"; it says to wait {seconds:.0f} s" if seconds is not None else ""
        return AskRefused(f"{title}'s quota is used up{wait_text}", kind="quota", next_step=next_step)
    if status == 404:
        return AskFailed(f"{title} does not know it (status 404)", kind="not-found")
    return AskFailed(f"{title} answered with status {status}", kind="status", next_step=next_step)
