"""GreyNoise: who scans the whole internet, and whose services everybody uses; by address."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from clew.entities import IpAddress
from clew.providers.base import Provider, Quota, Steps, operation
from clew.providers.json_reply import JsonObject
from clew.providers.ti.greynoise_batch import API, BATCH, NOT_FOUND
from clew.providers.ti.greynoise_records import FACTS, not_observed, record_finding
from clew.providers.web import HttpRequest, SecretLocation


class GreyNoise(Provider):
    """Addresses that scan the internet, by what they were seen doing, and addresses of common business services."""

    name: ClassVar[str] = "greynoise"
    title: ClassVar[str] = "GreyNoise"
    docs: ClassVar[str] = "https://docs.greynoise.io/docs/using-the-greynoise-api"
    leaves: ClassVar[bool] = True
    secret: ClassVar[str] = "CLEW_GREYNOISE_KEY"
    #: What a subscription has is agreed with each customer; this is no more than courtesy.
    quotas: ClassVar[tuple[Quota, ...]] = (Quota(10, timedelta(seconds=1)),)

    @operation(calls=1, facts=("is_scanner", "is_business_service", *FACTS.names))
    def ip(self, ip: IpAddress) -> Steps:
        """Whether it scans the internet, for whom, or is a common service."""
        reply = yield HttpRequest(
            "GET", f"{API}/ip/{ip.value}", secret=SecretLocation("header", "key"), answers=NOT_FOUND, batch=BATCH
        )
        return not_observed(ip) if reply.status == 404 else record_finding(ip, JsonObject.of(reply))
