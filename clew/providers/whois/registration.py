"""The registration of a name, out of the reply of a registry or a registrar.

There is no format: each registry has its own words, and most of them are here. What they write one below the other
without a label (name servers, the name of a registrar) is what stands below the heading.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from clew.providers.whois.dates import day_of, months_first
from clew.providers.whois.states import State, state_of
from clew.providers.whois.text import Statement, decoded, statements

_CREATED = frozenset(
    {
        "creation date",
        "created",
        "created on",
        "created date",
        "registered on",
        "registered",
        "date registered",
        "registered date",
        "registration date",
        "registration time",
        "record created",
        "domain registered",
        "domain registration date",
        "domain name commencement date",
        "domain record activated",
        "domain create date",
        "domain created",
        "entry created",
        "activated on",
        "domain dateregistered",
        "fecha de creacion",
        "c record created",
        "record created on",
        "activated",
        "assigned",
        "fecha de registro",
        "creation",
        "registration",
        "ds created 1",
        "registered since",
        "connected date",
        "first registration date",
        "date created",
        "assigned date",
        "7b date",
        "record created at",
        "created at",
        "domain created on",
        "date creation",
        "date de creation",
    }
)
_CHANGED = frozenset(
    {
        "updated date",
        "last updated on",
        "last-update",
        "changed",
        "modified",
        "record last updated",
        "last updated",
        "domain last updated date",
        "last modified",
        "last update",
        "entry updated",
        "updated on",
        "modified date",
        "updated",
        "domain record last updated",
        "e record last modified",
        "last-updated",
        "modification date",
        "last updated date",
        "domain datelastmodified",
        "ultima actualizacion",
        "last-modified",
        "last modified date",
        "last modification",
        "record last updated on",
        "record changed on",
        "date modified",
        "updated at",
        "last changed date",
        "domain last updated",
        "last modify",
    }
)
_EXPIRES = frozenset(
    {
        "registry expiry date",
        "expiration date",
        "expires",
        "registrar registration expiration date",
        "expire",
        "expiry date",
        "expires on",
        "domain expiration date",
        "paid-till",
        "renewal date",
        "fecha de vencimiento",
        "domain expires",
        "d record expired",
        "expire date",
        "expiry",
        "expires at",
        "domain datebilleduntil",
        "exp date",
        "record expires on",
        "expiration time",
        "valid until",
        "free-date",
        "domain expires on",
        "renewal",
        "validity",
        "registration expiration",
        "date expires",
        "expire-date",
        "fecha de expiracion",
        "record expires",
        "due date",
        "record will expire on",
    }
)
_REGISTRARS = (
    "registrar",
    "sponsoring registrar",
    "registrar name",
    "registrar-name",
    "current registrar",
    "authorized agency",
    "registration service provider",
    "created by registrar",
    "last updated by registrar",
)
_REGISTRANTS = (
    "registrant organization",
    "registrant organisation",
    "registrant name",
    "registrant",
    "holder",
    "owner",
    "registrant contact name",
    "domain holder",
    "org",
    "organization name",
    "organization",
    "person",
)
_SERVER = re.compile(
    r"(?:(?:primary|secondary|third|fourth|fifth|sixth|p|domain) )*"
    r"(?:name ?servers?|n?servers?|dns(?: servers?)?|ns(?: name| list)?|host ?name|servidor(?:\(es\)|es) de nombres?"
    r"(?: de dominio)?)"
    r"(?: (?:host ?name|information|name|in(?: the)? listed order|listed in order|\(domain servers\)))*"
)
_STATUSES = ("domain status", "status", "registration status", "state", "eppstatus", "domaintype")
_REFERRALS = ("registrar whois server", "whois server", "whois", "refer", "referralserver")
_WORD = re.compile(r"(?<![\w@.-])\w[\w.-]{2,252}+(?![@-])")
_ADDRESS = re.compile(r"[0-9a-f:.]{3,45}", re.IGNORECASE)
_CODE = re.compile(r"\s*(?:\((?=[^)]*\d)[\w -]+\)|\[Tag = [^\]]*\])\s*\Z")
_HIDDEN = re.compile(
    r"redacted|not disclosed|non-?public|data protected|withheld|statutory masking|hidden upon", re.IGNORECASE
)
_NUMBERED = re.compile(r"[ -]?\d+\Z")
_UNTOLD = frozenset({"", "-", "--", "n/a", "na", "none", "null", "not available"})
_MAIL = re.compile(r"[^\s@<>\"'()]{1,64}@[\w.-]{1,253}\.\w{2,63}")


@dataclass(frozen=True, slots=True)
class Server:
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

    state: State
    created: str | None = None
    changed: str | None = None
    expires: str | None = None
    registrar: str | None = None
    registrant: str | None = None
    country: str | None = None
    abuse_mail: str | None = None
    abuse_phone: str | None = None
    statuses: tuple[str, ...] = ()
    servers: tuple[Server, ...] = ()
    withheld: int = 0
    referral: str = ""


def registration(body: bytes, server: str) -> Registration:
    """Read the reply of that server."""
    text = decoded(body, server)
    said = statements(text, _is_heading)
    american = months_first(text)
    created, changed, expires = (_day(said, labels, american=american) for labels in (_CREATED, _CHANGED, _EXPIRES))
    servers, registrar = _servers(said), _registrar(said)
    has_record = bool(created or expires or servers or registrar)
    state = state_of(text, said, has_record=has_record, has_trace=changed is not None)
    if state is not State.REGISTERED:
        return Registration(state)
    return Registration(
        state,
        created,
        changed,
        expires,
        registrar,
        _first(said, _REGISTRANTS),
        _first(said, ("registrant country", "country", "registrant country code")),
        _mail(_first(said, ("registrar abuse contact email", "abuse contact email", "abuse-mailbox", "abuse email"))),
        _first(said, ("registrar abuse contact phone", "abuse contact phone", "abuse phone")),
        tuple(
            dict.fromkeys(
                each.value.split(" ")[0] if "://" in each.value else each.value
                for each in _labelled(said, _STATUSES)
                if each.value.lower() not in _UNTOLD
            )
        ),
        servers,
        sum(1 for each in said if _HIDDEN.search(each.value)),
        (_first(said, _REFERRALS) or "").lower(),
    )


def _labelled(said: Sequence[Statement], labels: Iterable[str]) -> list[Statement]:
    """The statements with one of the labels: those with the first label first."""
    return [each for label in labels for each in said if each.label == label]


def _is_heading(words: str) -> bool:
    return words == "registrar" or _SERVER.fullmatch(words) is not None


def _day(said: Sequence[Statement], labels: frozenset[str], *, american: bool) -> str | None:
    """The first in the reply: what is said of the name stands before what is said of people."""
    found = (day_of(each.value, american=american) for each in said if each.label in labels)
    return next(filter(None, found), None)


def _first(said: Sequence[Statement], labels: Sequence[str]) -> str | None:
    values = (each.value for each in _labelled(said, labels))
    return next((value for value in values if value.lower() not in _UNTOLD and not _HIDDEN.search(value)), None)


def _mail(text: str | None) -> str | None:
    found = _MAIL.search(text or "")
    return found[0] if found else None


def _registrar(said: Sequence[Statement]) -> str | None:
    below = [each for each in said if each.heading in _REGISTRARS]
    named = [each for each in below if each.label in ("name", "organization", "organisation", "registrar name")]
    value = _first(named, ("name", "registrar name", "organization", "organisation")) if named else None
    value = value or _first(said, _REGISTRARS)
    return None if not value or value.lower().startswith("no registrar") else _CODE.sub("", value) or None


def _servers(said: Sequence[Statement]) -> tuple[Server, ...]:
    found: dict[str, tuple[str, ...]] = {}
    has_hosts = any(each.label == "hostname" for each in said)
    for each in said:
        if has_hosts and each.label == "dns":
            continue  # there it is the name itself
        for name, addresses in _served(each):
            found[name] = tuple(dict.fromkeys((*found.get(name, ()), *addresses)))
    return tuple(Server(name, addresses) for name, addresses in found.items())


def _served(each: Statement) -> list[tuple[str, tuple[str, ...]]]:
    if _SERVER.fullmatch(_NUMBERED.sub("", each.label)):
        return _named(each.value)
    line = each.line.lstrip("- ")
    below = _SERVER.fullmatch(_NUMBERED.sub("", each.heading)) is not None
    return _named(line) if below and _is_name(line.split()[0] if line.split() else "") else []


def _named(value: str) -> list[tuple[str, tuple[str, ...]]]:
    """The name servers in a value, each with the addresses behind it."""
    names = [match for match in _WORD.finditer(value) if _is_name(match[0])]
    starts = [match.start() for match in names] + [len(value)]
    return [
        (match[0].lower().rstrip("."), tuple(_addresses(value[match.end() : end])))
        for match, end in zip(names, starts[1:], strict=True)
    ]


def _is_name(word: str) -> bool:
    head, dot, last = word.rstrip(".").rpartition(".")
    return bool(dot and head and last[:1].isalpha())


def _addresses(text: str) -> list[str]:
    found: list[str] = []
    for part in _ADDRESS.findall(text):
        try:
            found.append(str(ipaddress.ip_address(part.rstrip("."))))
        except ValueError:
            continue
    return found
