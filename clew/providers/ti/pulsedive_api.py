"""What all questions to Pulsedive have in common: the request, what an error in a reply means, and its risks."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Generator
from datetime import timedelta
from typing import ClassVar

from clew.entities import Domain, IpAddress, Severity, Url, Verdict
from clew.errors import AskError, AskFailed, AskRefused
from clew.providers.base import Ask, Provider, Quota, Reply
from clew.providers.json_reply import JsonObject
from clew.providers.url_quoting import percent_encode
from clew.providers.web import HttpRequest, SecretLocation

API, PAGES = "https://pulsedive.com/api/info.php", "https://pulsedive.com/indicator/"
#: The risks of Pulsedive; what it finds nothing bad in is not good for that.
RISKS = {
    "critical": (Verdict.MALICIOUS, Severity.HIGH),
    "high": (Verdict.MALICIOUS, Severity.HIGH),
    "medium": (Verdict.SUSPICIOUS, Severity.MEDIUM),
    "low": (Verdict.UNKNOWN, Severity.LOW),
    "none": (Verdict.UNKNOWN, Severity.INFORMATIONAL),
    "unknown": (Verdict.UNKNOWN, Severity.INFORMATIONAL),
    "retired": (Verdict.UNKNOWN, Severity.INFORMATIONAL),
}
_NOT_FOUND = frozenset({404})

#: What is known; None for what Pulsedive does not know.
RecordSteps = Generator[Ask, Reply, JsonObject | None]


class PulsediveBase(Provider):
    """The service, whatever it is asked."""

    name: ClassVar[str] = "pulsedive"
    title: ClassVar[str] = "Pulsedive"
    docs: ClassVar[str] = "https://pulsedive.com/api/"
    leaves: ClassVar[bool] = True
    secret: ClassVar[str] = "CLEW_PULSEDIVE_KEY"
    #: What its documentation shows of an account that costs nothing.
    quotas: ClassVar[tuple[Quota, ...]] = (
        Quota(1, timedelta(seconds=1)),
        Quota(10, timedelta(days=1)),
        Quota(250, timedelta(days=30)),
    )
    #: With so few calls, what is not known is not asked again within hours.
    lifetime_nothing: ClassVar[timedelta] = timedelta(days=1)


def fetch_record(**params: str) -> RecordSteps:
    """Ask for an indicator, or for something about one by its number."""
    reply = yield HttpRequest(
        "GET", API, tuple(params.items()), secret=SecretLocation("query", "key"), answers=_NOT_FOUND
    )
    # It is written by PHP, where an empty table and an empty list are the same.
    about = JsonObject({}) if reply.json() == [] else JsonObject.of(reply)
    error = about.text("error")
    if reply.status == 404 or (error and "not found" in error.lower()):
        return None
    if error is not None:
        raise _error_for(error)
    return about


def page_of(subject: IpAddress | Domain | Url) -> str:
    """The page for people about an indicator."""
    return f"{PAGES}?ioc={percent_encode(b64encode(subject.value.encode()).decode())}"


def _error_for(error: str) -> AskError:
    text = error.lower()
    if "api key" in text:
        return AskRefused("Pulsedive refused the key", kind="key", next_step=f"check the key {PulsediveBase.secret}")
    if "limit" in text:
        return AskRefused(f"Pulsedive's quota is used up: {error[:200]}", kind="quota")
    return AskFailed(f"Pulsedive reports an error: {error[:200]}", kind="reply")
