"""What databases said of an address, as one answer: facts, a reason, and how old what was said is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from clew.entities import IpAddress, Outcome
from clew.entities.finding import Scalar
from clew.providers.geo.maxmind_records import FACTS, DatabaseAnswer, merge_answers
from clew.transforms.address_kinds import GLOBAL_KIND, kind_of

ALL_FACTS = (*FACTS, "network", "database_built")
#: MaxMind builds most databases twice a week, and addresses move.
MAX_AGE = timedelta(days=90)
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
class GeoAnswer:
    """An answer that holds for each address about which the databases have the same records.

    Attributes:
        summary: the reason, but for what is said of one address alone.
        remarks: what else there is to say: old databases, those that could not be asked.
        facts: all but the network.
    """

    outcome: Outcome
    summary: str
    remarks: str
    facts: Mapping[str, Scalar]

    @classmethod
    def of(cls, answers: Sequence[DatabaseAnswer], failures: Sequence[str], day: date) -> GeoAnswer:
        """The answer on a day; `failures` are the reasons of databases that did not answer."""
        hits = [answer for answer in answers if answer.facts is not None]
        ages = _age_remarks(tuple((answer.build_day, answer.database) for answer in answers), day)
        remarks = "".join(f"; {remark}" for remark in (*failures, *ages))
        if not hits:
            return cls(Outcome.NOTHING, f"not in {', '.join(answer.database for answer in answers)}", remarks, {})
        facts = merge_answers(hits)
        build_day = min(answer.build_day for answer in hits)
        return cls(Outcome.FOUND, _summary(facts), remarks, facts | {"database_built": build_day})

    @classmethod
    def skipped_answer(cls, reason: str) -> GeoAnswer:
        """No database could be asked."""
        return cls(Outcome.SKIPPED, reason, "", {})

    def reason_for(self, ip: IpAddress) -> str:
        """The reason for one of the addresses: what no database can know is told apart from what these do not."""
        return self.reason(self.kind_for(ip))

    def reason(self, kind: str) -> str:
        """The reason for addresses of a kind."""
        return f"{self.summary_for(kind)}{self.remarks}"

    def summary_for(self, kind: str) -> str:
        """The same without remarks."""
        return self.summary if kind == GLOBAL_KIND else f"{self.summary}: a {kind} address"

    def kind_for(self, ip: IpAddress) -> str:
        """The kind of an address, where that matters: where nothing is known of it."""
        return kind_of(ip.value) if self.outcome is Outcome.NOTHING else GLOBAL_KIND

    @property
    def returned_count(self) -> int:
        """One answer, or none."""
        return int(self.outcome is Outcome.FOUND)

    @property
    def available_count(self) -> int | None:
        """As many, where there is one."""
        return 1 if self.outcome is Outcome.FOUND else None


def is_old(build_day: str, day: date) -> bool:
    """Whether a database that was built on that day is too old to be relied on."""
    return day - date.fromisoformat(build_day) > MAX_AGE


@lru_cache(maxsize=256)  # many answers are of the same few databases
def _age_remarks(databases: tuple[tuple[str, str], ...], day: date) -> tuple[str, ...]:
    """What is said of old databases, of which the day and the name are given."""
    old = sorted((build_day, database) for build_day, database in databases if is_old(build_day, day))
    if not old:
        return ()
    others_text = f" and {len(old) - 1} more databases are" if len(old) > 2 else " and another database are"
    build_day, name = old[0]
    return (f"{name} of {build_day}{others_text if len(old) > 1 else ' is'} more than {MAX_AGE.days} days old",)


def _summary(facts: Mapping[str, Scalar]) -> str:
    operator = next((facts[name] for name in ("as_organization", "isp", "organization") if name in facts), None)
    anonymiser = next((text for name, text in _ANONYMISERS.items() if facts.get(name) is True), None)
    parts = (facts.get("city"), facts.get("country"), operator, anonymiser)
    return ", ".join(str(part) for part in parts if part is not None) or "known, without a place"
