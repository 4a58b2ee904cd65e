"""MaxMind databases: where an address is, and whose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from clew.entities import Fact, Finding, IpAddress, Outcome
from clew.entities.finding import Scalar
from clew.errors import AskSkipped
from clew.providers.base import Channel, Provider, Steps, operation
from clew.providers.geo.distance import great_circle
from clew.providers.geo.geo_channel import GeoChannel, GeoLookup
from clew.providers.geo.maxmind_replies import ParsedReply
from clew.providers.geo.place_answer import ALL_FACTS
from clew.providers.geo.placed_address import PlacedAddress
from clew.providers.runner import no_channel_error


def _columns(channels: Mapping[str, Channel], subjects: Sequence[IpAddress]) -> Mapping[str, Sequence[Scalar]]:
    channel = channels.get(GeoLookup.channel)
    if not isinstance(channel, GeoChannel):
        raise no_channel_error(MaxMind)
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
            PlacedAddress.of(address, ParsedReply.parse(reply.object(), reply.at))
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
