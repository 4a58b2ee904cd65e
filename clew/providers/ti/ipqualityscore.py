"""IPQualityScore: how likely fraud and abuse are from an address, and what its scanner thinks of a domain or a URL."""

from __future__ import annotations

from collections.abc import Generator
from datetime import timedelta
from typing import ClassVar

from clew.entities import Domain, IpAddress, Url
from clew.errors import AskError, AskFailed, AskRefused
from clew.providers.base import Ask, Provider, Quota, Reply, Steps, operation
from clew.providers.json_reply import JsonObject
from clew.providers.ti.ipqualityscore_scores import ADDRESS, PAGE, ip_finding, page_finding
from clew.providers.web import HttpRequest, SecretLocation

_API = "https://www.ipqualityscore.com/api/json"


class IpQualityScoreBase(Provider):
    """The service, whatever it is asked."""

    name: ClassVar[str] = "ipqualityscore"
    title: ClassVar[str] = "IPQualityScore"
    docs: ClassVar[str] = "https://www.ipqualityscore.com/documentation/overview"
    leaves: ClassVar[bool] = True
    secret: ClassVar[str] = "CLEW_IPQUALITYSCORE_KEY"
    #: Of an account that costs nothing.
    quotas: ClassVar[tuple[Quota, ...]] = (Quota(1000, timedelta(days=30)),)


class IpQualityScore(IpQualityScoreBase):
    """Addresses by how likely fraud is from them, and whether they are proxies, VPNs, Tor exits or bots."""

    @operation(calls=1, facts=ADDRESS.names)
    def ip(self, ip: IpAddress) -> Steps:
        """How likely fraud from the address is, and what hides behind it."""
        about = yield from _fetch("ip", ip=ip.value)
        return ip_finding(ip, about)


class IpQualityScoreUrls(IpQualityScoreBase):
    """Domains and URLs by a scanner that opens the page when it is asked."""

    #: The page is fetched, so its owner can notice, though not for whom.
    active: ClassVar[bool] = True

    @operation(calls=1, facts=PAGE.names)
    def domain(self, domain: Domain) -> Steps:
        """Whether the domain is for phishing, malware or unwanted mails."""
        return (yield from _lookup(domain))

    @operation(calls=1, facts=PAGE.names)
    def url(self, url: Url) -> Steps:
        """Whether the URL is for phishing, malware or unwanted mails."""
        return (yield from _lookup(url))


def _fetch(path: str, **params: str) -> Generator[Ask, Reply, JsonObject]:
    """What the service says. It answers 403 to who asks too much, too, and says what was wrong in the reply."""
    reply = yield HttpRequest(
        "GET",
        f"{_API}/{path}",
        tuple(params.items()),
        secret=SecretLocation("header", "IPQS-KEY"),
        answers=frozenset({403}),
    )
    about = JsonObject.of(reply)
    success = about.flag("success")
    if success is None and reply.status != 403:
        raise AskFailed("the reply does not say whether it is one, at /success", kind="reply")
    if not success:
        raise _error_for(about.text("message") or "")
    return about


def _error_for(message: str) -> AskError:
    text = message.lower()
    if "quota" in text or "credit" in text or "limit" in text:
        return AskRefused("IPQualityScore's quota is used up", kind="quota")
    if "key" in text or "unauthorized" in text:
        step = f"check the key {IpQualityScoreBase.secret}"
        return AskRefused("IPQualityScore refused the key", kind="key", next_step=step)
    return AskFailed(f"IPQualityScore reports an error: {message[:200] or 'none that it names'}", kind="reply")


def _lookup(subject: Domain | Url) -> Steps:
    about = yield from _fetch("url", url=subject.value)
    return page_finding(subject, about)
