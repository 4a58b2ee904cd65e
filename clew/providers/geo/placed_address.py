"""Where the databases place an address, in degrees and in words."""

from __future__ import annotations

from dataclasses import dataclass

from clew.entities import IpAddress, Outcome
from clew.entities.finding import Scalar
from clew.providers.geo.maxmind_replies import ParsedReply


@dataclass(frozen=True, slots=True)
class PlacedAddress:
    """Where an address is, as degrees north and east; `description` names the place, or says why there is none."""

    coordinates: tuple[float, float] | None
    radius: Scalar
    description: str
    remarks: str

    @classmethod
    def of(cls, ip: IpAddress, reply: ParsedReply) -> PlacedAddress:
        """Read it out of what the databases say of the address."""
        facts, answer = reply.facts, reply.answer
        description = answer.summary_for(answer.kind_for(ip))
        north, east = facts.get("latitude"), facts.get("longitude")
        if not isinstance(north, float) or not isinstance(east, float):
            prefix = "it has no coordinates: " if answer.outcome is Outcome.FOUND else ""
            return cls(None, None, f"{ip.value}: {prefix}{description}", answer.remarks)
        radius = facts.get("accuracy_radius_km")
        accuracy = f"within {radius} km" if radius is not None else "no radius given"
        return cls((north, east), radius, f"{ip.value} ({description}; {accuracy})", answer.remarks)
