"""What is inside, read out of a case: names of machines, accounts and domains, wherever they are told as such."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from clew.entities import ENTITY_TYPES, Domain, Key
from clew.entities.names import canonical_name
from clew.errors import EntityError
from clew.graph.redacting.rules import Rules
from clew.providers.gate import Gate

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

# Accounts and profiles that every machine has: they tell nobody anything.
_EVERYWHERE = frozenset(
    {
        "administrator",
        "guest",
        "defaultaccount",
        "wdagutilityaccount",
        "krbtgt",
        "system",
        "local service",
        "network service",
        "anonymous logon",
        "iusr",
        "everyone",
        "default",
        "default user",
        "defaultuser0",
        "public",
        "all users",
        "systemprofile",
        "localservice",
        "networkservice",
        "defaultapppool",
        "root",
        "nobody",
        "daemon",
        "www-data",
        "analyst",
        "localhost",
        "shared",
        "none",
        "null",
        "n/a",
    }
)
_EVERYWHERE_LIKE = re.compile(r"(?:dwm|umfd)-\d+|-+|\.|s-1-[\d-]+|\d{1,3}(?:\.\d{1,3}){3}|.*:.*", re.IGNORECASE)
# Domains of accounts that every machine has.
_NOBODYS = frozenset(
    {
        "nt authority",
        "nt-authority",
        "builtin",
        "nt service",
        "window manager",
        "font driver host",
        "iis apppool",
        "workgroup",
        "nt virtual machine",
        "azuread",
        "microsoftaccount",
        "internetuser",
    }
)
_NAME = re.compile(r"[\w][\w .$~'@-]{0,255}")
_KEY = re.compile(r"(?:account|host|process|file)(?:@[^:]{1,253})?:.", re.DOTALL)
#: Where a user's folder is, and whose it is.
_PROFILE = re.compile(
    r"(?:\\+(?i:users|documents and settings)\\+|(?<![\w.])/(?:Users|home)/+)"
    r"(?:([\w][\w .$~@-]{0,63})(?=[\\/])|([\w][\w.$~-]{0,63}))"
)
_MACHINE_COLUMNS, _NAMED_COLUMNS = ("host_name", "source_host"), ("dns_question_name",)
# Fields of Windows events that name somebody or something inside.
_FIELD = re.compile(
    r'"(?:(?P<account>\w*UserName|SamAccountName|User|AccountName|ParentUser|SourceUser|TargetUser)'
    r"|(?P<domain>(?:Subject|Target|TargetOutbound|Account|User|Logon)?Domain(?:Name)?)"
    r'|(?P<machine>Computer|ComputerName|Hostname|HostName|host|Workstation|WorkstationName|TargetServerName|DnsHostName))"'
    r'\s*:\s*"(?P<value>(?:[^"\\]|\\.){1,256})"'
)


@dataclass(slots=True)
class Inside:
    """What is inside, in lower case, by what it is.

    Attributes:
        machines: short names; `full` are names with their domain, of whatever is in a domain of ours.
        domains: as the DNS has them; `realms` are those of accounts, which may be short.
        named: names of any kind, of which some are ours.
    """

    rules: Rules
    gate: Gate
    machines: set[str] = field(default_factory=set[str])
    full: set[str] = field(default_factory=set[str])
    domains: set[str] = field(default_factory=set[str])
    realms: set[str] = field(default_factory=set[str])
    accounts: set[str] = field(default_factory=set[str])
    named: set[str] = field(default_factory=set[str])
    _upns: set[str] = field(default_factory=set[str])

    # -- what says itself what it is -----------------------------------------------------------------------------

    def document(self, value: object) -> None:
        """Entities and keys of entities anywhere in JSON values."""
        if isinstance(value, dict):
            given = cast("dict[str, Any]", value)
            if given.get("kind") in ENTITY_TYPES:
                self._entity(given)
            for inner in given.values():
                self.document(inner)
        elif isinstance(value, list):
            for inner in cast("list[object]", value):
                self.document(inner)
        elif isinstance(value, str) and _KEY.match(value):
            self._key(value)

    def _entity(self, given: Mapping[str, Any]) -> None:
        texts = {name: text for name, text in given.items() if isinstance(text, str)}
        for name in ("host", "netbios") if texts["kind"] != "host" else ("value", "netbios"):
            self.machine(texts.get(name, ""))
        match texts["kind"]:
            case "account":
                for name in ("value", "name", "upn"):
                    self.account(texts.get(name, ""))
            case "domain":
                self.named.add(texts.get("value", "").lower())
            case "url":
                self.named.add(re.split(r"[/?#:]", texts.get("value", "").partition("://")[2].rpartition("@")[2])[0])
            case _:
                pass

    def _key(self, text: str) -> None:
        key = Key.parse(text)
        self.machine(key.scope)
        if key.kind == "host":
            self.machine(key.value)
        elif key.kind == "account":
            self.account(key.value)

    def rows(self, document: Mapping[str, Any]) -> None:
        """Rows of a log, with the events that they were made from."""
        columns = cast("list[str]", document["columns"])
        for row in cast("list[list[Any]]", document["rows"]):
            cells = {name: cell for name, cell in zip(columns, row, strict=False) if isinstance(cell, str)}
            for name in _MACHINE_COLUMNS:
                self.machine(cells.get(name, ""))
            self.named |= {cells[name].lower().rstrip(".") for name in _NAMED_COLUMNS if name in cells}
            self.account(cells.get("user_name", ""))
            self.realm(cells.get("user_domain", ""))

    def machine(self, name: str) -> None:
        """A machine by its name, short or full."""
        if not self.rules.machines or is_everywhere(name) or "\\" in name:
            return
        try:
            short, point, domain = canonical_name(name, "a machine").partition(".")
        except EntityError:
            return
        self.machines.add(short)
        if point:
            self.full.add(f"{short}.{domain}")
            self.domains.add(domain)

    def account(self, name: str) -> None:
        r"""An account as domain\name, name@domain or name."""
        realm, backslash, name = name.rpartition("\\") if "\\" in name else ("", "", name)
        if not self.rules.accounts or is_everywhere(name) or realm.lower() in _NOBODYS:
            return
        if "@" in name:
            self._upns.add(name.lower())
        elif name.endswith("$"):
            self.machine(name[:-1])
        elif _NAME.fullmatch(name):
            self.accounts.add(name.lower())
        if backslash:
            self.realm(realm)

    def realm(self, name: str) -> None:
        """The domain of an account."""
        name = name.lower().rstrip(".")
        if self.rules.accounts and name not in _NOBODYS and not is_everywhere(name) and _NAME.fullmatch(name):
            (self.domains if "." in name else self.realms).add(name)

    # -- what is found in text -----------------------------------------------------------------------------------

    def event(self, text: str) -> None:
        """Fields of a raw event that name somebody or something."""
        of_the_web = '"uri"' in text  # there a host is whom somebody talked to
        for found in _FIELD.finditer(text):
            if of_the_web and found["machine"] == "host":
                continue
            value = found["value"].replace("\\\\", "\\")
            match found.lastgroup and next(name for name in ("account", "domain", "machine") if found[name]):
                case "account":
                    self.account(value)
                case "domain":
                    self.realm(value)
                case _:
                    self.machine(value)

    def profiles(self, text: str) -> None:
        """Whose folders a text names."""
        for found in _PROFILE.finditer(text):
            self.account(found[1] or found[2])

    def settle(self) -> None:
        """Decide what of all that was named is ours, now that the domains are known."""
        self.domains |= self.rules.domains | {_spelt(name) for name in self.gate.own_domains}
        self.domains = {parent for name in self.domains for parent in _parents(name)} - self.rules.kept_names
        for name in self.named:
            if "." not in name or name.endswith(".arpa"):
                continue
            if self._is_ours(name):
                self.full.add(name)
        for upn in self._upns:
            name, _, domain = upn.partition("@")
            if self._is_ours(domain):
                self.accounts.add(name)
                self.domains |= set(_parents(domain))

    def _is_ours(self, name: str) -> bool:
        if any(name == domain or name.endswith(f".{domain}") for domain in self.domains):
            return True
        try:
            return self.rules.private and bool(self.gate.private(Domain(name)))
        except EntityError:
            return False

    def members(self, text: str) -> None:
        """Machines and accounts in a text that are told by the domain that they are in."""
        lowered = text.lower()
        for domain in self.domains:
            if domain in lowered:
                self._members(lowered, domain)
        if "\\" in lowered and self.rules.accounts:
            for realm in self.realms:
                self._accounts_of(lowered, realm)

    def _members(self, text: str, domain: str) -> None:
        place = text.find(domain)
        while place >= 0:
            before = _BEFORE.search(text, max(0, place - 256), place)
            if before and before[0][-1] == ".":
                self.full |= {f"{name}{domain}" for name in _beginnings(before[0], text[: before.start()])}
            elif before and self.rules.accounts:
                self.accounts |= {name for name in _beginnings(before[0][:-1], text[: before.start()]) if name}
            place = text.find(domain, place + len(domain))

    def _accounts_of(self, text: str, realm: str) -> None:
        place = text.find(f"{realm}\\")
        while place >= 0:
            after = _AFTER.match(text, place + len(realm))
            # \\corp\share is a machine and a folder.
            if after and (place == 0 or not (text[place - 1].isalnum() or text[place - 1] == "\\")):
                self.account(after[1])
            place = text.find(f"{realm}\\", place + 1)


_BEFORE = re.compile(r"(?:[a-z0-9_-]{1,63}\.)+\Z|[a-z0-9_.+-]{1,64}@\Z")
_AFTER = re.compile(r"\\+([a-z0-9_][\w.$-]{0,255})")


def _beginnings(name: str, before: str) -> Iterator[str]:
    """A name, and the same without what may be the end of an escape before it."""
    yield name
    if before.endswith("%") and len(name) > 2:
        yield name[2:]
    elif before.endswith("\\") and len(name) > 1:
        yield name[1:]


def _parents(domain: str) -> Iterable[str]:
    """A domain and those that it is in, down to what somebody can register."""
    labels = domain.split(".")
    least = len(_registrable(domain).split("."))
    return [".".join(labels[place:]) for place in range(max(1, len(labels) - least + 1))]


@functools.cache
def _registrable(domain: str) -> str:
    return _suffixes().privatesuffix(domain) or domain


@functools.cache
def _suffixes() -> PublicSuffixList:
    # Loaded here: only who redacts needs the list.
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList(accept_unknown=True)


def _spelt(name: str) -> str:
    try:
        return canonical_name(name.strip().lstrip("*."), "a domain")
    except EntityError:
        return name.lower()


def is_everywhere(name: str) -> bool:
    """Whether every machine has something of that name, or the text is no name at all."""
    return not name or name.lower() in _EVERYWHERE or _EVERYWHERE_LIKE.fullmatch(name) is not None
