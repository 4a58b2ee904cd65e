"""What is inside, found in plain text and replaced: addresses, SIDs, names and words."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from clew.graph.redaction.pseudonyms import RESERVED_TLD, Pseudonyms
from clew.graph.redaction.redaction_rules import Network
from clew.graph.redaction.word_matcher import word_pattern

# What follows an escape of a URL follows nothing, though the last character of the escape may be a digit or a letter.
_AFTER_ESCAPE = r"(?<=%[0-9a-f]{2})"
_COLON = r"(?::|%3a)"
#: What is not a word but has a form of its own, in the order in which it is looked for.
_FORMS = (
    r"(?P<hash>(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f]))",
    rf"(?P<sid>(?:(?<![0-9a-z])|{_AFTER_ESCAPE})S-1-(?:5-21(?:-\d{{1,10}}){{3}}|12-1(?:-\d{{1,10}}){{4}})(?:-\d{{1,10}})?(?!\d))",
    rf"(?P<v6>(?:(?<![0-9a-f])|{_AFTER_ESCAPE})(?:[0-9a-f]{{0,4}}{_COLON}){{2,7}}"
    r"(?:(?:\d{1,3}\.){3}\d{1,3}|[0-9a-f]{0,4})(?![0-9a-f.]\w))",
    r"(?P<reverse>(?<![\d.])(?:\d{1,3}\.){4}in-addr\.arpa|(?<![0-9a-f.])(?:[0-9a-f]\.){32}ip6\.arpa)",
    rf"(?P<v4>(?:(?<!\d)(?<!\d\.)|{_AFTER_ESCAPE})"
    r"\d{1,3}(?P<point>\.|\[\.\])\d{1,3}(?P=point)\d{1,3}(?P=point)\d{1,3}(?!\d|\.\d))",
)


@dataclass(slots=True)
class Replacer:
    """What stands for what in one case.

    Attributes:
        names: names and words that are inside, in lower case, with their pseudonyms; one that stays is its own.
        kinds: what each of `names` is, for the counts.
        networks: addresses that are inside; those of `kept_networks` stay.
        sids: whether SIDs are inside.
        references: what content addresses and other hashes become, since they are of content that changes.
        pairs: every spelling that was met, and what it became; no two became the same.
        hits: what was replaced, by its kind and its usual spelling, as often as it was.
    """

    pseudonyms: Pseudonyms
    names: Mapping[str, str]
    kinds: Mapping[str, str]
    networks: tuple[Network, ...]
    kept_networks: tuple[Network, ...] = ()
    sids: bool = True
    references: dict[str, str] = field(default_factory=dict[str, str])
    pairs: dict[str, str] = field(default_factory=dict[str, str])
    hits: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    _originals: dict[str, str] = field(default_factory=dict[str, str])
    _internal_cache: dict[str, bool] = field(default_factory=dict[str, bool])
    _pattern: re.Pattern[str] = field(init=False)
    _name_pattern: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        words = word_pattern(self.names)
        self._pattern = re.compile("|".join([*_FORMS, f"(?P<name>{words})"]), re.IGNORECASE)
        self._name_pattern = re.compile(f"(?P<name>{words})", re.IGNORECASE)
        for name, pseudonym in self.names.items():
            # First, so that the usual spelling has the usual pseudonym, whichever is met first.
            if pseudonym != name:
                self.pairs[name] = pseudonym
                self._originals[pseudonym] = name

    def rewrite(self, text: str) -> str:
        """The text with everything replaced."""
        return self._pattern.sub(self._replace_match, text)

    def _replace_match(self, occurrence: re.Match[str]) -> str:
        text = occurrence[0]
        match occurrence.lastgroup:
            case "name":
                return self._replace_name(text)
            case "sid":
                return self._replace_sid(text)
            case "v6":
                return self._replace_ipv6(text)
            case "reverse":
                return self._replace_reverse_name(text)
            case "hash":
                return self.references.get(text.lower(), text)
            case _:
                return self._replace_ipv4(text, occurrence["point"])

    # -- names ---------------------------------------------------------------------------------------------------

    def _replace_name(self, spelling: str) -> str:
        name = spelling.lower().replace("[.]", ".")
        if name not in self.names:
            # The pattern takes some letters for others (a long s for an s) that have another lower case.
            name = next(word for word in self.names if re.fullmatch(re.escape(word), name, re.IGNORECASE))
        pseudonym = self.names[name]
        if pseudonym == name:
            return spelling
        self.hits.append((self.kinds[name], name))
        if spelling not in self.pairs:
            self._assign_pseudonym(spelling, _spellings(spelling, pseudonym, self.pseudonyms))
        return self.pairs[spelling]

    def _assign_pseudonym(self, original: str, spellings: Iterable[str]) -> str:
        """The first spelling of its pseudonym that stands for nothing else."""
        for pseudonym in spellings:
            if self._originals.setdefault(pseudonym, original) == original:
                self.pairs[original] = pseudonym
                return pseudonym
        return self.pairs.setdefault(original, next(iter(spellings)))

    def replace_whole(self, kind: str, text: str) -> str:
        """The pseudonym of a text that is replaced as a whole."""
        if text not in self.pairs:
            self._assign_pseudonym(text, [self.pseudonyms.word(kind, text)])
        self.hits.append((kind, text))
        return self.pairs[text]

    # -- addresses -----------------------------------------------------------------------------------------------

    def is_internal(self, text: str) -> bool:
        """Whether an address in its usual spelling is one of ours."""
        result = self._internal_cache.get(text)
        if result is None:
            address = ipaddress.ip_address(text)
            result = _is_in_networks(address, self.networks) and not _is_in_networks(address, self.kept_networks)
            self._internal_cache[text] = result
        return result

    def _replace_address(self, text: str, spelling: str) -> str:
        """The pseudonym of an address in its usual spelling."""
        self.hits.append(("address", text))
        pseudonym = self.pseudonyms.address(text)
        self._originals.setdefault(pseudonym, text)
        self.pairs.setdefault(text, pseudonym)
        if spelling != text:
            self.pairs.setdefault(spelling, pseudonym)
        return pseudonym

    def _replace_ipv4(self, spelling: str, point: str) -> str:
        text = spelling.replace("[.]", ".")
        try:
            if not self.is_internal(text):
                return spelling
        except ValueError:
            return spelling
        return self._replace_address(text, text).replace(".", point)

    def _replace_ipv6(self, spelling: str) -> str:
        escape = spelling[index : index + 3] if (index := spelling.lower().find("%3a")) >= 0 else ""
        plain = spelling.replace(escape, ":") if escape else spelling
        for first, last in ((0, None), (1, None), (0, -1), (1, -1)):
            try:
                address = ipaddress.IPv6Address(plain[first:last])
            except ValueError:
                continue
            result = (
                plain[:first] + self._ipv6_replacement(address, plain[first:last]) + plain[len(plain) + (last or 0) :]
            )
            return result.replace(":", escape) if escape else result
        # No address after all: a time, or words that happen to be hexadecimal.
        return self._name_pattern.sub(self._replace_match, spelling)

    def _ipv6_replacement(self, address: ipaddress.IPv6Address, spelling: str) -> str:
        if address.ipv4_mapped is not None:
            ipv4 = str(address.ipv4_mapped)
            return f"::ffff:{self._replace_address(ipv4, ipv4)}" if self.is_internal(ipv4) else spelling
        return self._replace_address(str(address), spelling) if self.is_internal(str(address)) else spelling

    def _replace_reverse_name(self, spelling: str) -> str:
        """The name under which an address is looked up backwards."""
        labels = spelling.lower().split(".")
        if labels[-2] == "in-addr":
            text = ".".join(reversed(labels[:-2]))
        else:
            digits = "".join(reversed(labels[:-2]))
            text = ":".join(digits[index : index + 4] for index in range(0, 32, 4))
        try:
            text = str(ipaddress.ip_address(text))
            if not self.is_internal(text):
                return spelling
        except ValueError:
            return spelling
        pseudonym = ipaddress.ip_address(self._replace_address(text, text)).reverse_pointer
        return self._assign_pseudonym(spelling, [pseudonym, pseudonym.upper()])

    # -- SIDs ----------------------------------------------------------------------------------------------------

    def _replace_sid(self, spelling: str) -> str:
        if not self.sids or (spelling in self._originals and spelling not in self.pairs):
            return spelling  # in the second case it is a pseudonym already, which has the same form
        if spelling not in self.pairs:
            pseudonym = self._keyed_sid(spelling.upper())
            self._assign_pseudonym(spelling, [f"{spelling[0]}{pseudonym[1:]}"])
        self.hits.append(("sid", spelling.upper()))
        return self.pairs[spelling]

    def _keyed_sid(self, sid: str) -> str:
        parts = sid.split("-")
        prefix, numbers = "-".join(parts[:4]), parts[4:]
        if parts[3] == "1":
            return self.pseudonyms.sid(prefix, tuple(numbers[:4]), "")
        return self.pseudonyms.sid(prefix, tuple(numbers[:3]), "".join(numbers[3:]))


def _is_in_networks(address: ipaddress.IPv4Address | ipaddress.IPv6Address, networks: tuple[Network, ...]) -> bool:
    return any(address.version == network.version and address in network for network in networks)


def _spellings(original: str, pseudonym: str, pseudonyms: Pseudonyms) -> Iterator[str]:
    """The pseudonym in the case of what it stands for, label by label; then in others, no two the same.

    Lower case stays lower, upper case upper, and a capital a capital, so that what is compared regardless of case still
    is. What is neither has its capitals somewhere else: where, follows from the key.
    """
    labels, new_labels = original.replace("[.]", ".").split("."), pseudonym.split(".")
    point = "[.]" if "[.]" in original else "."
    tail = [RESERVED_TLD.upper() if original.isupper() else RESERVED_TLD] if new_labels[-1] == RESERVED_TLD else []
    stem = new_labels[: len(new_labels) - len(tail)]
    yield _match_case(original, pseudonym)
    if len(labels) == len(stem):
        yield point.join([*map(_match_case, labels, stem), *tail])
    for attempt in range(256):
        yield point.join([*(_capitals(label, f"{attempt} {original}", pseudonyms) for label in stem), *tail])


def _match_case(label: str, text: str) -> str:
    if label.isupper():
        return text.upper()
    return text.capitalize() if label[:1].isupper() and label[1:].islower() else text


def _capitals(text: str, about: str, pseudonyms: Pseudonyms) -> str:
    bits = int(pseudonyms.keyed_hash("capitals", about), 16)
    return "".join(char.upper() if bits >> index & 1 else char for index, char in enumerate(text))
