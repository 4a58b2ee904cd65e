"""What Pulsedive links with an address, a domain or a URL, and the DNS records that it saw there, one after another."""

from __future__ import annotations

from clew.entities import Domain, IpAddress, Url
from clew.entities.finding import Table
from clew.errors import AskFailed
from clew.providers.base import Steps, operation
from clew.providers.findings import found, nothing
from clew.providers.link_collector import LinkCollector
from clew.providers.ti.pulsedive_api import PulsediveBase, RecordSteps, fetch_record, page_of
from clew.providers.ti.pulsedive_links import DNS_COLUMNS, LINKED_FIELDS, linked_row, record_row


class PulsediveRelated(PulsediveBase):
    """Indicators that Pulsedive links: by DNS, as URLs of a domain, by redirects."""

    @operation(calls=2, broad=True, facts=LINKED_FIELDS.names)
    def ip(self, ip: IpAddress) -> Steps:
        """Domains and URLs that Pulsedive links with the address."""
        return (yield from _linked_indicators(ip))

    @operation(calls=2, broad=True, facts=LINKED_FIELDS.names)
    def domain(self, domain: Domain) -> Steps:
        """Addresses, domains and URLs that Pulsedive links with the domain."""
        return (yield from _linked_indicators(domain))

    @operation(calls=2, broad=True, facts=LINKED_FIELDS.names)
    def url(self, url: Url) -> Steps:
        """Addresses, domains and URLs that Pulsedive links with the URL."""
        return (yield from _linked_indicators(url))


class PulsediveResolutions(PulsediveBase):
    """DNS records that Pulsedive saw when it scanned an address or a domain, those of the past too."""

    @operation(calls=2, broad=True, facts=DNS_COLUMNS)
    def ip(self, ip: IpAddress) -> Steps:
        """Names that the address gave itself, and when that was last seen."""
        return (yield from _resolutions(ip))

    @operation(calls=2, broad=True, facts=DNS_COLUMNS)
    def domain(self, domain: Domain) -> Steps:
        """Which DNS records the domain had, and when they were last seen."""
        return (yield from _resolutions(domain))


def _fetch_details(subject: IpAddress | Domain | Url, section: str) -> RecordSteps:
    """What stands under the number that Pulsedive has for an indicator."""
    about = yield from fetch_record(indicator=subject.value)
    if about is None:
        return None
    indicator_id = about.integer("iid")
    if indicator_id is None:
        raise AskFailed("the reply has no number of the indicator at /iid", kind="reply")
    return (yield from fetch_record(get=section, iid=str(indicator_id)))


def _linked_indicators(subject: IpAddress | Domain | Url) -> Steps:
    reference = page_of(subject)
    document = yield from _fetch_details(subject, "links")
    if document is None:
        return nothing(subject, "Pulsedive does not know it", reference=reference)
    links = LinkCollector(subject)
    entries = [(entry, kind) for kind in document.fields for entry in document.require_objects(kind)]
    if not entries:
        return nothing(subject, "Pulsedive links nothing with it", reference=reference)
    rows = [row for entry, kind in entries if (row := linked_row(entry, kind, links)) is not None]
    return found(
        subject,
        f"{len(entries)} linked: {', '.join(document.fields)}",
        reference=reference,
        links=links,
        table=Table(LINKED_FIELDS.names, tuple(rows)),
        returned=len(entries),
    )


def _resolutions(subject: IpAddress | Domain) -> Steps:
    reference = page_of(subject)
    document = yield from _fetch_details(subject, "properties")
    if document is None:
        return nothing(subject, "Pulsedive does not know it", reference=reference)
    # Without any records there is no such list.
    records, links = document.require_objects("dns") if "dns" in document.fields else [], LinkCollector(subject)
    if not records:
        return nothing(subject, "Pulsedive knows no DNS records", reference=reference)
    rows = [row for record in records if (row := record_row(record, links)) is not None]
    return found(
        subject,
        f"{len(rows)} DNS records",
        reference=reference,
        links=links,
        table=Table(DNS_COLUMNS, tuple(rows)),
        returned=len(records),
    )
