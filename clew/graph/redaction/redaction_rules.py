"""What is to be replaced before a case is given away, and what is not."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

from clew.entities.host_names import canonical_name
from clew.errors import EntityError, NotRedacted
from clew.transforms.address_kinds import KINDS

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
#: Ranges that are inside wherever they are met. Loopback and documentation say nothing about anybody.
PRIVATE_NETWORKS = tuple(text for kind in ("private", "shared", "link-local", "site-local") for text in KINDS[kind])


@dataclass(frozen=True, slots=True)
class Rules:
    """What is inside, and so has no business with an outsider.

    Attributes:
        internal: networks, addresses and domains that are ours, besides the private ones.
        words: texts that are replaced wherever they stand as whole words: the name of a customer, a project, a person.
        keep: networks, addresses, names and words that stay as they are.
        private: addresses of private ranges, and names under private suffixes, are inside.
        machines: machines of the case are inside, and so are the domains that they are in.
        accounts: accounts of the case are inside: names, domains, SIDs, names of user profiles in paths.
        analysts: who did a step is inside.
        notes: what people wrote (titles, notes, tags, reasons) goes along, with the names in it replaced; if not, each
            text is replaced as a whole.

    Raises:
        NotRedacted: one of `internal` is neither a network nor a domain, or one of `words` has no letter and no digit.
    """

    internal: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    private: bool = True
    machines: bool = True
    accounts: bool = True
    analysts: bool = True
    notes: bool = True

    def __post_init__(self) -> None:
        for text in self.internal:
            if _network(text) is None and _domain(text) is None:
                raise NotRedacted(
                    f"{text!r} is neither a network nor a domain",
                    next_step="write 192.0.2.0/24, 2001:db8::/48 or corp.example",
                )
        for text in self.words:
            if not any(char.isalnum() for char in text):
                raise NotRedacted(f"{text!r} is no word", next_step="give a text with letters or digits")

    @property
    def networks(self) -> tuple[Network, ...]:
        """Every network that is inside."""
        return _networks((*self.internal, *(PRIVATE_NETWORKS if self.private else ())))

    @property
    def kept_networks(self) -> tuple[Network, ...]:
        """Networks and addresses that stay."""
        return _networks(self.keep)

    @property
    def domains(self) -> frozenset[str]:
        """The domains of `internal`."""
        return frozenset(name for text in self.internal if _network(text) is None and (name := _domain(text)))

    @property
    def kept_names(self) -> frozenset[str]:
        """Names and words that stay, in lower case."""
        return frozenset(text.strip().lower() for text in self.keep if text.strip())


def _networks(texts: Iterable[str]) -> tuple[Network, ...]:
    return tuple(network for text in texts if (network := _network(text)) is not None)


def _network(text: str) -> Network | None:
    try:
        return ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        return None


def _domain(text: str) -> str | None:
    try:
        return canonical_name(text.strip().lstrip("*."), "a domain")
    except EntityError:
        return None
