"""The gate before every call that leaves. It fails closed, and a refusal says which rule and how to allow."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass

from clew.entities import Account, AutonomousSystem, Certificate, Domain, Entity, File, Host, IpAddress, Url
from clew.entities.host_names import canonical_name
from clew.entities.ip_address import looks_like_address
from clew.entities.tlp import Tlp
from clew.errors import AskRefused, EntityError
from clew.providers.base import Ask, Provider

# Names that exist only inside: special-use and widely used private suffixes (RFC 6761, RFC 6762, RFC 8375).
_PRIVATE_SUFFIXES = (
    "local",
    "localhost",
    "internal",
    "lan",
    "home",
    "corp",
    "intranet",
    "home.arpa",
    "test",
    "invalid",
)


def _clear_marking(entity: Entity) -> Tlp:  # noqa: ARG001 - as all that tell the marking of an entity
    return Tlp.CLEAR


@dataclass(frozen=True, slots=True)
class Gate:
    """What may leave the machine.

    Attributes:
        offline: nothing may.
        allow_active: providers that touch the suspect's own infrastructure may be asked.
        own_domains: names that are ours, with everything below them.
        tlp: how far everything here may be passed on.
        marking_of: the same for one entity.
        disabled_providers: sources that are not asked at all, by name.
    """

    offline: bool = False
    allow_active: bool = False
    own_domains: tuple[str, ...] = ()
    tlp: Tlp = Tlp.CLEAR
    marking_of: Callable[[Entity], Tlp] = _clear_marking
    disabled_providers: frozenset[str] = frozenset()

    def check(self, ask: Ask, provider: type[Provider], subject: Entity) -> None:
        """Let the ask pass, or say why not.

        Raises:
            AskRefused: with the rule as `kind`.
        """
        refusal = self.refusal(provider, subject) if ask.leaves else self._disabled_refusal(provider)
        if refusal is not None:
            raise refusal

    def refusal(self, provider: type[Provider], subject: Entity) -> AskRefused | None:
        """Why the provider would not be asked about the subject; None where it may be."""
        refusal = self._disabled_refusal(provider)
        if refusal is not None:
            return refusal
        if self.offline:
            return AskRefused(
                f"{provider.title} was not asked: offline mode is on",
                kind="offline",
                next_step="set CLEW_OFFLINE=0; a case: case.set_gate(offline=False)",
            )
        if provider.active and not self.allow_active:
            return AskRefused(
                f"{provider.title} touches the suspect's own infrastructure",
                kind="active",
                next_step="set CLEW_ALLOW_ACTIVE=1; a case: case.set_gate(active=True)",
            )
        reason = self.private_reason(subject)
        if reason:
            return AskRefused(
                f"{subject.label} was not sent to {provider.title}: {reason}",
                kind="private",
                next_step="private values never leave",
            )
        return self._marking_refusal(provider, subject)

    def _disabled_refusal(self, provider: type[Provider]) -> AskRefused | None:
        if provider.name not in self.disabled_providers:
            return None
        return AskRefused(
            f"{provider.title} was not asked: it is disabled",
            kind="disabled",
            next_step=f"take {provider.name} out of CLEW_DISABLED_PROVIDERS",
        )

    def _marking_refusal(self, provider: type[Provider], subject: Entity) -> AskRefused | None:
        entity_marking = self.marking_of(subject)
        marking, owner = (entity_marking, "it") if entity_marking > self.tlp else (self.tlp, "the case")
        if marking is Tlp.RED or marking > provider.tlp:
            message = f"{subject.label} was not sent to {provider.title}: {owner} is marked {marking}"
            return AskRefused(message, kind="tlp", next_step=f"{provider.title} may be told up to {provider.tlp}")
        return None

    def private_reason(self, entity: Entity) -> str:
        """Why a value must not leave; empty if it may."""
        match entity:
            case IpAddress():
                return _private_address_reason(entity.value)
            case Domain() | Host():
                return self._private_name_reason(entity.value)
            case Url():
                return self._private_url_reason(entity.value)
            case File():
                return "a path is internal" if entity.key.scope else ""
            case AutonomousSystem():
                return "the number is private or reserved" if _is_private_system(entity.number) else ""
            case Certificate():
                return ""
            case Account():
                return "accounts are internal"
            case _:
                return f"a {entity.kind} is internal"

    def _private_name_reason(self, name: str) -> str:
        suffixes = (*map(_suffix, self.own_domains), *_PRIVATE_SUFFIXES)
        name = name.rstrip(".")
        if "." not in name or any(name == suffix or name.endswith(f".{suffix}") for suffix in suffixes):
            return "the name is internal"
        return ""

    def _private_url_reason(self, url: str) -> str:
        from can_ada import parse

        parts = parse(url)
        if parts.username or parts.password:
            return "it carries credentials"
        host = parts.hostname.strip("[]")
        return _private_address_reason(host) if looks_like_address(host) else self._private_name_reason(host)


# Of no use outside (RFC 7607, 5398, 6996, 7300), and the stand-in of old routers for a number that they cannot say.
_PRIVATE_SYSTEMS = ((0, 0), (23_456, 23_456), (64_496, 65_551), (4_200_000_000, 4_294_967_295))


def _is_private_system(number: int) -> bool:
    return any(first <= number <= last for first, last in _PRIVATE_SYSTEMS)


def _suffix(text: str) -> str:
    """One of the own domains, as names are spelt; `*.corp.example` is `corp.example`."""
    try:
        return canonical_name(text.strip().lstrip("*."), "a domain")
    except EntityError:
        return text.lower()


def _private_address_reason(text: str) -> str:
    address = ipaddress.ip_address(text)
    if address.is_multicast:
        return "a multicast address"
    if isinstance(address, ipaddress.IPv6Address) and address.sixtofour:
        return _private_address_reason(str(address.sixtofour))
    is_internal = address.is_reserved or getattr(address, "is_site_local", False)
    return "" if address.is_global and not is_internal else "the address is private or reserved"
