"""What our own firewall blocks: a provider that the look-up of the menu `ti` asks too."""

from __future__ import annotations

from typing import ClassVar

from clew import Fact, Finding, IpAddress, Outcome, Severity, Verdict
from clew.providers.base import Provider, operation

BLOCKED = frozenset({"198.51.100.7", "203.0.113.66"})


class Blocklist(Provider):
    """The block list of the firewall."""

    name: ClassVar[str] = "blocklist"
    title: ClassVar[str] = "firewall block list"

    @operation(facts=("feed",))
    def ip(self, ip: IpAddress) -> Finding:
        """Whether the firewall blocks the address."""
        if ip.value not in BLOCKED:
            return Finding(ip, outcome=Outcome.NOTHING, reason="not blocked")
        return Finding(
            ip,
            verdict=Verdict.MALICIOUS,
            severity=Severity.HIGH,
            reason="blocked by the firewall",
            facts=(Fact("feed", "firewall"),),
            returned=1,
            available=1,
        )
