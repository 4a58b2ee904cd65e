"""MaxMind databases: where an address is, and whose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from clew.entities import Fact, Finding, IpAddress, Outcome
from clew.entities.finding import Scalar
from clew.errors import AskSkipped
from clew.providers.base import Ask, Channel, Provider, Reply, Steps, canonical_json, narrow_ask, operation
from clew.providers.channels import ChannelContext
from clew.providers.geo.bulk_lookup import columns
from clew.providers.geo.database_files import DatabaseSources
from clew.providers.geo.distance import great_circle
from clew.providers.geo.maxmind_replies import ParsedReply, build_document
from clew.providers.geo.place_answer import ALL_FACTS


@dataclass(frozen=True, slots=True)
class GeoLookup(Ask):
    """What do the databases know about an address?"""

    channel: ClassVar[str] = "geo"
    address: str

    def description(self) -> dict[str, Any]:
        return {"address": self.address}


def _columns(channels: Mapping[str, Channel], subjects: Sequence[IpAddress]) -> Mapping[str, Sequence[Scalar]]:
    channel = channels.get(GeoLookup.channel)
    if not isinstance(channel, GeoChannel):
        raise AskSkipped(f"there is no way to ask {MaxMind.title} here", kind="no-source")
    return channel.columns(subjects)


class MaxMind(Provider):
    """The MaxMind databases on this machine, set by `CLEW_GEOIP`."""

    name: ClassVar[str] = "maxmind"
    title: ClassVar[str] = "MaxMind database"
    docs: ClassVar[str] = "https://dev.maxmind.com/geoip/docs/databases/"

    @operation(calls=1, columns=_columns, facts=ALL_FACTS)
    def ip(self, ip: IpAddress) -> Steps:
        """Country, city, coordinates, network and operator of the address.

        All databases are asked. Where two speak of the same, the one that is made for it is believed, then Enterprise
        before City before Country; of two of a kind, the newer. The reason names databases that are older than 90 days.
        """
        reply = yield GeoLookup(ip.value)
        parsed_reply = ParsedReply.parse(reply.object(), reply.at)
        return Finding(
            ip,
            outcome=parsed_reply.answer.outcome,
            reason=parsed_reply.answer.reason_for(ip),
            facts=tuple(Fact(name, value) for name, value in parsed_reply.facts.items()),
            returned=parsed_reply.answer.returned_count,
            available=parsed_reply.answer.available_count,
        )

    @operation(calls=2, facts=("distance_km", "accuracy_radius_km", "other_accuracy_radius_km"), expands=False)
    def distance(self, ip: IpAddress, *, to: str | None = None) -> Steps:
        """How far the address is from another one, as the databases place them.

        It is the great circle on a sphere with the mean radius of WGS 84, 6371.0088 km. Each place may be off by the
        accuracy radius that its database gives.

        Args:
            to: the other address.

        Raises:
            EntityError: `to` is no address.
        """
        if to is None:
            raise AskSkipped("there is no other address", kind="no-source", next_step='distance(to="203.0.113.9")')
        other = IpAddress(to)
        first = yield GeoLookup(ip.value)
        second = yield GeoLookup(other.value)
        own_place, other_place = (
            _Place.of(address, ParsedReply.parse(reply.object(), reply.at))
            for address, reply in ((ip, first), (other, second))
        )
        failures = [place.description for place in (own_place, other_place) if place.coordinates is None]
        remarks = "".join(dict.fromkeys((own_place.remarks, other_place.remarks)))
        if own_place.coordinates is None or other_place.coordinates is None:
            return Finding(ip, outcome=Outcome.NOTHING, reason="; ".join(dict.fromkeys(failures)) + remarks)
        distance = round(great_circle(own_place.coordinates, other_place.coordinates), 1)
        values = {
            "distance_km": distance,
            "accuracy_radius_km": own_place.radius,
            "other_accuracy_radius_km": other_place.radius,
        }
        facts = tuple(Fact(name, value) for name, value in values.items() if value is not None)
        reason = f"{distance:,} km from {own_place.description} to {other_place.description}{remarks}"
        return Finding(ip, reason=reason, facts=facts, returned=1, available=1)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an address is, as degrees north and east; `description` names the place, or says why there is none."""

    coordinates: tuple[float, float] | None
    radius: Scalar
    description: str
    remarks: str

    @classmethod
    def of(cls, ip: IpAddress, reply: ParsedReply) -> _Place:
        facts, answer = reply.facts, reply.answer
        description = answer.summary_for(answer.kind_for(ip))
        north, east = facts.get("latitude"), facts.get("longitude")
        if not isinstance(north, float) or not isinstance(east, float):
            prefix = "it has no coordinates: " if answer.outcome is Outcome.FOUND else ""
            return cls(None, None, f"{ip.value}: {prefix}{description}", answer.remarks)
        radius = facts.get("accuracy_radius_km")
        accuracy = f"within {radius} km" if radius is not None else "no radius given"
        return cls((north, east), radius, f"{ip.value} ({description}; {accuracy})", answer.remarks)


@dataclass(frozen=True, slots=True)
class GeoChannel:
    """Answers from .mmdb files.

    Args:
        paths: files, and folders of files.
    """

    paths: tuple[Path, ...]

    def send(self, ask: Ask, provider: type[Provider]) -> Reply:
        """What each database says of the address, as JSON.

        Raises:
            AskSkipped: no database is set, or none could answer.
        """
        address = narrow_ask(ask, GeoLookup).address
        body = canonical_json(build_document(DatabaseSources.load(self.paths), address))
        return Reply(body.encode(), "application/json", datetime.now(UTC))

    def columns(self, subjects: Sequence[IpAddress]) -> Mapping[str, Sequence[Scalar]]:
        """What `MaxMind.ip` says about each address: its outcome, reason, counts and facts. Each record is read once.

        Raises:
            AskSkipped: no database is set.
        """
        return columns(DatabaseSources.load(self.paths), subjects, datetime.now(UTC).date())


def make_channel(context: ChannelContext) -> GeoChannel:
    """The channel `geo`."""
    return GeoChannel(context.resources.settings.geoip)
