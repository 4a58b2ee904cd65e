"""The network around an address, out of the reply of a regional registry or of a national one."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from clew.providers.whois.dates import day_of
from clew.providers.whois.states import State, state_of
from clew.providers.whois.text import Statement, blocks, decoded, lines_of, statements

IpNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_RANGES = ("inetnum", "inet6num", "netrange", "cidr", "network number", "ip-network", "ipv4 address", "ipv6 address")
#: How many paragraphs are read: an address lies in few networks.
_MOST_BLOCKS = 500
#: What registries answer with for what is not theirs to give.
_NOBODYS = re.compile(r"non-ripe-ncc-managed|iana-blk|iana-netblock|not-?allocated|unallocated|stub-", re.IGNORECASE)
_ABUSE = re.compile(r"% Abuse contact for '[^']*' is '([^'\s]{3,254})'")
_REFERRAL = re.compile(r"\s*(?:referralserver|refer|whois):\s*(\S+)", re.IGNORECASE)
_ADDRESS = re.compile(r"(?:whois|rwhois)://([\w.-]+)", re.IGNORECASE)
_HANDLE = re.compile(r"\s*\([\w-]+\)\Z")
_MARKUP = re.compile(r"</?[a-zA-Z][^<>]{0,200}>")
_NUMBER = re.compile(r"(?:AS)?(\d{1,10})\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Registered:
    """What a registry says of the smallest network that it knows around an address.

    Attributes:
        networks: CIDR; several where a range is none.
        origins: the autonomous systems that announce it, as its owner says.
        around: the other networks in the reply that the address lies in, the smallest first.
        referral: the WHOIS server of somebody who knows more; empty for none.
    """

    state: State
    networks: tuple[str, ...] = ()
    name: str | None = None
    handle: str | None = None
    organization: str | None = None
    country: str | None = None
    status: str | None = None
    created: str | None = None
    changed: str | None = None
    abuse_mail: str | None = None
    abuse_phone: str | None = None
    parent: str | None = None
    origins: tuple[str, ...] = ()
    around: tuple[str, ...] = ()
    referral: str = ""


@dataclass(frozen=True, slots=True)
class _Block:
    said: list[Statement]
    networks: list[IpNetwork] = field(default_factory=list[IpNetwork])

    def value(self, *labels: str) -> str | None:
        return next((each.value for label in labels for each in self.said if each.label == label and each.value), None)

    def day(self, *labels: str) -> str | None:
        """The latest, where each change has a line."""
        days = [day for label in labels for each in self.said if each.label == label and (day := day_of(each.value))]
        return max(days, default=None)


def registered(body: bytes, server: str, address: str) -> Registered:
    """Read the reply of that server about that address."""
    text = "\n".join(_MARKUP.sub("", line) for line in lines_of(decoded(body, server)))
    asked = ipaddress.ip_address(address)
    all_of_them = [_block(block) for block in blocks(text)[:_MOST_BLOCKS]]
    found = sorted((each for each in all_of_them if any(asked in net for net in each.networks)), key=_size)
    referral = _referral(text)
    if not found:
        state = state_of(text, statements(text, _no_heading), has_record=False, has_trace=False)
        return Registered(State.UNCLEAR if state is State.REGISTERED else state, referral=referral)
    own, name = found[0], found[0].value("netname", "network name", "network-name")
    if name and _NOBODYS.match(name):
        return Registered(State.AVAILABLE, name=name, referral=referral)
    organization = _organization(own, all_of_them)
    abuse = next((each for each in all_of_them if each.value("orgabuseemail", "abuse-mailbox")), None) or _person(
        all_of_them, own.value("abuse-c")
    )
    return Registered(
        State.REGISTERED,
        tuple(map(str, own.networks)),
        name,
        own.value("nethandle"),
        _HANDLE.sub("", _name(organization, own) or "") or None,
        _country(own, organization),
        own.value("status", "nettype"),
        own.day("created", "regdate", "assigned date"),
        own.day("last-modified", "updated", "changed", "last update"),
        _mail(text, abuse),
        abuse.value("orgabusephone", "phone") if abuse else None,
        _parent(own),
        tuple(_origins([*found, *(each for each in all_of_them if each.value("route", "route6"))], asked)),
        tuple(dict.fromkeys(str(net) for each in found[1:] for net in each.networks if asked in net)),
        referral,
    )


def _no_heading(_words: str) -> bool:
    """No line here is a heading."""
    return False


def _block(text: str) -> _Block:
    said = statements(text, _no_heading)
    values = ([each.value for each in said if each.label == label] for label in _RANGES)
    lines = next(filter(None, values), list[str]())
    return _Block(said, [net for line in lines for net in networks_of(line)])


def networks_of(text: str) -> list[IpNetwork]:
    """The networks that a range, or a list of them, is; none for what cannot be read.

    >>> [str(net) for net in networks_of("198.51.100.0 - 198.51.100.255")]
    ['198.51.100.0/24']
    """
    first, dash, last = text.partition(" - ")
    try:
        if not dash:
            return [ipaddress.ip_network(_whole(part.strip()), strict=False) for part in text.split(",")]
        ends = ipaddress.ip_address(first.strip()), ipaddress.ip_address(last.strip())
        return [*ipaddress.summarize_address_range(*ends)]
    except (TypeError, ValueError):
        return []


def _whole(text: str) -> str:
    """`200.3.14/23`, as the registry of Latin America writes, with all its parts."""
    head, slash, size = text.partition("/")
    missing = 3 - head.count(".") if slash and ":" not in head else 0
    return head + ".0" * missing + slash + size


def _size(block: _Block) -> int:
    return sum(net.num_addresses for net in block.networks)


def _organization(own: _Block, others: Sequence[_Block]) -> _Block | None:
    handle = own.value("org")
    if handle:
        return next((each for each in others if each.value("organisation") == handle), None)
    return next((each for each in others if each.value("orgname")), None)


def _name(organization: _Block | None, own: _Block) -> str | None:
    named = organization.value("org-name", "orgname") if organization else None
    return named or own.value("owner", "organization", "org-name", "orgname", "descr")


def _country(own: _Block, organization: _Block | None) -> str | None:
    said = own.value("country") or (organization.value("country") if organization else None)
    return said[:2].upper() if said and re.match(r"[A-Za-z]{2}\b", said) else None


def _person(others: Sequence[_Block], handle: str | None) -> _Block | None:
    return next((each for each in others if handle and each.value("nic-hdl") == handle), None)


def _mail(text: str, abuse: _Block | None) -> str | None:
    told = next(filter(None, map(_ABUSE.match, lines_of(text))), None)
    return told[1] if told else abuse.value("orgabuseemail", "abuse-mailbox", "e-mail") if abuse else None


def _parent(own: _Block) -> str | None:
    said = own.value("parent")
    return None if not said else "; ".join(map(str, networks_of(said))) or said


def _origins(said: Iterable[_Block], asked: Address) -> Iterator[str]:
    seen: set[str] = set()
    for block in said:
        route = block.value("route", "route6")
        if route and not any(asked in net for net in networks_of(route)):
            continue
        for each in block.said:
            if each.label in ("originas", "origin", "aut-num"):
                seen.update(_NUMBER.findall(each.value))
    yield from sorted(seen, key=int)


def _referral(text: str) -> str:
    found = next(filter(None, map(_REFERRAL.match, lines_of(text))), None)
    if found is None:
        return ""
    address = _ADDRESS.match(found[1])
    return (address[1] if address else found[1]).lower().rstrip(".")
