"""The way to MaxMind databases: what is asked of them, and what they answer, one address at a time or many at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from clew.entities import IpAddress
from clew.entities.finding import Scalar
from clew.providers.base import Ask, Provider, Reply, canonical_json, narrow_ask
from clew.providers.channels import ChannelContext
from clew.providers.geo.bulk_lookup import columns
from clew.providers.geo.database_files import DatabaseSources
from clew.providers.geo.maxmind_replies import build_document


@dataclass(frozen=True, slots=True)
class GeoLookup(Ask):
    """What do the databases know about an address?"""

    channel: ClassVar[str] = "geo"
    address: str

    def description(self) -> dict[str, Any]:
        return {"address": self.address}


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
