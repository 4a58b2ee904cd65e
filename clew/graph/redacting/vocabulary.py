"""Which words stand for what: every name that is inside, with its pseudonym, and the words that cannot have one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import quote, quote_plus

from clew.entities import Outcome, Relation, Severity, Verdict
from clew.errors import NotRedacted
from clew.graph.redacting.inside import Inside, is_everywhere
from clew.graph.redacting.pseudonyms import PREFIXES, TAIL, Pseudonyms
from clew.graph.redacting.rules import Rules

# Names of this length or less stand everywhere: "dc" is a machine, and a part of every LDAP name.
_SHORT = 2
_PARTS = re.compile(r"[^\W_]+")
# Fields of steps whose text is clew's own.
_OWN_FIELDS = frozenset(
    {
        "kind",
        "pivot",
        "provider",
        "providers",
        "outcome",
        "verdict",
        "severity",
        "relation",
        "channel",
        "query",
        "sql",
        "media_type",
        "pointers",
        "columns",
    }
)
# First labels of domains that are no name of anybody.
_COMMON = frozenset(
    {
        "ad",
        "com",
        "corp",
        "dns",
        "domain",
        "ds",
        "example",
        "home",
        "internal",
        "intranet",
        "invalid",
        "lan",
        "local",
        "localhost",
        "mail",
        "net",
        "org",
        "test",
        "www",
    }
)


@dataclass(slots=True)
class OwnWords:
    """Words of which the file itself is made: to replace one of them would make it unreadable."""

    words: set[str] = field(default_factory=set[str])

    def __post_init__(self) -> None:
        self._add(TAIL, "clew", "redacted", *PREFIXES.values())
        self._add(*Outcome, *Relation, *Severity, *Verdict)

    def learn(self, value: object, *, own: bool = False) -> None:
        """The names of fields, and what is in those fields whose text is clew's own."""
        if isinstance(value, dict):
            for name, inner in cast("dict[str, Any]", value).items():
                self._add(name)
                self.learn(inner, own=own or name in _OWN_FIELDS)
        elif isinstance(value, list):
            for inner in cast("list[object]", value):
                self.learn(inner, own=own)
        elif own and isinstance(value, str):
            self._add(value)

    def _add(self, *texts: str) -> None:
        self.words.update(word for text in texts for word in _PARTS.findall(text.lower()))


@dataclass(slots=True)
class Vocabulary:
    """The names that are replaced.

    Attributes:
        names: in lower case, with their pseudonyms; one that stays is its own.
        kinds: what each of them is.
        plain: kinds and names that cannot be told from other text, and stay.
    """

    names: dict[str, str] = field(default_factory=dict[str, str])
    kinds: dict[str, str] = field(default_factory=dict[str, str])
    plain: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    @classmethod
    def of(
        cls, inside: Inside, rules: Rules, own: OwnWords, analysts: Iterable[str], paths: Iterable[str], key: Pseudonyms
    ) -> Vocabulary:
        """Everything that is inside, the most telling kind first where one name is of several.

        Raises:
            NotRedacted: one of the words of the rules is one that the file is made of, or a number.
        """
        made = cls(names={name: name for name in rules.kept_names})
        _check(rules, own)
        made._take("word", (text.lower() for text in rules.words), key)
        for domain in sorted(inside.domains, key=lambda name: (name.count("."), name)):
            made._take_full("domain", domain, inside, key)
        for name in sorted(inside.full):
            made._take_full("host", name, inside, key)
        told = Told(own.words, made.plain)
        made._take("host", told("host", inside.machines), key)
        firsts = {name.partition(".")[0] for name in inside.domains} - _COMMON
        made._take("domain", told("domain", inside.realms | firsts), key)
        made._take("account", told("account", inside.accounts), key)
        made._take("analyst", told("analyst", (name.lower() for name in analysts if not is_everywhere(name))), key)
        for path in paths:
            made._add("path", path.lower(), f"/redacted/{key.word('path', path)}")
        return made

    def _take(self, kind: str, names: Iterable[str], key: Pseudonyms) -> None:
        for name in sorted(names):
            self._add(kind, name, key.word(kind, name))

    def _take_full(self, kind: str, name: str, inside: Inside, key: Pseudonyms) -> None:
        self._add(kind, name, ".".join([*(key.word(_kind(each, inside), each) for each in name.split(".")), TAIL]))

    def _add(self, kind: str, name: str, pseudonym: str) -> None:
        if name and name not in self.names:
            self.names[name] = pseudonym
            self.kinds[name] = kind
            for spelling in _spellings(name):
                self.names.setdefault(spelling, pseudonym)
                self.kinds.setdefault(spelling, kind)


@dataclass(frozen=True, slots=True)
class Told:
    """Leaves out, and lists, what cannot be told from other text."""

    own: set[str]
    plain: list[tuple[str, str]]

    def __call__(self, kind: str, names: Iterable[str]) -> Iterator[str]:
        for name in sorted({name.strip() for name in names}):
            if len(name) <= _SHORT or not any(char.isalpha() for char in name) or name in self.own:
                self.plain.append((kind, name))
            else:
                yield name


def _kind(label: str, inside: Inside) -> str:
    """What a label of a full name is: the same as where it stands alone."""
    if label in inside.machines:
        return "host"
    if any(label in name.split(".") for name in inside.domains) or label in inside.realms:
        return "domain"
    return "account" if label in inside.accounts else "host"


def _spellings(name: str) -> Iterator[str]:
    """How URLs and JSON write what has other characters than they."""
    for spelling in (quote(name, safe=""), quote_plus(name), json.dumps(name)[1:-1]):
        if spelling != name:
            yield spelling.lower()


def _check(rules: Rules, own: OwnWords) -> None:
    for word in rules.words:
        if word.lower() in own.words:
            raise NotRedacted(f"{word!r} is a word that case files are made of", next_step="leave it out")
        if not any(char.isalpha() for char in word):
            raise NotRedacted(f"{word!r} is a number, and cannot be told from others", next_step="leave it out")
