"""Whether a reply says that a name is registered, that it is not, or that the server would not say."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum

from clew.providers.whois.whois_text import WhoisStatement, lines_of


class ReplyState(StrEnum):
    """What a reply is. Only `registered`, `reserved` and `available` say something about the name."""

    REGISTERED = "registered"
    AVAILABLE = "available"
    RESERVED = "reserved"  # nobody's, and nobody can have it
    INVALID = "invalid"
    THROTTLED = "throttled"
    UNAVAILABLE = "unavailable"  # the service is
    UNCLEAR = "unclear"


_STATUS_LABELS = frozenset({"status", "domain status", "query status", "registration status", "state", "organisation"})
_NOT_FOUND = (
    r"(?:(?:was |could )?(?:not|never) (?:be )?(?:found|registe?red|exist|known)|does not exist|has not been regist)"
)
# At the beginning of a line: further on, the terms of use speak of names that are available.
_AVAILABLE_PATTERN = re.compile(
    r"(?:error|info)?[\s:\d]*(?:"
    r"no (?:match|entries|entry|data|objects?|records?|such|information|domains?|se encuentra|existe)\b|not? found\b"
    r"|nothing found|available\Z|we do not have an entry|we could not find"
    r"|(?:the |this |requested |queried )*(?:object|data|domain)(?: name)?(?: \S+)?(?:"
    rf" {_NOT_FOUND}| is (?:free|available|not registered|unregistered)| not regist)"
    r"|(?=[^\s.:]{1,63}\.)\S{3,253}+ (?:is free\b|is available\b|no existe|no se encuentra|not regist|not found"
    rf"|{_NOT_FOUND})"
    r"|invalid query or domain name not known|object_not_found|.{0,90}does not have\Z"
    r"|this query returned 0 objects|there is no information available"
    r"|[\w .]{0,40}\bno entries found)",
    re.IGNORECASE,
)
_FREE_PATTERN = re.compile(
    r"(?:available|free|no object found|not registe?red|unregistered|220 available|no match|not assigned)\b",
    re.IGNORECASE,
)
_RESERVED_PATTERN = re.compile(
    r"(?:the )?(?:domain )?(?:name )?(?:is )?(?:reserved|restricted|prohibited|unassignable|premium name|not available"
    r"|unavailable|blocked|forbidden|not permitted)\b",
    re.IGNORECASE,
)
_THROTTLED_PATTERN = re.compile(
    r"(?:limit|quota)\b.{0,40}\bexceed|exceeded\b.{0,50}\b(?:limit|quota|allowed|allotted|maximum|number|rate)"
    r"|allowed (?:queries|requests|lookups) exceeded|too many (?:connections|queries|requests|lookups)|go away for"
    r"|\brequest denied\b|slow down"
    r"|rate[- ]limit(?:ed|ing)\b|only \d+ requests? per|maximum (?:\w+ )?queries|excessive querying|grace period"
    r"|(?:connection|access|ip|address|client|query|queries)\b.{0,30}\b(?:refused|denied|blocked|banned|barred)"
    r"|black-?list|try again (?:after|in) \d",
    re.IGNORECASE,
)
_OUTAGE_PATTERN = re.compile(
    r"(?:temporarily|currently|presently) (?:unavailable|down|not available|out of)|too busy|try again later"
    r"|is down for|internal (?:server )?error|under maintenance|timed? ?out",
    re.IGNORECASE,
)
_INVALID_PATTERN = re.compile(
    r"(?:error:?[\s\d]*)?(?:invalid|malformed|illegal|incorrect|not a valid|syntax error|500 invalid)\b"
    r"|query status: 500\b|not allowed\b|this whois server does not have|.{0,40}\bcannot be registered\b"
    r"|.{0,20}\bis not (?:a )?valid\b|.{0,40}\binvalid (?:pattern|domain|input|query|char|request)",
    re.IGNORECASE,
)
_MARKS = " \t%#*;-<>\"'.[]"


def state_of(text: str, statements: Iterable[WhoisStatement], *, has_record: bool, has_trace: bool) -> ReplyState:
    """What the reply is.

    Args:
        has_record: somebody registered it then and then, or has given it name servers.
        has_trace: it was changed then and then, which may be what the reply says of itself.
    """
    values = [statement.value.lower() for statement in statements if statement.label in _STATUS_LABELS]
    # A record is no notice of a limit, whatever its terms of use say, and a name with name servers is not free.
    if has_record:
        return ReplyState.REGISTERED
    if any(map(_FREE_PATTERN.match, values)):
        return ReplyState.AVAILABLE
    for pattern, state in ((_RESERVED_PATTERN, ReplyState.RESERVED), (_INVALID_PATTERN, ReplyState.INVALID)):
        if any(map(pattern.match, values)):
            return state
    lines = [line.strip(_MARKS) for line in lines_of(text)]
    for pattern, state in ((_AVAILABLE_PATTERN, ReplyState.AVAILABLE), (_RESERVED_PATTERN, ReplyState.RESERVED)):
        if any(map(pattern.match, lines)):
            return state
    for pattern, state in ((_THROTTLED_PATTERN, ReplyState.THROTTLED), (_OUTAGE_PATTERN, ReplyState.UNAVAILABLE)):
        if any(map(pattern.search, lines)):
            return state
    if any(map(_INVALID_PATTERN.match, lines)):
        return ReplyState.INVALID
    return ReplyState.REGISTERED if has_trace or any(values) else ReplyState.UNCLEAR
