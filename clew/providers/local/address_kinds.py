"""What kind of address an address is. Nobody is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from clew.entities import Fact, Finding, IpAddress
from clew.entities.finding import Scalar
from clew.providers.base import Channel, Provider, operation
from clew.transforms.address_kinds import kind_of


def _columns(_channels: Mapping[str, Channel], subjects: Sequence[IpAddress]) -> Mapping[str, Sequence[Scalar]]:
    kinds = [kind_of(subject.value) for subject in subjects]
    return {
        "reason": [f"a {kind} address" for kind in kinds],
        "ip_kind": kinds,
        "ip_version": [subject.version for subject in subjects],
    }


class AddressKinds(Provider):
    """The special-purpose address registries, as they came with clew."""

    name: ClassVar[str] = "address-kinds"
    title: ClassVar[str] = "special-purpose address registries"
    docs: ClassVar[str] = "https://www.rfc-editor.org/rfc/rfc6890"

    @operation(columns=_columns, facts=("ip_kind", "ip_version"), expands=False)
    def ip(self, ip: IpAddress) -> Finding:
        """Whether the address is global, private, loopback, documentation or else."""
        kind = kind_of(ip.value)
        facts = (Fact("ip_kind", kind), Fact("ip_version", ip.version))
        return Finding(ip, reason=f"a {kind} address", facts=facts, returned=1, available=1)
