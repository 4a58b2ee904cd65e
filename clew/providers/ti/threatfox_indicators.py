"""Which of the indicators that ThreatFox finds are about the subject, and what they link it with."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from clew.entities import Domain, Entity, IpAddress, Relation, Url
from clew.providers.file_hashes import file_from_hashes
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector, host_kind
from clew.providers.ti.abusech_api import HostPort, endpoint

#: Links what an indicator says; True if it is about the subject, False if only near it, None if only spelt alike.
Matcher = Callable[[JsonObject, LinkCollector], bool | None]


def match_ip(indicator: JsonObject, links: LinkCollector) -> bool | None:
    """An address has one machine behind it, so that a URL on it is about it."""
    text = indicator.text("ioc") or ""
    if _entity(host_port(text).host, IpAddress, links) != links.subject:
        return None
    if "://" in text:
        links.link_to(
            Relation.CONTAINS, text, Url, indicator.pointer, backwards=True, first=indicator.moment("first_seen")
        )
    _link_samples(indicator, links)
    return True


def match_domain(indicator: JsonObject, links: LinkCollector) -> bool | None:
    """A name may be a hoster's, so that a URL on it, or a name below, is only near it."""
    text, seen_at = indicator.text("ioc") or "", indicator.moment("first_seen")
    host = _entity(host_port(text).host, Domain, links)
    if host is None or not f".{host.key.value}".endswith(f".{links.subject.key.value}"):
        return None
    url = links.entity(text, Url) if "://" in text else None
    if url is not None:
        links.link(url, Relation.CONTAINS, host, indicator.pointer, first=seen_at)
    if host != links.subject:
        links.link(host, Relation.SUBDOMAIN_OF, links.subject, indicator.pointer, first=seen_at)
    if host != links.subject or url is not None:
        return False
    _link_samples(indicator, links)
    return True


def match_exact(indicator: JsonObject, links: LinkCollector) -> bool | None:
    """The indicator is the subject itself, by its spelling or by another of its hashes."""
    subject, entity = links.subject, _entity(indicator.text("ioc") or "", type(links.subject), links)
    if entity is None:
        return None
    return entity == subject or bool({entity.key, *entity.aliases} & {subject.key, *subject.aliases}) or None


def match_server(indicator: JsonObject, links: LinkCollector) -> bool:
    """A server that the file calls."""
    text = indicator.text("ioc") or ""
    host = endpoint(text).host
    kind: type[Entity] = Url if "://" in text else host_kind(host)
    first, last = indicator.moment("first_seen"), indicator.moment("last_seen")
    value = text if kind is Url else host
    links.link_to(Relation.COMMUNICATES_WITH, value, kind, indicator.pointer, first=first, last=last)
    return True


def _link_samples(indicator: JsonObject, links: LinkCollector) -> None:
    for sample in indicator.objects("malware_samples"):
        file = file_from_hashes(sample, links, sha256="sha256_hash", md5="md5_hash")
        if file is not None:
            links.link(
                file, Relation.COMMUNICATES_WITH, links.subject, sample.pointer, first=sample.moment("time_stamp")
            )


def host_port(text: str) -> HostPort:
    """The host and the port, if it has one, of an indicator: an address with a port, a name or a URL."""
    if "://" not in text:
        return endpoint(text)
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return HostPort("", None)
    return HostPort(parts.hostname or "", port)


def _entity(text: str, kind: type[Entity], links: LinkCollector) -> Entity | None:
    """What is compared with the subject, and not counted if it names nothing: it may only be spelt alike."""
    return LinkCollector(links.subject).entity(text, kind)
