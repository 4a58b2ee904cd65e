"""CrowdSec CTI: what a network of defenders has seen an address do."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from clew.entities import IpAddress
from clew.providers.base import Provider, Quota, Steps, operation
from clew.providers.findings import nothing
from clew.providers.json_reply import JsonObject
from clew.providers.ti.crowdsec_reputation import FACTS, PAGES, reputation_finding
from clew.providers.web import HttpRequest, SecretLocation

_API = "https://cti.api.crowdsec.net/v2/smoke"
_NOT_FOUND = frozenset({404})


class CrowdSec(Provider):
    """Attacks that machines which run CrowdSec reported, and whether the address is a known service."""

    name: ClassVar[str] = "crowdsec"
    title: ClassVar[str] = "CrowdSec CTI"
    docs: ClassVar[str] = "https://docs.crowdsec.net/u/cti_api/api_introduction/"
    leaves: ClassVar[bool] = True
    secret: ClassVar[str] = "CLEW_CROWDSEC_KEY"
    #: Of the key that comes with an account that costs nothing. Many addresses in one request are for paid keys alone,
    #: and each of them counts as one request.
    quotas: ClassVar[tuple[Quota, ...]] = (Quota(50, timedelta(days=1)),)

    @operation(calls=1, facts=FACTS.names)
    def ip(self, ip: IpAddress) -> Steps:
        """Attacks by the address that CrowdSec's network saw."""
        reply = yield HttpRequest(
            "GET", f"{_API}/{ip.value}", secret=SecretLocation("header", "x-api-key"), answers=_NOT_FOUND
        )
        if reply.status == 404:
            return nothing(ip, "CrowdSec does not know it", reference=f"{PAGES}/{ip.value}")
        return reputation_finding(ip, JsonObject.of(reply))
