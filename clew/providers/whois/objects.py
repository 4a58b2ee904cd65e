"""Objects of RDAP (RFC 9083): the facts and links of a network, a name or an autonomous system."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from clew.entities import AutonomousSystem, Domain, IpAddress, Relation
from clew.entities.finding import Scalar
from clew.errors import AskFailed
from clew.providers.reading import Links, Part, day, joined
from clew.providers.whois.jcard import Card, card_of
from clew.providers.whois.networks import networks_of

#: How deep entities are looked for within each other.
_DEEP = 4
#: Facts about every kind of object.
COMMON = (
    "handle",
    "registrant",
    "country_code",
    "registered",
    "changed",
    "registration_status",
    "abuse_mail",
    "abuse_phone",
    "withheld",
)
_STRANGE = "the registry answers about something else"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody that an object names: an organization, a role, a person."""

    roles: frozenset[str]
    card: Card
    about: Part
    depth: int


def people(about: Part, depth: int = 0) -> list[Person]:
    """Everybody in an object, those that it names itself before those that these name."""
    here = [
        Person(frozenset(each.texts("roles")), card_of(each.at("vcardArray")), each, depth)
        for each in about.parts("entities")
    ]
    below = [each for person in here if depth < _DEEP for each in people(person.about, depth + 1)]
    return here + below


def role(everybody: Sequence[Person], name: str) -> Person | None:
    """The first with that role."""
    return next((each for each in everybody if name in each.roles), None)


def checked(about: Part, kind: str) -> Part:
    """The object itself, if it is of the kind that was asked for. Raises AskFailed for anything else."""
    if about.text("objectClassName") not in (kind, None) or about.at("errorCode") is not None:
        raise AskFailed(_STRANGE, kind="reply")
    return about


def common(about: Part, everybody: Sequence[Person]) -> dict[str, Scalar]:
    """The facts that all kinds of object have."""
    owner, abuse = role(everybody, "registrant"), role(everybody, "abuse")
    events = {each.text("eventAction"): each for each in reversed(about.parts("events"))}
    return {
        "handle": about.text("handle"),
        "registrant": owner.card.title if owner else None,
        "country_code": about.text("country") or (owner.card.country if owner else None),
        "registered": _day(events, "registration"),
        "changed": _day(events, "last changed"),
        "registration_status": joined(about.texts("status")),
        "abuse_mail": joined(abuse.card.mails) if abuse else None,
        "abuse_phone": joined(abuse.card.phones) if abuse else None,
        "withheld": withheld(about, everybody),
    }


def _day(events: Mapping[str | None, Part], action: str) -> str | None:
    event = events.get(action)
    return day(event.moment("eventDate")) if event else None


def withheld(about: Part, everybody: Sequence[Person]) -> str | None:
    """What the registry says that it keeps to itself: by name (RFC 9537), else whose."""
    named = [each.text("name", "description") or each.text("name", "type") for each in about.parts("redacted")]
    return joined(named) or joined(", ".join(sorted(each.roles)) for each in everybody if each.card.withheld)


def network(about: Part, links: Links) -> dict[str, Scalar]:
    """The facts of a network, and the autonomous systems that its owner names. Raises AskFailed for what is none."""
    first, last = about.text("startAddress"), about.text("endAddress")
    if first is None or last is None:
        raise AskFailed("the registry's reply has no network", kind="reply")
    # Some write the size of one address behind it.
    whole = networks_of(f"{first.partition('/')[0]} - {last.partition('/')[0]}")
    # An extension of ARIN.
    for number, where in _numbers(about, "arin_originas0_originautnums"):
        links.to(Relation.BELONGS_TO, str(number), AutonomousSystem, where)
    return {
        "network": joined([*_cidrs(about)]) or joined(map(str, whole)),
        "network_name": about.text("name"),
        "network_type": about.text("type"),
        "parent_network": about.text("parentHandle"),
    }


def _cidrs(about: Part) -> Iterator[str]:
    for each in about.parts("cidr0_cidrs"):
        prefix, length = each.text("v4prefix") or each.text("v6prefix"), each.whole("length")
        if prefix and length is not None:
            yield from map(str, networks_of(f"{prefix}/{length}"))


def _numbers(about: Part, name: str) -> Iterator[tuple[int, str]]:
    found = about.at(name)
    for place, each in enumerate(cast("list[object]", found) if isinstance(found, list) else []):
        if isinstance(each, int) and not isinstance(each, bool):
            yield each, about.where(name, place)


def domain(about: Part, name: Domain, everybody: Sequence[Person], links: Links) -> dict[str, Scalar]:
    """The facts of a registered name, its name servers and their addresses."""
    registrar = role(everybody, "registrar")
    events = {each.text("eventAction"): each for each in reversed(about.parts("events"))}
    identifiers = registrar.about.parts("publicIds") if registrar else []
    servers = [server for each in about.parts("nameservers") if (server := _server(each, name, links))]
    return {
        "registrar": registrar.card.title or registrar.about.text("handle") if registrar else None,
        "registrar_id": next((each.text("identifier") for each in identifiers), None),
        "expires": _day(events, "expiration"),
        "name_servers": joined(servers),
        "is_signed": about.flag("secureDNS", "delegationSigned"),
    }


def _server(about: Part, name: Domain, links: Links) -> str | None:
    """A name server, and the addresses that the registry has for it."""
    server = links.made(about.text("ldhName"), Domain)
    if server is None:
        return None
    links.between(name, Relation.DELEGATED_TO, server, about.where("ldhName"))
    for version in ("v4", "v6"):
        for text, where in about.places("ipAddresses", version):
            address = links.made(text, IpAddress)
            if address is not None:
                links.between(server, Relation.RESOLVES_TO, address, where)
    return server.value


def related(about: Part) -> str:
    """Where the registrar of a name says more; empty for nowhere."""
    for each in about.parts("links"):
        url = each.text("href")
        if each.text("rel") == "related" and url and (each.text("type") or "").startswith("application/rdap+json"):
            return url
    return ""
