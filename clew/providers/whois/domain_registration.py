"""The registration of a name, out of the reply of a registry or a registrar.

There is no format: each registry has its own words, and most of them are here. What they write one below the other
without a label (name servers, the name of a registrar) is what stands below the heading.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from clew.providers.whois.registration_labels import load_labels
from clew.providers.whois.registration_status import ReplyState, state_of
from clew.providers.whois.registry_dates import day_of, months_first
from clew.providers.whois.whois_text import WhoisStatement, decode_reply, parse_statements

_SERVER_LABEL = re.compile(
    r"(?:(?:primary|secondary|third|fourth|fifth|sixth|p|domain) )*"
    r"(?:name ?servers?|n?servers?|dns(?: servers?)?|ns(?: name| list)?|host ?name|servidor(?:\(es\)|es) de nombres?"
    r"(?: de dominio)?)"
    r"(?: (?:host ?name|information|name|in(?: the)? listed order|listed in order|\(domain servers\)))*"
)
_WORD = re.compile(r"(?<![\w@.-])\w[\w.-]{2,252}+(?![@-])")
_ADDRESS = re.compile(r"[0-9a-f:.]{3,45}", re.IGNORECASE)
_CODE = re.compile(r"\s*(?:\((?=[^)]*\d)[\w -]+\)|\[Tag = [^\]]*\])\s*\Z")
_REDACTION_NOTICE = re.compile(
    r"redacted|not disclosed|non-?public|data protected|withheld|statutory masking|hidden upon", re.IGNORECASE
)
_NUMBER_SUFFIX = re.compile(r"[ -]?\d+\Z")
_EMPTY_VALUES = frozenset({"", "-", "--", "n/a", "na", "none", "null", "not available"})
_MAIL = re.compile(r"[^\s@<>\"'()]{1,64}@[\w.-]{1,253}\.\w{2,63}")


@dataclass(frozen=True, slots=True)
class NameServer:
    """A name server, and its addresses if the registry has them."""

    name: str
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Registration:
    """What a reply says; None, or empty, is what it does not say.

    Attributes:
        created, changed, expires: days, ISO 8601.
        withheld: how many values the registry says that it keeps to itself.
        referral: the WHOIS server that knows more.
    """

    state: ReplyState
    created: str | None = None
    changed: str | None = None
    expires: str | None = None
    registrar: str | None = None
    registrant: str | None = None
    country: str | None = None
    abuse_mail: str | None = None
    abuse_phone: str | None = None
    statuses: tuple[str, ...] = ()
    servers: tuple[NameServer, ...] = ()
    withheld: int = 0
    referral: str = ""


def parse_registration(body: bytes, server: str) -> Registration:
    """Read the reply of that server."""
    text, labels = decode_reply(body, server), load_labels()
    all_statements = parse_statements(text, _is_heading)
    american = months_first(text)
    creation_day, change_day, expiry_day = (
        _day(all_statements, day_labels, american=american)
        for day_labels in (labels.creation, labels.change, labels.expiry)
    )
    servers, registrar = _servers(all_statements), _registrar(all_statements, labels.registrar)
    has_record = bool(creation_day or expiry_day or servers or registrar)
    state = state_of(text, all_statements, has_record=has_record, has_trace=change_day is not None)
    if state is not ReplyState.REGISTERED:
        return Registration(state)
    return Registration(
        state,
        creation_day,
        change_day,
        expiry_day,
        registrar,
        _first_value(all_statements, labels.registrant),
        _first_value(all_statements, labels.country),
        _mail(_first_value(all_statements, labels.abuse_mail)),
        _first_value(all_statements, labels.abuse_phone),
        _statuses(all_statements, labels.status),
        servers,
        sum(1 for statement in all_statements if _REDACTION_NOTICE.search(statement.value)),
        (_first_value(all_statements, labels.referral) or "").lower(),
    )


def _statuses(statements: Sequence[WhoisStatement], labels: Sequence[str]) -> tuple[str, ...]:
    """What is said under the labels, each once, without the addresses of pages that explain it."""
    values = (statement.value for statement in _statements_with(statements, labels))
    full_values = (value for value in values if value.lower() not in _EMPTY_VALUES)
    return tuple(dict.fromkeys(value.split(" ")[0] if "://" in value else value for value in full_values))


def _statements_with(statements: Sequence[WhoisStatement], labels: Iterable[str]) -> list[WhoisStatement]:
    """The statements with one of the labels: those with the first label first."""
    return [statement for label in labels for statement in statements if statement.label == label]


def _is_heading(words: str) -> bool:
    return words == "registrar" or _SERVER_LABEL.fullmatch(words) is not None


def _day(statements: Sequence[WhoisStatement], labels: Sequence[str], *, american: bool) -> str | None:
    """The first in the reply: what is said of the name stands before what is said of people."""
    days = (day_of(statement.value, american=american) for statement in statements if statement.label in labels)
    return next(filter(None, days), None)


def _first_value(statements: Sequence[WhoisStatement], labels: Sequence[str]) -> str | None:
    values = (statement.value for statement in _statements_with(statements, labels))
    return next(
        (value for value in values if value.lower() not in _EMPTY_VALUES and not _REDACTION_NOTICE.search(value)), None
    )


def _mail(text: str | None) -> str | None:
    match = _MAIL.search(text or "")
    return match[0] if match else None


def _registrar(statements: Sequence[WhoisStatement], labels: Sequence[str]) -> str | None:
    section_statements = [statement for statement in statements if statement.heading in labels]
    name_statements = [
        statement
        for statement in section_statements
        if statement.label in ("name", "organization", "organisation", "registrar name")
    ]
    value = (
        _first_value(name_statements, ("name", "registrar name", "organization", "organisation"))
        if name_statements
        else None
    )
    value = value or _first_value(statements, labels)
    return None if not value or value.lower().startswith("no registrar") else _CODE.sub("", value) or None


def _servers(statements: Sequence[WhoisStatement]) -> tuple[NameServer, ...]:
    servers: dict[str, tuple[str, ...]] = {}
    has_hosts = any(statement.label == "hostname" for statement in statements)
    for statement in statements:
        if has_hosts and statement.label == "dns":
            continue  # there it is the name itself
        for name, addresses in _servers_in_statement(statement):
            servers[name] = tuple(dict.fromkeys((*servers.get(name, ()), *addresses)))
    return tuple(NameServer(name, addresses) for name, addresses in servers.items())


def _servers_in_statement(statement: WhoisStatement) -> list[tuple[str, tuple[str, ...]]]:
    if _SERVER_LABEL.fullmatch(_NUMBER_SUFFIX.sub("", statement.label)):
        return _servers_in_value(statement.value)
    line = statement.line.lstrip("- ")
    is_in_section = _SERVER_LABEL.fullmatch(_NUMBER_SUFFIX.sub("", statement.heading)) is not None
    return _servers_in_value(line) if is_in_section and _is_name(line.split()[0] if line.split() else "") else []


def _servers_in_value(value: str) -> list[tuple[str, tuple[str, ...]]]:
    """The name servers in a value, each with the addresses behind it."""
    matches = [match for match in _WORD.finditer(value) if _is_name(match[0])]
    starts = [match.start() for match in matches] + [len(value)]
    return [
        (match[0].lower().rstrip("."), tuple(_addresses(value[match.end() : end])))
        for match, end in zip(matches, starts[1:], strict=True)
    ]


def _is_name(text: str) -> bool:
    head, dot, last = text.rstrip(".").rpartition(".")
    return bool(dot and head and last[:1].isalpha())


def _addresses(text: str) -> list[str]:
    addresses: list[str] = []
    for part in _ADDRESS.findall(text):
        try:
            addresses.append(str(ipaddress.ip_address(part.rstrip("."))))
        except ValueError:
            continue
    return addresses
