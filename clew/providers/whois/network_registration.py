"""The network around an address, out of the reply of a regional registry or of a national one."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from clew.providers.whois.registration_status import ReplyState, state_of
from clew.providers.whois.registry_dates import day_of
from clew.providers.whois.whois_text import WhoisStatement, decode_reply, lines_of, paragraphs, parse_statements

IpNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_RANGE_LABELS = (
    "inetnum",
    "inet6num",
    "netrange",
    "cidr",
    "network number",
    "ip-network",
    "ipv4 address",
    "ipv6 address",
)
#: How many paragraphs are read: an address lies in few networks.
_MAX_BLOCKS = 500
#: What registries answer with for what is not theirs to give.
_PLACEHOLDER_NAME = re.compile(
    r"non-ripe-ncc-managed|iana-blk|iana-netblock|not-?allocated|unallocated|stub-", re.IGNORECASE
)
_ABUSE = re.compile(r"% Abuse contact for '[^']*' is '([^'\s]{3,254})'")
_REFERRAL = re.compile(r"\s*(?:referralserver|refer|whois):\s*(\S+)", re.IGNORECASE)
_ADDRESS = re.compile(r"(?:whois|rwhois)://([\w.-]+)", re.IGNORECASE)
_HANDLE = re.compile(r"\s*\([\w-]+\)\Z")
_MARKUP = re.compile(r"</?[a-zA-Z][^<>]{0,200}>")
_NUMBER = re.compile(r"(?:AS)?(\d{1,10})\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class NetworkRegistration:
    """What a registry says of the smallest network that it knows around an address.

    Attributes:
        networks: CIDR; several where a range is none.
        origins: the autonomous systems that announce it, as its owner says.
        enclosing_networks: the other networks in the reply that the address lies in, the smallest first.
        referral: the WHOIS server of somebody who knows more; empty for none.
    """

    state: ReplyState
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
    enclosing_networks: tuple[str, ...] = ()
    referral: str = ""


@dataclass(frozen=True, slots=True)
class _Block:
    statements: list[WhoisStatement]
    networks: list[IpNetwork] = field(default_factory=list[IpNetwork])

    def value(self, *labels: str) -> str | None:
        return next(
            (
                statement.value
                for label in labels
                for statement in self.statements
                if statement.label == label and statement.value
            ),
            None,
        )

    def day(self, *labels: str) -> str | None:
        """The latest, where each change has a line."""
        days = [
            day
            for label in labels
            for statement in self.statements
            if statement.label == label and (day := day_of(statement.value))
        ]
        return max(days, default=None)


def parse_network(body: bytes, server: str, address: str) -> NetworkRegistration:
    """Read the reply of that server about that address."""
    text = "\n".join(_MARKUP.sub("", line) for line in lines_of(decode_reply(body, server)))
    ip = ipaddress.ip_address(address)
    all_blocks = [_parse_block(block) for block in paragraphs(text)[:_MAX_BLOCKS]]
    enclosing_blocks = sorted(
        (candidate for candidate in all_blocks if any(ip in net for net in candidate.networks)), key=_size
    )
    referral = _referral(text)
    if not enclosing_blocks:
        state = state_of(text, parse_statements(text, _no_heading), has_record=False, has_trace=False)
        return NetworkRegistration(ReplyState.UNCLEAR if state is ReplyState.REGISTERED else state, referral=referral)
    smallest_block, name = enclosing_blocks[0], enclosing_blocks[0].value("netname", "network name", "network-name")
    if name and _PLACEHOLDER_NAME.match(name):
        return NetworkRegistration(ReplyState.AVAILABLE, name=name, referral=referral)
    organization = _organization(smallest_block, all_blocks)
    abuse_block = next(
        (candidate for candidate in all_blocks if candidate.value("orgabuseemail", "abuse-mailbox")), None
    ) or _person(all_blocks, smallest_block.value("abuse-c"))
    return NetworkRegistration(
        ReplyState.REGISTERED,
        tuple(map(str, smallest_block.networks)),
        name,
        smallest_block.value("nethandle"),
        _HANDLE.sub("", _name(organization, smallest_block) or "") or None,
        _country(smallest_block, organization),
        smallest_block.value("status", "nettype"),
        smallest_block.day("created", "regdate", "assigned date"),
        smallest_block.day("last-modified", "updated", "changed", "last update"),
        _mail(text, abuse_block),
        abuse_block.value("orgabusephone", "phone") if abuse_block else None,
        _parent(smallest_block),
        tuple(
            _origins(
                [*enclosing_blocks, *(candidate for candidate in all_blocks if candidate.value("route", "route6"))], ip
            )
        ),
        tuple(dict.fromkeys(str(net) for candidate in enclosing_blocks[1:] for net in candidate.networks if ip in net)),
        referral,
    )


def _no_heading(_words: str) -> bool:
    """No line here is a heading."""
    return False


def _parse_block(text: str) -> _Block:
    block_statements = parse_statements(text, _no_heading)
    values = (
        [statement.value for statement in block_statements if statement.label == label] for label in _RANGE_LABELS
    )
    lines = next(filter(None, values), list[str]())
    return _Block(block_statements, [net for line in lines for net in networks_of(line)])


def networks_of(text: str) -> list[IpNetwork]:
    """The networks that a range, or a list of them, is; none for what cannot be read.

    >>> [str(net) for net in networks_of("198.51.100.0 - 198.51.100.255")]
    ['198.51.100.0/24']
    """
    first, dash, last = text.partition(" - ")
    try:
        if not dash:
            return [ipaddress.ip_network(_padded_cidr(part.strip()), strict=False) for part in text.split(",")]
        ends = ipaddress.ip_address(first.strip()), ipaddress.ip_address(last.strip())
        return [*ipaddress.summarize_address_range(*ends)]
    except (TypeError, ValueError):
        return []


def _padded_cidr(text: str) -> str:
    """`200.3.14/23`, as the registry of Latin America writes, with all its parts."""
    head, slash, size = text.partition("/")
    missing = 3 - head.count(".") if slash and ":" not in head else 0
    return head + ".0" * missing + slash + size


def _size(block: _Block) -> int:
    return sum(net.num_addresses for net in block.networks)


def _organization(block: _Block, candidates: Sequence[_Block]) -> _Block | None:
    handle = block.value("org")
    if handle:
        return next((candidate for candidate in candidates if candidate.value("organisation") == handle), None)
    return next((candidate for candidate in candidates if candidate.value("orgname")), None)


def _name(organization: _Block | None, block: _Block) -> str | None:
    organization_name = organization.value("org-name", "orgname") if organization else None
    return organization_name or block.value("owner", "organization", "org-name", "orgname", "descr")


def _country(block: _Block, organization: _Block | None) -> str | None:
    code = block.value("country") or (organization.value("country") if organization else None)
    return code[:2].upper() if code and re.match(r"[A-Za-z]{2}\b", code) else None


def _person(blocks: Sequence[_Block], handle: str | None) -> _Block | None:
    return next((block for block in blocks if handle and block.value("nic-hdl") == handle), None)


def _mail(text: str, abuse_block: _Block | None) -> str | None:
    match = next(filter(None, map(_ABUSE.match, lines_of(text))), None)
    return match[1] if match else abuse_block.value("orgabuseemail", "abuse-mailbox", "e-mail") if abuse_block else None


def _parent(block: _Block) -> str | None:
    text = block.value("parent")
    return None if not text else "; ".join(map(str, networks_of(text))) or text


def _origins(blocks: Iterable[_Block], ip: Address) -> Iterator[str]:
    numbers: set[str] = set()
    for block in blocks:
        route = block.value("route", "route6")
        if route and not any(ip in net for net in networks_of(route)):
            continue
        for statement in block.statements:
            if statement.label in ("originas", "origin", "aut-num"):
                numbers.update(_NUMBER.findall(statement.value))
    yield from sorted(numbers, key=int)


def _referral(text: str) -> str:
    match = next(filter(None, map(_REFERRAL.match, lines_of(text))), None)
    if match is None:
        return ""
    url = _ADDRESS.match(match[1])
    return (url[1] if url else match[1]).lower().rstrip(".")
