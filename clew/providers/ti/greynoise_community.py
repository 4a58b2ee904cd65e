"""What GreyNoise tells everybody, without a subscription and without a key."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from clew.entities import IpAddress
from clew.errors import AskFailed
from clew.providers.base import Provider, Quota, Steps, operation
from clew.providers.reading import Part, told
from clew.providers.ti.greynoise import API, PAGES, judge, unseen
from clew.providers.web import HttpRequest, Place

_UNKNOWN = frozenset({404})


class GreyNoiseCommunity(Provider):
    """Whether an address scans the internet or is that of a common business service, in a word."""

    name: ClassVar[str] = "greynoise-community"
    title: ClassVar[str] = "GreyNoise Community"
    docs: ClassVar[str] = "https://docs.greynoise.io/docs/using-the-greynoise-community-api"
    leaves: ClassVar[bool] = True
    #: Not the key of a subscription, which has its own service.
    secret: ClassVar[str] = "CLEW_GREYNOISE_COMMUNITY_KEY"
    secret_optional: ClassVar[bool] = True
    #: Of an account that costs nothing.
    quotas: ClassVar[tuple[Quota, ...]] = (Quota(50, timedelta(days=7)),)
    #: With so few calls, what is not known is not asked again within hours.
    lifetime_nothing: ClassVar[timedelta] = timedelta(days=1)

    @operation(calls=1, facts=("is_scanner", "is_business_service", "classification", "actor"))
    def ip(self, ip: IpAddress) -> Steps:
        """Whether the address scans the internet, or is a common service."""
        reply = yield HttpRequest("GET", f"{API}/community/{ip.value}", secret=Place("header", "key"), answers=_UNKNOWN)
        if reply.status == 404:
            return unseen(ip)
        about = Part.of(reply)
        scans, serves = about.flag("noise"), about.flag("riot")
        if scans is None or serves is None:
            raise AskFailed("the reply does not say whether the address was seen", kind="reply")
        if not (scans or serves):
            return unseen(ip)
        classification, actor = about.text("classification"), about.text("name")
        verdict, severity = judge(classification, scans=scans, trusted=False)
        what = ["seen scanning the internet"] * scans + ["a known service"] * serves
        return told(
            ip,
            f"{' and '.join(what)}: {classification or 'not classified'}",
            verdict=verdict,
            severity=severity,
            reference=f"{PAGES}/{ip.value}",
            facts={
                "is_scanner": scans,
                "is_business_service": serves,
                "classification": classification,
                "actor": None if actor == "unknown" else actor,
            },
            observed_last=about.moment("last_seen"),
        )
