"""The risk that Pulsedive sees in an address, a domain or a URL, and what feeds and scans say of it."""

from __future__ import annotations

from clew.entities import Domain, IpAddress, Url
from clew.providers.base import Steps, operation
from clew.providers.findings import nothing
from clew.providers.ti.pulsedive_api import PulsediveBase, fetch_record, page_of
from clew.providers.ti.pulsedive_risks import FACTS, risk_finding


class Pulsedive(PulsediveBase):
    """Indicators of some dozens of feeds and of a community, scanned and scored."""

    @operation(calls=1, facts=FACTS.names)
    def ip(self, ip: IpAddress) -> Steps:
        """The risk of the address, the feeds and threats that name it."""
        return (yield from _look_up(ip))

    @operation(calls=1, facts=FACTS.names)
    def domain(self, domain: Domain) -> Steps:
        """The risk of the domain, the feeds and threats that name it, its DNS."""
        return (yield from _look_up(domain))

    @operation(calls=1, facts=FACTS.names)
    def url(self, url: Url) -> Steps:
        """The risk of the URL, the feeds and threats that name it."""
        return (yield from _look_up(url))


def _look_up(subject: IpAddress | Domain | Url) -> Steps:
    reference = page_of(subject)
    about = yield from fetch_record(indicator=subject.value)
    if about is None:
        return nothing(subject, "Pulsedive does not know it", reference=reference)
    return risk_finding(subject, about)
