"""What is inside, read out of a case: names of machines, accounts and domains, wherever they are told as such."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from clew.entities import ENTITY_TYPES, Domain, Key
from clew.entities.host_names import canonical_name
from clew.errors import EntityError
from clew.graph.redaction.redaction_rules import Rules
from clew.providers.gate import Gate

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

# Accounts and profiles that every machine has: they tell nobody anything.
_WELL_KNOWN_NAMES = frozenset(
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
_WELL_KNOWN_PATTERN = re.compile(r"(?:dwm|umfd)-\d+|-+|\.|s-1-[\d-]+|\d{1,3}(?:\.\d{1,3}){3}|.*:.*", re.IGNORECASE)
# Domains of accounts that every machine has.
_WELL_KNOWN_DOMAINS = frozenset(
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
_MACHINE_COLUMNS, _NAME_COLUMNS = ("host_name", "source_host"), ("dns_question_name",)
# Fields of Windows events that name somebody or something inside.
_FIELD = re.compile(
    r'"(?:(?P<account>\w*UserName|SamAccountName|User|AccountName|ParentUser|SourceUser|TargetUser)'
    r"|(?P<domain>(?:Subject|Target|TargetOutbound|Account|User|Logon)?Domain(?:Name)?)"
    r'|(?P<machine>Computer|ComputerName|Hostname|HostName|host|Workstation|WorkstationName|TargetServerName|DnsHostName))"'
    r'\s*:\s*"(?P<value>(?:[^"\\]|\\.){1,256})"'
)


@dataclass(slots=True)
class InternalNames:
    """What is inside, in lower case, by what it is.

    Attributes:
        machines: short names; `full_names` are names with their domain, of whatever is in a domain of ours.
        domains: as the DNS has them; `realms` are those of accounts, which may be short.
        candidates: names of any kind, of which some are ours.
    """

    rules: Rules
    gate: Gate
    machines: set[str] = field(default_factory=set[str])
    full_names: set[str] = field(default_factory=set[str])
    domains: set[str] = field(default_factory=set[str])
    realms: set[str] = field(default_factory=set[str])
    accounts: set[str] = field(default_factory=set[str])
    candidates: set[str] = field(default_factory=set[str])
    _upns: set[str] = field(default_factory=set[str])

    # -- what says itself what it is -----------------------------------------------------------------------------

    def add_document(self, value: object) -> None:
        """Entities and keys of entities anywhere in JSON values."""
        if isinstance(value, dict):
            fields = cast("dict[str, Any]", value)
            if fields.get("kind") in ENTITY_TYPES:
                self._add_entity(fields)
            for inner in fields.values():
                self.add_document(inner)
        elif isinstance(value, list):
            for inner in cast("list[object]", value):
                self.add_document(inner)
        elif isinstance(value, str) and _KEY.match(value):
            self._add_key(value)

    def _add_entity(self, fields: Mapping[str, Any]) -> None:
        texts = {name: text for name, text in fields.items() if isinstance(text, str)}
        for name in ("host", "netbios") if texts["kind"] != "host" else ("value", "netbios"):
            self.add_machine(texts.get(name, ""))
        match texts["kind"]:
            case "account":
                for name in ("value", "name", "upn"):
                    self.add_account(texts.get(name, ""))
            case "domain":
                self.candidates.add(texts.get("value", "").lower())
            case "url":
                self.candidates.add(
                    re.split(r"[/?#:]", texts.get("value", "").partition("://")[2].rpartition("@")[2])[0]
                )
            case _:
                pass

    def _add_key(self, text: str) -> None:
        key = Key.parse(text)
        self.add_machine(key.scope)
        if key.kind == "host":
            self.add_machine(key.value)
        elif key.kind == "account":
            self.add_account(key.value)

    def add_rows(self, document: Mapping[str, Any]) -> None:
        """Rows of a log, with the events that they were made from."""
        columns = cast("list[str]", document["columns"])
        for row in cast("list[list[Any]]", document["rows"]):
            cells = {name: cell for name, cell in zip(columns, row, strict=False) if isinstance(cell, str)}
            for name in _MACHINE_COLUMNS:
                self.add_machine(cells.get(name, ""))
            self.candidates |= {cells[name].lower().rstrip(".") for name in _NAME_COLUMNS if name in cells}
            self.add_account(cells.get("user_name", ""))
            self.add_realm(cells.get("user_domain", ""))

    def add_machine(self, name: str) -> None:
        """A machine by its name, short or full."""
        if not self.rules.machines or is_well_known(name) or "\\" in name:
            return
        try:
            short, point, domain = canonical_name(name, "a machine").partition(".")
        except EntityError:
            return
        self.machines.add(short)
        if point:
            self.full_names.add(f"{short}.{domain}")
            self.domains.add(domain)

    def add_account(self, name: str) -> None:
        r"""An account as domain\name, name@domain or name."""
        realm, backslash, name = name.rpartition("\\") if "\\" in name else ("", "", name)
        if not self.rules.accounts or is_well_known(name) or realm.lower() in _WELL_KNOWN_DOMAINS:
            return
        if "@" in name:
            self._upns.add(name.lower())
        elif name.endswith("$"):
            self.add_machine(name[:-1])
        elif _NAME.fullmatch(name):
            self.accounts.add(name.lower())
        if backslash:
            self.add_realm(realm)

    def add_realm(self, name: str) -> None:
        """The domain of an account."""
        name = name.lower().rstrip(".")
        if (
            self.rules.accounts
            and name not in _WELL_KNOWN_DOMAINS
            and not is_well_known(name)
            and _NAME.fullmatch(name)
        ):
            (self.domains if "." in name else self.realms).add(name)

    # -- what is found in text -----------------------------------------------------------------------------------

    def add_event(self, text: str) -> None:
        """Fields of a raw event that name somebody or something."""
        is_web_event = '"uri"' in text  # there a host is whom somebody talked to
        for occurrence in _FIELD.finditer(text):
            if is_web_event and occurrence["machine"] == "host":
                continue
            value = occurrence["value"].replace("\\\\", "\\")
            match occurrence.lastgroup and next(name for name in ("account", "domain", "machine") if occurrence[name]):
                case "account":
                    self.add_account(value)
                case "domain":
                    self.add_realm(value)
                case _:
                    self.add_machine(value)

    def add_profiles(self, text: str) -> None:
        """Whose folders a text names."""
        for match in _PROFILE.finditer(text):
            self.add_account(match[1] or match[2])

    def classify_candidates(self) -> None:
        """Decide what of all that was named is ours, now that the domains are known."""
        self.domains |= self.rules.domains | {_canonical_domain(name) for name in self.gate.own_domains}
        self.domains = {parent for name in self.domains for parent in _parents(name)} - self.rules.kept_names
        for name in self.candidates:
            if "." not in name or name.endswith(".arpa"):
                continue
            if self._is_internal(name):
                self.full_names.add(name)
        for upn in self._upns:
            name, _, domain = upn.partition("@")
            if self._is_internal(domain):
                self.accounts.add(name)
                self.domains |= set(_parents(domain))

    def _is_internal(self, name: str) -> bool:
        if any(name == domain or name.endswith(f".{domain}") for domain in self.domains):
            return True
        try:
            return self.rules.private and bool(self.gate.private_reason(Domain(name)))
        except EntityError:
            return False

    def add_members(self, text: str) -> None:
        """Machines and accounts in a text that are told by the domain that they are in."""
        lower_text = text.lower()
        for domain in self.domains:
            if domain in lower_text:
                self._add_domain_members(lower_text, domain)
        if "\\" in lower_text and self.rules.accounts:
            for realm in self.realms:
                self._add_realm_accounts(lower_text, realm)

    def _add_domain_members(self, text: str, domain: str) -> None:
        position = text.find(domain)
        while position >= 0:
            before = _BEFORE.search(text, max(0, position - 256), position)
            if before and before[0][-1] == ".":
                self.full_names |= {f"{name}{domain}" for name in _beginnings(before[0], text[: before.start()])}
            elif before and self.rules.accounts:
                self.accounts |= {name for name in _beginnings(before[0][:-1], text[: before.start()]) if name}
            position = text.find(domain, position + len(domain))

    def _add_realm_accounts(self, text: str, realm: str) -> None:
        position = text.find(f"{realm}\\")
        while position >= 0:
            after = _AFTER.match(text, position + len(realm))
            # \\corp\share is a machine and a folder.
            if after and (position == 0 or not (text[position - 1].isalnum() or text[position - 1] == "\\")):
                self.add_account(after[1])
            position = text.find(f"{realm}\\", position + 1)


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
    min_labels = len(_registrable(domain).split("."))
    return [".".join(labels[index:]) for index in range(max(1, len(labels) - min_labels + 1))]


@functools.cache
def _registrable(domain: str) -> str:
    return _suffixes().privatesuffix(domain) or domain


@functools.cache
def _suffixes() -> PublicSuffixList:
    # Loaded here: only who redacts needs the list.
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList(accept_unknown=True)


def _canonical_domain(name: str) -> str:
    try:
        return canonical_name(name.strip().lstrip("*."), "a domain")
    except EntityError:
        return name.lower()


def is_well_known(name: str) -> bool:
    """Whether every machine has something of that name, or the text is no name at all."""
    return not name or name.lower() in _WELL_KNOWN_NAMES or _WELL_KNOWN_PATTERN.fullmatch(name) is not None
