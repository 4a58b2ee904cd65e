"""Team Cymru: which autonomous system announces an address, as the world's routers see it."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from clew.entities import IpAddress
from clew.providers.base import Provider, Quota, Steps, operation
from clew.providers.whois.cymru_batch import build_question
from clew.providers.whois.cymru_origins import COLUMNS, origin_finding


class TeamCymru(Provider):
    """The origin of every announced address: autonomous system, network, registry, day of allocation."""

    name: ClassVar[str] = "cymru"
    title: ClassVar[str] = "Team Cymru"
    docs: ClassVar[str] = "https://www.team-cymru.com/ip-asn-mapping"
    leaves: ClassVar[bool] = True
    #: None is published; who asks for very many addresses one by one is shut out.
    quotas: ClassVar[tuple[Quota, ...]] = (Quota(10, timedelta(seconds=1)),)
    concurrency: ClassVar[int] = 4

    @operation(calls=1, facts=(*COLUMNS, "origins"))
    def ip(self, ip: IpAddress) -> Steps:
        """Which autonomous systems announce the address, and as part of what.

        An address that several announce has a link to each. The smallest network is the one that facts are about.
        """
        reply = yield build_question(ip.value)
        return origin_finding(ip, reply.body)
