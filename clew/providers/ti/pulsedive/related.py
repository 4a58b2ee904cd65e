"""What Pulsedive links with an address, a domain or a URL, and the DNS records that it saw there, one after another."""

from __future__ import annotations

from clew.entities import Domain, Entity, IpAddress, Relation, Url
from clew.entities.finding import Scalar, Table
from clew.errors import AskFailed
from clew.providers.base import Steps, operation
from clew.providers.reading import Links, Part, told, unknown, written
from clew.providers.ti.pulsedive.base import Known, PulsediveBase, asked, page_of

COLUMNS = ("related", "relation", "risk", "observed_last")
DNS_COLUMNS = ("dns_question_name", "dns_answer_type", "dns_resolved_ip", "dns_answer_data", "observed_last")
_KINDS = {"ip": IpAddress, "ipv6": IpAddress, "domain": Domain, "url": Url}
_BETWEEN_NAMES = {
    "CNAME": Relation.ALIAS_OF,
    "NS": Relation.DELEGATED_TO,
    "MX": Relation.MAIL_HANDLED_BY,
}


class PulsediveRelated(PulsediveBase):
    """Indicators that Pulsedive links: by DNS, as URLs of a domain, by redirects."""

    @operation(calls=2, wide=True, facts=COLUMNS)
    def ip(self, ip: IpAddress) -> Steps:
        """Domains and URLs that Pulsedive links with the address."""
        return (yield from _linked(ip))

    @operation(calls=2, wide=True, facts=COLUMNS)
    def domain(self, domain: Domain) -> Steps:
        """Addresses, domains and URLs that Pulsedive links with the domain."""
        return (yield from _linked(domain))

    @operation(calls=2, wide=True, facts=COLUMNS)
    def url(self, url: Url) -> Steps:
        """Addresses, domains and URLs that Pulsedive links with the URL."""
        return (yield from _linked(url))


class PulsediveResolutions(PulsediveBase):
    """DNS records that Pulsedive saw when it scanned an address or a domain, those of the past too."""

    @operation(calls=2, wide=True, facts=DNS_COLUMNS)
    def ip(self, ip: IpAddress) -> Steps:
        """Names that the address gave itself, and when that was last seen."""
        return (yield from _resolved(ip))

    @operation(calls=2, wide=True, facts=DNS_COLUMNS)
    def domain(self, domain: Domain) -> Steps:
        """Which DNS records the domain had, and when they were last seen."""
        return (yield from _resolved(domain))


def _more(subject: IpAddress | Domain | Url, what: str) -> Known:
    """What stands under the number that Pulsedive has for an indicator."""
    about = yield from asked(indicator=subject.value)
    if about is None:
        return None
    number = about.whole("iid")
    if number is None:
        raise AskFailed("the reply has no number of the indicator at /iid", kind="reply")
    return (yield from asked(get=what, iid=str(number)))


def _linked(subject: IpAddress | Domain | Url) -> Steps:
    reference = page_of(subject)
    document = yield from _more(subject, "links")
    if document is None:
        return unknown(subject, "Pulsedive does not know it", reference=reference)
    links = Links(subject)
    found = [(each, kind) for kind in document.fields for each in document.need_parts(kind)]
    if not found:
        return unknown(subject, "Pulsedive links nothing with it", reference=reference)
    rows = [row for each, kind in found if (row := _row(each, kind, links)) is not None]
    return told(
        subject,
        f"{len(found)} linked: {', '.join(document.fields)}",
        reference=reference,
        links=links,
        table=Table(COLUMNS, tuple(rows)),
        returned=len(found),
    )


def _row(each: Part, kind: str, links: Links) -> tuple[Scalar, ...] | None:
    expected = _KINDS.get(each.text("type") or "")
    other = None if expected is None else links.made(each.text("indicator"), expected)
    if other is None:
        links.unread += expected is None
        return None
    seen = each.moment("stamp_linked")
    source, relation, target = _said(links.subject, other, kind)
    links.between(source, relation, target, each.pointer, last=seen)
    return (str(other.key), relation.value, each.text("risk"), written(seen))


def _said(subject: Entity, other: Entity, kind: str) -> tuple[Entity, Relation, Entity]:
    """What a link of that kind says; of those whose direction is not told, only that they belong together."""
    for one, two in ((subject, other), (other, subject)):
        if "DNS" in kind and isinstance(one, Domain) and isinstance(two, IpAddress):
            return one, Relation.RESOLVES_TO, two
        if isinstance(one, Url) and not isinstance(two, Url):
            return one, Relation.CONTAINS, two
    return subject, Relation.RELATED_TO, other


def _resolved(subject: IpAddress | Domain) -> Steps:
    reference = page_of(subject)
    document = yield from _more(subject, "properties")
    if document is None:
        return unknown(subject, "Pulsedive does not know it", reference=reference)
    # Without any records there is no such list.
    found, links = document.need_parts("dns") if "dns" in document.fields else [], Links(subject)
    if not found:
        return unknown(subject, "Pulsedive knows no DNS records", reference=reference)
    rows = [row for each in found if (row := _record(each, links)) is not None]
    return told(
        subject,
        f"{len(rows)} DNS records",
        reference=reference,
        links=links,
        table=Table(DNS_COLUMNS, tuple(rows)),
        returned=len(found),
    )


def _record(each: Part, links: Links) -> tuple[Scalar, ...] | None:
    """Link what a record says; its row, if that is something."""
    kind, value = (each.text("name") or "").upper(), each.text("value")
    seen, subject = each.moment("stamp_seen"), links.subject
    if isinstance(subject, IpAddress):
        name = links.to(Relation.RESOLVES_TO, value, Domain, each.pointer, backwards=True, last=seen)
        return None if name is None else (name.value, kind, subject.value, None, written(seen))
    owner = str(subject.key.value)
    if kind in ("A", "AAAA"):
        address = links.to(Relation.RESOLVES_TO, value, IpAddress, each.pointer, last=seen)
        return None if address is None else (owner, kind, address.value, None, written(seen))
    # The address of a mail server may stand where its name belongs; then there is nothing to follow.
    if kind in _BETWEEN_NAMES:
        links.to(_BETWEEN_NAMES[kind], value, Domain, each.pointer, last=seen)
    return (owner, kind, None, value, written(seen))
