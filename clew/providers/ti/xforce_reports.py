"""What X-Force says of an address, a domain, a URL or a file: a score with its reasons, or the malware that it is."""

from __future__ import annotations

from clew.entities import Domain, File, IpAddress, Url
from clew.providers.base import Steps, operation
from clew.providers.field_table import COMPUTED_FIELD, Field, FieldTable
from clew.providers.link_collector import LinkCollector
from clew.providers.ti.xforce_api import XForceBase, fetch_report, name_of
from clew.providers.ti.xforce_findings import link_networks, malware_finding, not_known, score_finding

_FACTS = ("risk_score", "categories", "tags")


_ADDRESS = FieldTable(
    description=Field.text("reasonDescription") | Field.text("reason"),
    country_code=Field.text("geo", "countrycode"),
    asn=COMPUTED_FIELD,
    as_organization=COMPUTED_FIELD,
)


class XForce(XForceBase):
    """Scores of IBM's researchers from 1 to 10, with categories of content, and reports on malware."""

    @operation(calls=1, facts=(*_FACTS, *_ADDRESS.names))
    def ip(self, ip: IpAddress) -> Steps:
        """The score of the address and why it has it, where and whose it is."""
        about = yield from fetch_report(f"ipr/{name_of(ip)}")
        if about is None:
            return not_known(ip)
        links = LinkCollector(ip)
        number, owner = link_networks(about, links)
        facts = _ADDRESS.facts(about, asn=number, as_organization=owner)
        return score_finding(ip, about, about, facts, links)

    @operation(calls=1, facts=_FACTS)
    def domain(self, domain: Domain) -> Steps:
        """The score of the domain, and the categories of what it serves."""
        return (yield from _score_of_page(domain))

    @operation(calls=1, facts=_FACTS)
    def url(self, url: Url) -> Steps:
        """The score of the URL, and the categories of what it serves."""
        return (yield from _score_of_page(url))

    @operation(calls=1, facts=("risk", "threat_name", "detection_rate", "tags"))
    def file(self, file: File) -> Steps:
        """The malware that the file is, its risk, and where it calls home."""
        document = yield from fetch_report(f"malware/{name_of(file)}")
        if document is None:
            return not_known(file)
        return malware_finding(file, document)


def _score_of_page(subject: Domain | Url) -> Steps:
    document = yield from fetch_report(f"url/{name_of(subject)}")
    if document is None:
        return not_known(subject)
    return score_finding(subject, document.require("result"), document, {}, LinkCollector(subject))
