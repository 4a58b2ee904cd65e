"""User and service accounts."""

from __future__ import annotations

import re
from dataclasses import KW_ONLY
from typing import Any, ClassVar

from pydantic.dataclasses import dataclass

from clew.entities.checked_text import given_text, refang
from clew.entities.display import visible
from clew.entities.entity import STRICT, Entity
from clew.entities.host_names import host_name
from clew.entities.key import Key
from clew.entities.static_menus import AccountMenus
from clew.errors import EntityError

_SID = re.compile(r"S-1-\d+(?:-\d+){0,15}", re.IGNORECASE)
_UNIQUE_SID = re.compile(r"S-1-(?:5-21-\d|12-1-\d)")
_UPN = re.compile(r"[^@\s\\/]+@[^@\s\\/]+\.[^@\s\\/.]+")
# A name of a domain that can only be read in one way; a dot before the backslash would be the machine.
_PLAIN = re.compile(r"[A-Za-z0-9][\w.-]{0,254}\\[\w.$-]{1,255}", re.ASCII)
# Domains whose accounts exist once on every machine.
_LOCAL_DOMAINS = frozenset(
    {"nt authority", "builtin", "nt service", "window manager", "font driver host", "iis apppool", "."}
)


@dataclass(frozen=True, slots=True, eq=False, repr=False, config=STRICT)
class Account(Entity, AccountMenus):
    r"""An account: its SID, else its UPN, else domain\name, else a name on a host.

    Accounts that every machine has (SYSTEM, the well-known SIDs) belong to the host they were seen on.

    >>> Account(r"CORP\Alice")
    Account('corp\\alice')
    >>> Account("S-1-5-21-1-2-3-1104", name=r"CORP\alice").key
    Key(kind='account', value='S-1-5-21-1-2-3-1104', scope='')
    >>> Account("S-1-5-18", host="WS01.corp.example").key
    Key(kind='account', value='S-1-5-18', scope='ws01.corp.example')

    Args:
        value: the identifier that is known best.
        sid, upn, name: further identifiers of the same account; `name` is domain\name.
        host: the machine of a local account.

    Raises:
        EntityError: a bare name with no host, or a text that is none of these.
    """

    kind: ClassVar[str] = "account"
    exclusive: ClassVar[tuple[str, ...]] = ("sid",)
    value: str = ""
    _: KW_ONLY
    sid: str | None = None
    upn: str | None = None
    name: str | None = None
    host: str | None = None

    @classmethod
    def identify(cls, arguments: dict[str, Any]) -> dict[str, Any]:
        value = arguments.get("value")
        if value and len(arguments) == 1:  # most accounts: one identifier, and nothing that it could contradict
            scheme, text = _identifier(value, None)
            return {"value": text, scheme: text}
        fields = {name: value for name, value in arguments.items() if value is not None}
        host = fields.get("host")
        if host is not None:
            host = fields["host"] = host_name(host, "a host name")
        identifiers: dict[str, str] = {}
        for field in ("value", "sid", "upn", "name"):
            text = fields.pop(field, "")
            if text != "":
                scheme, text = _identifier(text, host)
                if field not in ("value", scheme):
                    raise EntityError(f"{text!r} is no {field} of an account")
                if identifiers.setdefault(scheme, text) != text:
                    raise EntityError(f"two different {scheme}s for one account: {identifiers[scheme]!r} and {text!r}")
        best = next((identifiers[scheme] for scheme in ("sid", "upn", "name") if scheme in identifiers), None)
        if best is None:
            raise EntityError("an account needs a SID, a UPN or a name")
        if host is not None and not any(map(_is_local, identifiers.values())):
            del fields["host"]  # where a domain's account was seen is no part of the account
        return {**fields, **identifiers, "value": best}

    @property
    def key(self) -> Key:
        return self._key(self.value)

    @property
    def aliases(self) -> tuple[Key, ...]:
        # What every machine has (SYSTEM) is not the same as what a domain calls it (the machine account).
        local = _is_local(self.value)
        identifiers = (other for other in (self.sid, self.upn, self.name) if other and _is_local(other) == local)
        return tuple(self._key(other) for other in identifiers if other != self.value)

    @property
    def label(self) -> str:
        return self.name or self.upn or self.value

    @classmethod
    def scheme(cls, key: Key) -> str:
        return "sid" if key.value.startswith("S-1-") else "upn" if _UPN.fullmatch(key.value) else "name"

    def _key(self, value: str) -> Key:
        return Key("account", value, self.host or "" if _is_local(value) else "")


def _identifier(value: Any, host: str | None) -> tuple[str, str]:
    """Which identifier `value` is, and its canonical spelling."""
    if type(value) is str and _PLAIN.fullmatch(value):
        name = value.lower()
        if host is None or name.partition("\\")[0] != host:
            return "name", name
    return _recognise(given_text(value, "an account"), host)


def _recognise(text: str, host: str | None) -> tuple[str, str]:
    if _SID.fullmatch(text):
        return "sid", text.upper()
    domain, backslash, name = text.partition("\\")
    if backslash and domain and name and "\\" not in name:
        domain_name = domain.lower()
        return _recognise(name, host) if domain_name in (".", host) else ("name", f"{domain_name}\\{name.lower()}")
    if _UPN.fullmatch(refang(text)):
        return "upn", refang(text).lower()
    if backslash or "/" in text or "@" in text:
        raise EntityError(f"{text!r} is not an account", next_step=r"write DOMAIN\name, name@domain.example or a SID")
    if host is None:
        raise EntityError(
            f"{text!r} alone names an account on every machine",
            next_step=rf"write DOMAIN\{visible(text)}, or give host=",
        )
    return "name", text.lower()


def _is_local(value: str) -> bool:
    if value.startswith("S-1-"):
        return not _UNIQUE_SID.match(value)
    domain, backslash, _ = value.partition("\\")
    return domain in _LOCAL_DOMAINS if backslash else "@" not in value
