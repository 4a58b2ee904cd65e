"""Keyed names for what is inside: the same value has the same pseudonym in every case of one key."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType

from clew.errors import NotRedacted
from clew.graph.redaction.owner_key import OwnerKey

#: What a pseudonym begins with, by what it stands for.
PREFIXES: Mapping[str, str] = MappingProxyType(
    {
        "host": "host",
        "domain": "dom",
        "account": "user",
        "word": "word",
        "analyst": "analyst",
        "text": "text",
        "path": "path",
    }
)
#: Under this no name exists (RFC 6761): whoever asks about a pseudonym asks nobody.
RESERVED_TLD = "invalid"
# Neither 0 and o nor 1 and l: people read these aloud.
_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
_LENGTH, _MAX_LENGTH = 6, 32
# 240.0.0.0 to 254.255.255.255, which was never given to anybody: room for every /24 of a large house.
_V4_FIRST, _V4_COUNT = 240 << 16, 15 << 16
_V6_FIRST = int(ipaddress.ip_address("2001:db8::")) >> 64
_WELL_KNOWN_RID = 1000
_RIDS = 2**31 - _WELL_KNOWN_RID


class Pseudonyms:
    """Pseudonyms of one case. No two values share one: where the key would have it so, the later one gets more letters.

    Args:
        avoid: words and networks that the case has already, in lower case: none of them becomes a pseudonym.
    """

    def __init__(self, key: OwnerKey, avoid: Collection[str] = ()) -> None:
        self._key = key
        self._avoid = avoid
        self._pseudonyms: dict[tuple[str, str], str] = {}
        self._used_values: set[tuple[str, object]] = set()

    def keyed_hash(self, purpose: str, value: str) -> str:
        """64 hexadecimal digits in the place of a plain hash, which who guesses the content could check."""
        return self._key.keyed_digest(purpose, value).hex()

    def word(self, kind: str, value: str) -> str:
        """`host-k3x9qa` for a word in lower case, by its kind."""
        return self._get_or_make(kind, value, self._make_word)

    def _make_word(self, kind: str, value: str) -> str:
        number = int.from_bytes(self._key.keyed_digest("word", value), "big")
        letters = "".join(_LETTERS[number >> 5 * index & 31] for index in range(_MAX_LENGTH))
        for length in range(_LENGTH, _MAX_LENGTH):
            pseudonym = f"{PREFIXES[kind]}-{letters[:length]}"
            if (
                letters[:length] not in self._avoid
                and pseudonym not in self._avoid
                and self._reserve("word", pseudonym)
            ):
                return pseudonym
        raise NotRedacted("there are more values than pseudonyms", next_step="keep some of them")

    def _get_or_make(self, kind: str, value: str, make: Callable[[str, str], str]) -> str:
        if (kind, value) not in self._pseudonyms:
            self._pseudonyms[kind, value] = make(kind, value)
        return self._pseudonyms[kind, value]

    def _reserve(self, namespace: str, value: object) -> bool:
        """Whether it was free."""
        is_free = (namespace, value) not in self._used_values
        self._used_values.add((namespace, value))
        return is_free

    def _number(self, purpose: str, value: str, count: int, attempt: int) -> int:
        return int.from_bytes(self._key.keyed_digest(purpose, f"{attempt} {value}"), "big") % count

    def _free_number(self, purpose: str, value: str, count: int, namespace: str) -> int:
        for attempt in range(count):
            number = self._number(purpose, value, count, attempt)
            if self._reserve(namespace, number):
                return number
        raise NotRedacted("there are more values than pseudonyms", next_step="keep some of them")

    # -- addresses -----------------------------------------------------------------------------------------------

    def address(self, text: str) -> str:
        """An address of the same family: those of one /24 (or /64) stay together, and nobody has it."""
        return self._get_or_make("address", text, self._address)

    def _address(self, _: str, text: str) -> str:
        address = ipaddress.ip_address(text)
        return self._v4(int(address)) if address.version == 4 else self._v6(int(address))

    def avoid_network(self, text: str) -> None:
        """Never use the network of an address that the case has and that stays as it is."""
        address = ipaddress.ip_address(text)
        self._used_values.add((f"net{address.version}", _network_number(address)))

    def _v4(self, address: int) -> str:
        network = self._get_or_make("net4", str(address >> 8), self._v4_network)
        host = self._host_order(str(address >> 8))[address & 255]
        return str(ipaddress.IPv4Address((_V4_FIRST + int(network) << 8) + host))

    def _v4_network(self, _: str, value: str) -> str:
        return str(self._free_number("net4", value, _V4_COUNT, "net4"))

    def _host_order(self, network: str) -> list[int]:
        """The last bytes of a network in a keyed order; 0 and 255, which are no machines, stay where they are."""
        hosts = sorted(range(1, 255), key=lambda host: self._key.keyed_digest("host4", f"{network} {host}"))
        return [0, *hosts, 255]

    def _v6(self, address: int) -> str:
        network = int(self._get_or_make("net6", str(address >> 64), self._v6_network))
        host = self._free_number("host6", str(address), 2**64, f"host6 {network}")
        return str(ipaddress.IPv6Address((_V6_FIRST + network << 64) + host))

    def _v6_network(self, _: str, value: str) -> str:
        return str(self._free_number("net6", value, 2**32, "net6"))

    # -- SIDs ----------------------------------------------------------------------------------------------------

    def sid(self, prefix: str, numbers: tuple[str, ...], rid: str) -> str:
        """A SID of the same shape: the machine or domain keyed, and the account too unless every domain has it."""
        domain = self._get_or_make("sid", f"{prefix} {'-'.join(numbers)}", self._domain_sid)
        if not rid:
            return f"{prefix}-{domain}"
        new_rid = rid if int(rid) < _WELL_KNOWN_RID else self._get_or_make("rid", f"{domain} {rid}", self._rid)
        return f"{prefix}-{domain}-{new_rid}"

    def _domain_sid(self, _: str, value: str) -> str:
        for attempt in range(256):
            content = self._key.keyed_digest("sid", f"{attempt} {value}")
            count = value.partition(" ")[2].count("-") + 1
            parts = [int.from_bytes(content[4 * index : 4 * index + 4], "big") for index in range(count)]
            pseudonym = "-".join(map(str, parts))
            if self._reserve("sid", pseudonym):
                return pseudonym
        raise NotRedacted("there are more values than pseudonyms", next_step="keep some of them")

    def _rid(self, _: str, value: str) -> str:
        domain = value.partition(" ")[0]
        return str(_WELL_KNOWN_RID + self._free_number("rid", value, _RIDS, f"rid {domain}"))


def _network_number(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> int:
    """Where the network of an address would be among the pseudonyms."""
    number = int(address)
    return (number >> 8) - _V4_FIRST if address.version == 4 else (number >> 64) - _V6_FIRST
