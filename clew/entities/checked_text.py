"""Helpers that turn given values into checked text."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from clew.errors import EntityError

MAX_TEXT = 65_536
# Markdown puts a backslash before a bracket.
_DOTS = re.compile(r"\\?[\[({]\s*(?:\.|dot)\s*\\?[\])}]|\\\.", re.IGNORECASE)
_AT = re.compile(r"\\?[\[({]\s*(?:@|at)\s*\\?[\])}]", re.IGNORECASE)
_COLON = re.compile(r"\[(:|:/|://)\]")
_SCHEME = re.compile(r"^(?:h(?:xx|\*\*|tt)p|fxp|ftp)(s?)(?:\[)?(:)(?:\])?(?://|\\\\|\[//\])", re.IGNORECASE)
_HXXP = re.compile(r"^h(?:xx|\*\*|tt)p", re.IGNORECASE)


def refang(text: str) -> str:
    """Undo the ways in which reports make indicators unclickable.

    >>> refang("hxxps[://]evil[.]example/a")
    'https://evil.example/a'
    >>> refang("alice[at]corp(dot)example")
    'alice@corp.example'
    """
    text = _COLON.sub(r"\1", text.strip().strip("<>\"'`"))
    text = _AT.sub("@", _DOTS.sub(".", text)) if any(c in text for c in "[({\\") else text
    scheme = _SCHEME.match(text)
    if scheme:
        name = "http" if _HXXP.match(text) else "ftp"
        text = f"{name}{scheme[1].lower()}://{text[scheme.end() :]}"
    return text


def given_text(value: Any, noun: str) -> str:
    """`value` if it is text worth looking at. Raises EntityError otherwise."""
    if type(value) is not str:
        raise EntityError(f"{noun} must be text, not {type(value).__name__}")
    text = value.strip()
    if not text:
        raise EntityError(f"{noun} is empty")
    if len(text) > MAX_TEXT:
        raise EntityError(f"{noun} is longer than {MAX_TEXT} characters")
    return text


def utc(moment: Any, noun: str) -> datetime:
    """`moment` in UTC. Raises EntityError for a time without a time zone."""
    if isinstance(moment, str):
        try:
            moment = datetime.fromisoformat(moment)
        except ValueError:
            raise EntityError(f"{noun} is not an ISO 8601 time: {moment!r}") from None
    if not isinstance(moment, datetime):
        raise EntityError(f"{noun} must be a datetime, not {type(moment).__name__}")
    if moment.tzinfo is None:
        raise EntityError(f"{noun} has no time zone: {moment.isoformat()}", next_step="add one, as in tzinfo=UTC")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise EntityError(f"{noun} is in no year from 1 to 9999: {moment.isoformat()}") from None


def stamp(moment: datetime) -> str:
    """UTC in one fixed width, so that text order is time order.

    >>> stamp(datetime(2026, 3, 17, 9, 15, tzinfo=UTC))
    '2026-03-17T09:15:00.000000Z'
    """
    at = moment.astimezone(UTC)
    # A time without its zone is written in half the time, and `combine` takes the zone away faster than `replace`.
    return datetime.combine(at, at.time()).isoformat("T", "microseconds") + "Z"
