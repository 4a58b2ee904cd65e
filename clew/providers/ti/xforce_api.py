"""What all questions to X-Force Exchange have in common: the request, its scores, how it writes hashes."""

from __future__ import annotations

from collections.abc import Generator
from datetime import timedelta
from ipaddress import IPv6Address
from typing import ClassVar

from clew.entities import Domain, File, IpAddress, Severity, Url, Verdict
from clew.errors import AskRefused
from clew.providers.base import Ask, Provider, Quota, Reply
from clew.providers.file_hashes import first_hash
from clew.providers.findings import Judgement
from clew.providers.json_reply import JsonObject
from clew.providers.url_quoting import percent_encode
from clew.providers.web import HttpRequest, SecretLocation

API, PAGES = "https://api.xforce.ibmcloud.com", "https://exchange.xforce.ibmcloud.com"
#: Scores go from 1 to 10. X-Force colours them red and orange from here on.
HIGH_SCORE, MEDIUM_SCORE = 7.0, 4.0
_NOT_FOUND, _QUOTA_EXCEEDED = 404, 402

#: What is known; None for what X-Force does not know.
ReportSteps = Generator[Ask, Reply, JsonObject | None]


class XForceBase(Provider):
    """The service, whatever it is asked."""

    name: ClassVar[str] = "xforce"
    title: ClassVar[str] = "IBM X-Force Exchange"
    docs: ClassVar[str] = "https://api.xforce.ibmcloud.com/doc/"
    leaves: ClassVar[bool] = True
    #: The key and its password, with a colon between them.
    secret: ClassVar[str] = "CLEW_XFORCE_KEY"
    #: Of an account that costs nothing: records a month.
    quotas: ClassVar[tuple[Quota, ...]] = (Quota(5000, timedelta(days=30)),)


def fetch_report(path: str) -> ReportSteps:
    """Ask for a report."""
    reply = yield HttpRequest(
        "GET", f"{API}/{path}", secret=SecretLocation("basic"), answers=frozenset({_NOT_FOUND, _QUOTA_EXCEEDED})
    )
    if reply.status == _QUOTA_EXCEEDED:
        raise AskRefused("the records that X-Force Exchange gives in a month are used up", kind="quota")
    return None if reply.status == _NOT_FOUND else JsonObject.of(reply)


def name_of(subject: IpAddress | Domain | Url | File) -> str:
    """The subject as one segment of a path. Raises AskSkipped for a file without a hash that X-Force goes by."""
    return (
        first_hash(subject, "sha256", "sha1", "md5").value
        if isinstance(subject, File)
        else percent_encode(subject.value)
    )


def page_of(subject: IpAddress | Domain | Url | File) -> str:
    """The page for people."""
    kind = "malware" if isinstance(subject, File) else "ip" if isinstance(subject, IpAddress) else "url"
    return f"{PAGES}/{kind}/{name_of(subject)}"


def judge(score: float) -> Judgement:
    """What a score from 1 to 10 means; that it is low says only that nothing bad was seen."""
    if score >= HIGH_SCORE:
        return Judgement(Verdict.MALICIOUS, Severity.HIGH)
    if score >= MEDIUM_SCORE:
        return Judgement(Verdict.SUSPICIOUS, Severity.MEDIUM)
    return Judgement(Verdict.UNKNOWN, Severity.LOW if score > 1 else Severity.INFORMATIONAL)


def plain_hash(text: str | None) -> str | None:
    """A hash without the `0x` that X-Force writes before it."""
    return text.lower().removeprefix("0x") if text else None


def plain_address(text: str | None) -> str | None:
    """An address; X-Force also writes the 128 bits of one in hexadecimal.

    >>> plain_address("0x00000000000000000000ffffc6336407"), plain_address("198.51.100.7")
    ('198.51.100.7', '198.51.100.7')
    """
    if not text or not text.startswith("0x"):
        return text
    try:
        ip = IPv6Address(int(text, 16))
    except ValueError:
        return text
    return str(ip.ipv4_mapped or ip)
