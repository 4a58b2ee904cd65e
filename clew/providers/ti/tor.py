"""Tor: the addresses from which its exits reached the outside within the last two days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import ClassVar, NamedTuple

from clew.entities import Finding, IpAddress, Severity, Verdict
from clew.entities.finding import Scalar
from clew.entities.tlp import Tlp
from clew.errors import AskFailed
from clew.providers.base import Provider, Quota, Reply, Steps, operation
from clew.providers.fact_text import join_texts
from clew.providers.findings import found, nothing
from clew.providers.json_reply import JsonObject
from clew.providers.url_quoting import percent_encode
from clew.providers.web import HttpRequest

_URL = "https://check.torproject.org/exit-addresses"


class TorExits(Provider):
    """The list of Tor exits. It is fetched whole, so that the Tor project is not told about whom you ask."""

    name: ClassVar[str] = "tor"
    title: ClassVar[str] = "Tor exit list"
    docs: ClassVar[str] = "https://metrics.torproject.org/collector.html#exit-lists"
    leaves: ClassVar[bool] = True
    #: No value is in the request.
    tlp: ClassVar[Tlp] = Tlp.AMBER_STRICT
    #: Tests are published by the hour. All addresses have the same request, and so the same kept reply.
    lifetime: ClassVar[timedelta] = timedelta(hours=1)
    lifetime_nothing: ClassVar[timedelta] = timedelta(hours=1)
    #: The Tor project names no figure: more is of no use.
    quotas: ClassVar[tuple[Quota, ...]] = (Quota(10, timedelta(minutes=1)),)

    @operation(calls=1, facts=("is_tor", "tor_relay"))
    def ip(self, ip: IpAddress) -> Steps:
        """Whether the address was a Tor exit within the last two days."""
        reply = yield HttpRequest("GET", _URL)
        exits = [*_exits(reply)]
        return _finding(ip, [node for node in exits if node.address == ip.value], len(exits))


class _Exit(NamedTuple):
    address: str
    relay: str
    seen_at: datetime | None


def _exits(reply: Reply) -> Iterator[_Exit]:
    """What the list says. Raises AskFailed for what is no such list, or the beginning of one."""
    text = reply.body.decode("ascii", "replace")
    if "ExitAddress " not in text or not text.endswith("\n"):
        raise AskFailed("the reply is no list of Tor exits, or is cut off", kind="reply")
    relay = ""
    for line in text.splitlines():
        keyword, _, value = line.partition(" ")
        if keyword == "ExitNode":
            relay = value.strip()
        elif keyword == "ExitAddress":
            address, _, seen_text = value.partition(" ")
            yield _Exit(address, relay, JsonObject({"seen": seen_text}).moment("seen"))


def _finding(ip: IpAddress, exits: list[_Exit], total: int) -> Finding:
    reference = f"https://metrics.torproject.org/rs.html#search/{percent_encode(ip.value)}"
    if not exits:
        facts: dict[str, Scalar] = {"is_tor": False}
        return nothing(ip, f"not among the {total} exit addresses of Tor", reference=reference, facts=facts)
    return found(
        ip,
        "a Tor exit: whoever comes from there is hidden",
        # That somebody hides is no attack.
        verdict=Verdict.SUSPICIOUS,
        severity=Severity.LOW,
        reference=reference,
        facts={"is_tor": True, "tor_relay": join_texts(node.relay for node in exits)},
        observed_last=max((node.seen_at for node in exits if node.seen_at), default=None),
    )
