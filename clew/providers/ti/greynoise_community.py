"""What GreyNoise tells everybody, without a subscription and without a key."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from clew.entities import IpAddress
from clew.errors import AskFailed
from clew.providers.base import Provider, Quota, Steps, operation
from clew.providers.findings import found
from clew.providers.json_reply import JsonObject
from clew.providers.ti.greynoise_batch import API, NOT_FOUND, PAGES
from clew.providers.ti.greynoise_records import judge, not_observed
from clew.providers.web import HttpRequest, SecretLocation


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
        reply = yield HttpRequest(
            "GET", f"{API}/community/{ip.value}", secret=SecretLocation("header", "key"), answers=NOT_FOUND
        )
        if reply.status == 404:
            return not_observed(ip)
        about = JsonObject.of(reply)
        is_scanner, is_service = about.flag("noise"), about.flag("riot")
        if is_scanner is None or is_service is None:
            raise AskFailed("the reply does not say whether the address was seen", kind="reply")
        if not (is_scanner or is_service):
            return not_observed(ip)
        classification, actor = about.text("classification"), about.text("name")
        verdict, severity = judge(classification, is_scanner=is_scanner, is_trusted=False)
        roles = ["seen scanning the internet"] * is_scanner + ["a known service"] * is_service
        return found(
            ip,
            f"{' and '.join(roles)}: {classification or 'not classified'}",
            verdict=verdict,
            severity=severity,
            reference=f"{PAGES}/{ip.value}",
            facts={
                "is_scanner": is_scanner,
                "is_business_service": is_service,
                "classification": classification,
                "actor": None if actor == "unknown" else actor,
            },
            observed_last=about.moment("last_seen"),
        )
