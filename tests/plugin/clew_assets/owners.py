"""Who owns an address: a provider with a channel of its own. Nothing leaves the machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

from clew import Account, Fact, Finding, IpAddress, Link, Outcome, Relation
from clew.entities.term import Term
from clew.providers.base import Ask, Channel, Provider, Reply, Steps, canonical_json, narrow_ask, operation

OWNERS = {
    "198.51.100.7": {"owner": "CORP\\alice", "site": "Vienna"},
    "10.0.0.8": {"owner": "CORP\\bob", "site": "Oslo"},
}


@dataclass(frozen=True, slots=True)
class WhoOwns(Ask):
    """Who owns the address?"""

    channel: ClassVar[str] = "assets"
    address: str

    def description(self) -> dict[str, Any]:
        return {"address": self.address}


@dataclass(frozen=True, slots=True)
class AssetChannel:
    """Answers from the list."""

    def send(self, ask: Ask, provider: type[Provider]) -> Reply:
        """The entry of the address, or null."""
        entry = OWNERS.get(narrow_ask(ask, WhoOwns).address)
        return Reply(canonical_json({"entry": entry}).encode(), "application/json", datetime.now(UTC))


class Assets(Provider):
    """The list of what is ours."""

    name: ClassVar[str] = "assets"
    title: ClassVar[str] = "asset list"
    terms: ClassVar[Mapping[str, Term]] = {"asset_site": Term(str, "where the machine stands")}

    @classmethod
    def channels(cls) -> Mapping[str, Channel]:
        return {WhoOwns.channel: AssetChannel()}

    @operation(calls=1, facts=("asset_site",))
    def ip(self, ip: IpAddress, *, with_site: bool = True) -> Steps:
        """Who owns the machine at the address, and where it stands.

        Args:
            with_site: say where it stands.
        """
        reply = yield WhoOwns(ip.value)
        entry = reply.object()["entry"]
        if entry is None:
            return Finding(ip, outcome=Outcome.NOTHING, reason="not in the asset list")
        return Finding(
            ip,
            reason=f"belongs to {entry['owner']}",
            facts=(Fact("asset_site", entry["site"]),) if with_site else (),
            links=(Link(ip, Relation.RELATED_TO, Account(entry["owner"]), ("/entry",)),),
            returned=1,
            available=1,
        )
