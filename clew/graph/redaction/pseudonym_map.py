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
from clew.graph.redaction.internal_names import InternalNames, is_well_known
from clew.graph.redaction.pseudonyms import PREFIXES, RESERVED_TLD, Pseudonyms
from clew.graph.redaction.redaction_rules import Rules

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
_GENERIC_LABELS = frozenset(
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
        self._add(RESERVED_TLD, "clew", "redacted", *PREFIXES.values())
        self._add(*Outcome, *Relation, *Severity, *Verdict)

    def learn(self, value: object, *, is_own: bool = False) -> None:
        """The names of fields, and what is in those fields whose text is clew's own."""
        if isinstance(value, dict):
            for name, inner in cast("dict[str, Any]", value).items():
                self._add(name)
                self.learn(inner, is_own=is_own or name in _OWN_FIELDS)
        elif isinstance(value, list):
            for inner in cast("list[object]", value):
                self.learn(inner, is_own=is_own)
        elif is_own and isinstance(value, str):
            self._add(value)

    def _add(self, *texts: str) -> None:
        self.words.update(word for text in texts for word in _PARTS.findall(text.lower()))


@dataclass(slots=True)
class PseudonymMap:
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
        cls,
        internal_names: InternalNames,
        rules: Rules,
        own_words: OwnWords,
        analysts: Iterable[str],
        paths: Iterable[str],
        pseudonyms: Pseudonyms,
    ) -> PseudonymMap:
        """Everything that is inside, the most telling kind first where one name is of several.

        Raises:
            NotRedacted: one of the words of the rules is one that the file is made of, or a number.
        """
        result = cls(names={name: name for name in rules.kept_names})
        _check_words(rules, own_words)
        result._add_all("word", (text.lower() for text in rules.words), pseudonyms)
        for domain in sorted(internal_names.domains, key=lambda name: (name.count("."), name)):
            result._add_full_name("domain", domain, internal_names, pseudonyms)
        for name in sorted(internal_names.full_names):
            result._add_full_name("host", name, internal_names, pseudonyms)
        name_filter = NameFilter(own_words.words, result.plain)
        result._add_all("host", name_filter("host", internal_names.machines), pseudonyms)
        first_labels = {name.partition(".")[0] for name in internal_names.domains} - _GENERIC_LABELS
        result._add_all("domain", name_filter("domain", internal_names.realms | first_labels), pseudonyms)
        result._add_all("account", name_filter("account", internal_names.accounts), pseudonyms)
        result._add_all(
            "analyst",
            name_filter("analyst", (name.lower() for name in analysts if not is_well_known(name))),
            pseudonyms,
        )
        for path in paths:
            result._add("path", path.lower(), f"/redacted/{pseudonyms.word('path', path)}")
        return result

    def _add_all(self, kind: str, names: Iterable[str], pseudonyms: Pseudonyms) -> None:
        for name in sorted(names):
            self._add(kind, name, pseudonyms.word(kind, name))

    def _add_full_name(self, kind: str, name: str, internal_names: InternalNames, pseudonyms: Pseudonyms) -> None:
        self._add(
            kind,
            name,
            ".".join(
                [
                    *(pseudonyms.word(_label_kind(label, internal_names), label) for label in name.split(".")),
                    RESERVED_TLD,
                ]
            ),
        )

    def _add(self, kind: str, name: str, pseudonym: str) -> None:
        if name and name not in self.names:
            self.names[name] = pseudonym
            self.kinds[name] = kind
            for spelling in _spellings(name):
                self.names.setdefault(spelling, pseudonym)
                self.kinds.setdefault(spelling, kind)


@dataclass(frozen=True, slots=True)
class NameFilter:
    """Leaves out, and lists, what cannot be told from other text."""

    own_words: set[str]
    plain: list[tuple[str, str]]

    def __call__(self, kind: str, names: Iterable[str]) -> Iterator[str]:
        for name in sorted({name.strip() for name in names}):
            if len(name) <= _SHORT or not any(char.isalpha() for char in name) or name in self.own_words:
                self.plain.append((kind, name))
            else:
                yield name


def _label_kind(label: str, internal_names: InternalNames) -> str:
    """What a label of a full name is: the same as where it stands alone."""
    if label in internal_names.machines:
        return "host"
    if any(label in name.split(".") for name in internal_names.domains) or label in internal_names.realms:
        return "domain"
    return "account" if label in internal_names.accounts else "host"


def _spellings(name: str) -> Iterator[str]:
    """How URLs and JSON write what has other characters than they."""
    for spelling in (quote(name, safe=""), quote_plus(name), json.dumps(name)[1:-1]):
        if spelling != name:
            yield spelling.lower()


def _check_words(rules: Rules, own_words: OwnWords) -> None:
    for word in rules.words:
        if word.lower() in own_words.words:
            raise NotRedacted(f"{word!r} is a word that case files are made of", next_step="leave it out")
        if not any(char.isalpha() for char in word):
            raise NotRedacted(f"{word!r} is a number, and cannot be told from others", next_step="leave it out")
