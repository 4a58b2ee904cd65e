"""MaxMind databases: where an address is, and whose."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Any, ClassVar, cast

from clew.entities import Fact, Finding, IpAddress, Outcome
from clew.entities.finding import Scalar
from clew.errors import AskSkipped, MissingExtra
from clew.providers.base import Ask, Provider, Reply, Steps, canonical_json, expected, operation

# Where a fact stands in the records of City, Country, ASN, ISP, Enterprise and Anonymous-IP databases.
_FACTS: dict[str, tuple[str, ...]] = {
    "country_code": ("country", "iso_code"),
    "country": ("country", "names", "en"),
    "city": ("city", "names", "en"),
    "latitude": ("location", "latitude"),
    "longitude": ("location", "longitude"),
    "accuracy_radius_km": ("location", "accuracy_radius"),
    "asn": ("autonomous_system_number",),
    "as_organization": ("autonomous_system_organization",),
    "isp": ("isp",),
    "is_anonymous": ("is_anonymous",),
    "is_tor": ("is_tor_exit_node",),
}


@dataclass(frozen=True, slots=True)
class GeoLookup(Ask):
    """What does the database know about an address?"""

    channel: ClassVar[str] = "geo"
    address: str

    def described(self) -> dict[str, Any]:
        return {"address": self.address}


class MaxMind(Provider):
    """A MaxMind database on this machine, set by `CLEW_GEOIP`."""

    name: ClassVar[str] = "maxmind"
    title: ClassVar[str] = "MaxMind database"
    docs: ClassVar[str] = "https://dev.maxmind.com/geoip/docs/databases/"

    @operation(calls=1)
    def ip(self, ip: IpAddress) -> Steps:
        """Country, city, coordinates, network and operator of the address."""
        reply = yield GeoLookup(ip.value)
        document = reply.object()
        record = document["record"]
        if record is None:
            return Finding(ip, outcome=Outcome.NOTHING, reason=f"not in {document['database']}")
        found = {name: _at(record, path) for name, path in _FACTS.items()}
        facts = {name: value for name, value in found.items() if value is not None}
        network = {"network": document["network"], "database_built": document["built"]}
        place = [str(facts[name]) for name in ("city", "country", "as_organization") if name in facts]
        return Finding(
            ip,
            reason=", ".join(place) or "known, without a place",
            facts=tuple(Fact(name, value) for name, value in (facts | network).items()),
            returned=1,
            available=1,
        )


def _at(record: object, path: tuple[str, ...]) -> Scalar:
    for name in path:
        record = cast("dict[str, object]", record).get(name) if isinstance(record, dict) else None
    return record if isinstance(record, str | int | float | bool) else None


@dataclass(frozen=True, slots=True)
class GeoChannel:
    """Answers from one .mmdb file, read by the pure-Python reader: a damaged file must not end the process."""

    database: Path | None

    def send(self, ask: Ask, provider: type[Provider]) -> Reply:
        """The record of the address, its network and the age of the database, as JSON.

        Raises:
            AskSkipped: no database is set, or it cannot be read.
        """
        lookup = expected(ask, GeoLookup)
        if self.database is None:
            raise AskSkipped("there is no GeoIP database", kind="no-source", next_step="set CLEW_GEOIP to a .mmdb file")
        try:
            record, network, built = _look_up(DatabaseFile.of(self.database), lookup.address)
            found = {"database": self.database.name, "built": built, "network": network, "record": record}
            body = canonical_json(found)
        except MissingExtra as error:
            raise AskSkipped(error.what, kind="no-source", next_step=error.next_step) from None
        except (OSError, ValueError, TypeError, LookupError, AttributeError, RuntimeError, ArithmeticError) as error:
            # A damaged file fails in any of these ways inside the reader, whose own error is a RuntimeError.
            raise AskSkipped(f"the GeoIP database {self.database.name} cannot be read: {error}", kind="no-source",
                             next_step="check CLEW_GEOIP, download the database again") from None  # fmt: skip
        return Reply(body.encode(), "application/json", datetime.now(UTC))


@dataclass(frozen=True, slots=True)
class DatabaseFile:
    """A database as it is now: a changed file is another one."""

    path: Path
    changed: int

    @classmethod
    def of(cls, path: Path) -> DatabaseFile:
        """The file at a path. Raises OSError."""
        return cls(path, path.stat().st_mtime_ns)


def _look_up(file: DatabaseFile, address: str) -> tuple[Any, str, str]:
    reader = _open(file)
    if ":" in address and reader.metadata().ip_version == 4:
        raise AskSkipped(f"the GeoIP database {file.path.name} holds no IPv6 addresses", kind="no-source",
                         next_step="set CLEW_GEOIP to one that does")  # fmt: skip
    record, prefix = reader.get_with_prefix_len(address)
    built = datetime.fromtimestamp(reader.metadata().build_epoch, UTC).date().isoformat()
    # Through JSON and back, so that what is kept is what was judged.
    return json.loads(json.dumps(record)), str(ip_network(f"{address}/{prefix}", strict=False)), built


@functools.lru_cache(maxsize=4)
def _open(file: DatabaseFile) -> Any:
    try:
        from maxminddb import MODE_MEMORY, InvalidDatabaseError
        from maxminddb.reader import Reader
    except ImportError:
        raise MissingExtra("maxminddb", extra="geo", purpose="locating addresses") from None
    try:
        return Reader(file.path, MODE_MEMORY)
    except InvalidDatabaseError as error:
        raise ValueError(str(error)) from None
