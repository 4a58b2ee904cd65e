"""What databases said of an address, as one answer: facts, a reason, and how old what was said is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from clew.entities import IpAddress, Outcome
from clew.entities.finding import Scalar
from clew.providers.geo.records import FACTS, Said, merged
from clew.providers.net.kinds import GLOBAL, kind_of

ALL_FACTS = (*FACTS, "network", "database_built")
#: MaxMind builds most databases twice a week, and addresses move.
OLD = timedelta(days=90)
# What a reason says of an anonymiser, the plainest first.
_ANONYMISERS = {
    "is_tor": "Tor exit",
    "is_residential_proxy": "residential proxy",
    "is_public_proxy": "public proxy",
    "is_anonymous_vpn": "anonymous VPN",
    "is_hosting_provider": "hosting",
    "is_anonymous": "anonymous",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that holds for each address about which the databases have the same records.

    Attributes:
        what: the reason, but for what is said of one address alone.
        remarks: what else there is to say: old databases, those that could not be asked.
        facts: all but the network.
    """

    outcome: Outcome
    what: str
    remarks: str
    facts: Mapping[str, Scalar]

    @classmethod
    def of(cls, said: Sequence[Said], troubles: Sequence[str], day: date) -> Answer:
        """The answer on a day; `troubles` are the reasons of databases that did not answer."""
        found = [each for each in said if each.facts is not None]
        ages = _ages(tuple((each.built, each.database) for each in said), day)
        remarks = "".join(f"; {remark}" for remark in (*troubles, *ages))
        if not found:
            return cls(Outcome.NOTHING, f"not in {', '.join(each.database for each in said)}", remarks, {})
        facts = merged(found)
        built = min(each.built for each in found)
        return cls(Outcome.FOUND, _summary(facts), remarks, facts | {"database_built": built})

    @classmethod
    def skipped(cls, reason: str) -> Answer:
        """No database could be asked."""
        return cls(Outcome.SKIPPED, reason, "", {})

    def reason_for(self, ip: IpAddress) -> str:
        """The reason for one of the addresses: what no database can know is told apart from what these do not."""
        return self.reason(self.kind_for(ip))

    def reason(self, kind: str) -> str:
        """The reason for addresses of a kind."""
        return f"{self.said(kind)}{self.remarks}"

    def said(self, kind: str) -> str:
        """The same without remarks."""
        return self.what if kind == GLOBAL else f"{self.what}: a {kind} address"

    def kind_for(self, ip: IpAddress) -> str:
        """The kind of an address, where that matters: where nothing is known of it."""
        return kind_of(ip.value) if self.outcome is Outcome.NOTHING else GLOBAL

    @property
    def returned(self) -> int:
        """One answer, or none."""
        return int(self.outcome is Outcome.FOUND)

    @property
    def available(self) -> int | None:
        """As many, where there is one."""
        return 1 if self.outcome is Outcome.FOUND else None


def is_old(built: str, day: date) -> bool:
    """Whether a database that was built on that day is too old to be relied on."""
    return day - date.fromisoformat(built) > OLD


@lru_cache(maxsize=256)  # many answers are of the same few databases
def _ages(told: tuple[tuple[str, str], ...], day: date) -> tuple[str, ...]:
    """What is said of old databases, of which the day and the name are given."""
    old = sorted((built, database) for built, database in told if is_old(built, day))
    if not old:
        return ()
    others = f" and {len(old) - 1} more databases are" if len(old) > 2 else " and another database are"
    built, name = old[0]
    return (f"{name} of {built}{others if len(old) > 1 else ' is'} more than {OLD.days} days old",)


def _summary(facts: Mapping[str, Scalar]) -> str:
    operator = next((facts[name] for name in ("as_organization", "isp", "organization") if name in facts), None)
    anonymiser = next((text for name, text in _ANONYMISERS.items() if facts.get(name) is True), None)
    parts = (facts.get("city"), facts.get("country"), operator, anonymiser)
    return ", ".join(str(part) for part in parts if part is not None) or "known, without a place"
