"""What is inside, found in plain text and replaced: addresses, SIDs, names and words."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from clew.graph.redacting.matching import whole_words
from clew.graph.redacting.pseudonyms import TAIL, Pseudonyms
from clew.graph.redacting.rules import Network

# What follows an escape of a URL follows nothing, though the last character of the escape may be a digit or a letter.
_ESCAPED = r"(?<=%[0-9a-f]{2})"
_COLON = r"(?::|%3a)"
#: What is not a word but has a form of its own, in the order in which it is looked for.
_FORMS = (
    r"(?P<hash>(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f]))",
    rf"(?P<sid>(?:(?<![0-9a-z])|{_ESCAPED})S-1-(?:5-21(?:-\d{{1,10}}){{3}}|12-1(?:-\d{{1,10}}){{4}})(?:-\d{{1,10}})?(?!\d))",
    rf"(?P<v6>(?:(?<![0-9a-f])|{_ESCAPED})(?:[0-9a-f]{{0,4}}{_COLON}){{2,7}}"
    r"(?:(?:\d{1,3}\.){3}\d{1,3}|[0-9a-f]{0,4})(?![0-9a-f.]\w))",
    r"(?P<reverse>(?<![\d.])(?:\d{1,3}\.){4}in-addr\.arpa|(?<![0-9a-f.])(?:[0-9a-f]\.){32}ip6\.arpa)",
    rf"(?P<v4>(?:(?<!\d)(?<!\d\.)|{_ESCAPED})"
    r"\d{1,3}(?P<point>\.|\[\.\])\d{1,3}(?P=point)\d{1,3}(?P=point)\d{1,3}(?!\d|\.\d))",
)


@dataclass(slots=True)
class Lexicon:
    """What stands for what in one case.

    Attributes:
        names: names and words that are inside, in lower case, with their pseudonyms; one that stays is its own.
        kinds: what each of `names` is, for the counts.
        networks: addresses that are inside; those of `kept` stay.
        sids: whether SIDs are inside.
        references: what content addresses and other hashes become, since they are of content that changes.
        pairs: every spelling that was met, and what it became; no two became the same.
        hits: what was replaced, by its kind and its usual spelling, as often as it was.
    """

    pseudonyms: Pseudonyms
    names: Mapping[str, str]
    kinds: Mapping[str, str]
    networks: tuple[Network, ...]
    kept: tuple[Network, ...] = ()
    sids: bool = True
    references: dict[str, str] = field(default_factory=dict[str, str])
    pairs: dict[str, str] = field(default_factory=dict[str, str])
    hits: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    _taken: dict[str, str] = field(default_factory=dict[str, str])
    _inside: dict[str, bool] = field(default_factory=dict[str, bool])
    _every: re.Pattern[str] = field(init=False)
    _words: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        words = whole_words(self.names)
        self._every = re.compile("|".join([*_FORMS, f"(?P<name>{words})"]), re.IGNORECASE)
        self._words = re.compile(f"(?P<name>{words})", re.IGNORECASE)
        for name, pseudonym in self.names.items():
            # First, so that the usual spelling has the usual pseudonym, whichever is met first.
            if pseudonym != name:
                self.pairs[name] = pseudonym
                self._taken[pseudonym] = name

    def rewrite(self, text: str) -> str:
        """The text with everything replaced."""
        return self._every.sub(self._replaced, text)

    def _replaced(self, found: re.Match[str]) -> str:
        text = found[0]
        match found.lastgroup:
            case "name":
                return self._name(text)
            case "sid":
                return self._sid(text)
            case "v6":
                return self._v6(text)
            case "reverse":
                return self._reverse(text)
            case "hash":
                return self.references.get(text.lower(), text)
            case _:
                return self._v4(text, found["point"])

    # -- names ---------------------------------------------------------------------------------------------------

    def _name(self, found: str) -> str:
        name = found.lower().replace("[.]", ".")
        if name not in self.names:
            # The pattern takes some letters for others (a long s for an s) that have another lower case.
            name = next(word for word in self.names if re.fullmatch(re.escape(word), name, re.IGNORECASE))
        pseudonym = self.names[name]
        if pseudonym == name:
            return found
        self.hits.append((self.kinds[name], name))
        if found not in self.pairs:
            self._pair(found, _spellings(found, pseudonym, self.pseudonyms))
        return self.pairs[found]

    def _pair(self, found: str, spellings: Iterable[str]) -> str:
        """The first spelling of its pseudonym that stands for nothing else."""
        for made in spellings:
            if self._taken.setdefault(made, found) == found:
                self.pairs[found] = made
                return made
        return self.pairs.setdefault(found, next(iter(spellings)))

    def whole(self, kind: str, text: str) -> str:
        """The pseudonym of a text that is replaced as a whole."""
        if text not in self.pairs:
            self._pair(text, [self.pseudonyms.word(kind, text)])
        self.hits.append((kind, text))
        return self.pairs[text]

    # -- addresses -----------------------------------------------------------------------------------------------

    def inside(self, text: str) -> bool:
        """Whether an address in its usual spelling is one of ours."""
        known = self._inside.get(text)
        if known is None:
            address = ipaddress.ip_address(text)
            known = _within(address, self.networks) and not _within(address, self.kept)
            self._inside[text] = known
        return known

    def _address(self, text: str, found: str) -> str:
        """The pseudonym of an address in its usual spelling."""
        self.hits.append(("address", text))
        made = self.pseudonyms.address(text)
        self._taken.setdefault(made, text)
        self.pairs.setdefault(text, made)
        if found != text:
            self.pairs.setdefault(found, made)
        return made

    def _v4(self, found: str, point: str) -> str:
        text = found.replace("[.]", ".")
        try:
            if not self.inside(text):
                return found
        except ValueError:
            return found
        return self._address(text, text).replace(".", point)

    def _v6(self, found: str) -> str:
        escape = found[place : place + 3] if (place := found.lower().find("%3a")) >= 0 else ""
        plain = found.replace(escape, ":") if escape else found
        for first, last in ((0, None), (1, None), (0, -1), (1, -1)):
            try:
                address = ipaddress.IPv6Address(plain[first:last])
            except ValueError:
                continue
            made = plain[:first] + self._known_v6(address, plain[first:last]) + plain[len(plain) + (last or 0) :]
            return made.replace(":", escape) if escape else made
        # No address after all: a time, or words that happen to be hexadecimal.
        return self._words.sub(self._replaced, found)

    def _known_v6(self, address: ipaddress.IPv6Address, found: str) -> str:
        if address.ipv4_mapped is not None:
            mapped = str(address.ipv4_mapped)
            return f"::ffff:{self._address(mapped, mapped)}" if self.inside(mapped) else found
        return self._address(str(address), found) if self.inside(str(address)) else found

    def _reverse(self, found: str) -> str:
        """The name under which an address is looked up backwards."""
        labels = found.lower().split(".")
        if labels[-2] == "in-addr":
            text = ".".join(reversed(labels[:-2]))
        else:
            digits = "".join(reversed(labels[:-2]))
            text = ":".join(digits[place : place + 4] for place in range(0, 32, 4))
        try:
            text = str(ipaddress.ip_address(text))
            if not self.inside(text):
                return found
        except ValueError:
            return found
        made = ipaddress.ip_address(self._address(text, text)).reverse_pointer
        return self._pair(found, [made, made.upper()])

    # -- SIDs ----------------------------------------------------------------------------------------------------

    def _sid(self, found: str) -> str:
        if not self.sids or (found in self._taken and found not in self.pairs):
            return found  # in the second case it is a pseudonym already, which has the same form
        if found not in self.pairs:
            made = self._keyed_sid(found.upper())
            self._pair(found, [f"{found[0]}{made[1:]}"])
        self.hits.append(("sid", found.upper()))
        return self.pairs[found]

    def _keyed_sid(self, sid: str) -> str:
        parts = sid.split("-")
        prefix, numbers = "-".join(parts[:4]), parts[4:]
        if parts[3] == "1":
            return self.pseudonyms.sid(prefix, tuple(numbers[:4]), "")
        return self.pseudonyms.sid(prefix, tuple(numbers[:3]), "".join(numbers[3:]))


def _within(address: ipaddress.IPv4Address | ipaddress.IPv6Address, networks: tuple[Network, ...]) -> bool:
    return any(address.version == network.version and address in network for network in networks)


def _spellings(found: str, pseudonym: str, pseudonyms: Pseudonyms) -> Iterator[str]:
    """The pseudonym in the case of what it stands for, label by label; then in others, no two the same.

    Lower case stays lower, upper case upper, and a capital a capital, so that what is compared regardless of case still
    is. What is neither has its capitals somewhere else: where, follows from the key.
    """
    labels, made = found.replace("[.]", ".").split("."), pseudonym.split(".")
    point = "[.]" if "[.]" in found else "."
    tail = [TAIL.upper() if found.isupper() else TAIL] if made[-1] == TAIL else []
    whole = made[: len(made) - len(tail)]
    yield _like(found, pseudonym)
    if len(labels) == len(whole):
        yield point.join([*map(_like, labels, whole), *tail])
    for attempt in range(256):
        yield point.join([*(_capitals(label, f"{attempt} {found}", pseudonyms) for label in whole), *tail])


def _like(label: str, made: str) -> str:
    if label.isupper():
        return made.upper()
    return made.capitalize() if label[:1].isupper() and label[1:].islower() else made


def _capitals(text: str, about: str, pseudonyms: Pseudonyms) -> str:
    bits = int(pseudonyms.mark("capitals", about), 16)
    return "".join(char.upper() if bits >> place & 1 else char for place, char in enumerate(text))
