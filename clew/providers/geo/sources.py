"""Which database files are asked: those of the setting, else the one that a package brought along."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from clew.errors import AskSkipped, MissingExtra
from clew.providers.geo.database import DAMAGE, Database, opened

# What the extra `geolite2` installs: GeoLite2-City as it was in July 2018, the last that may be given on freely.
_PACKAGE, _FILE = "_maxminddb_geolite2", "GeoLite2-City.mmdb"
_AGAIN = "check CLEW_GEOIP, download the database again"


@dataclass(frozen=True, slots=True)
class Sources:
    """The databases that can be asked, and why others cannot."""

    databases: tuple[Database, ...]
    troubles: tuple[AskSkipped, ...]

    @classmethod
    def of(cls, paths: Sequence[Path]) -> Sources:
        """Those of the setting.

        Raises:
            AskSkipped: there is no database, or maxminddb is not installed.
        """
        databases: list[Database] = []
        troubles: list[AskSkipped] = []
        for path in files(paths):
            try:
                databases.append(opened(path))
            except MissingExtra as error:
                raise AskSkipped(error.what, kind="no-source", next_step=error.next_step) from None
            except DAMAGE as error:
                troubles.append(unreadable(path.name, str(error).replace(str(path), path.name)))
        return cls(tuple(databases), tuple(troubles))


def files(paths: Sequence[Path]) -> list[Path]:
    """The files that a setting means, each once: of a folder all that end in `.mmdb`.

    Raises:
        AskSkipped: nothing is set, and nothing was brought along.
    """
    found: dict[Path, None] = {}
    for path in paths:
        inside = sorted(path.glob("*.mmdb")) if path.is_dir() else ()
        # A folder without any is no source: reading it says so.
        found |= dict.fromkeys(inside or (path,))
    if not paths and (brought := brought_along()) is not None:
        found[brought] = None
    if not found:
        raise AskSkipped(
            "there is no GeoIP database",
            kind="no-source",
            next_step="set CLEW_GEOIP to .mmdb files, or pip install 'clew[geolite2]'",
        )
    return [*found]


def brought_along() -> Path | None:
    """The database of the extra `geolite2`, where that is installed. The package itself is not run."""
    spec = find_spec(_PACKAGE)
    return Path(spec.origin).with_name(_FILE) if spec is not None and spec.origin is not None else None


def unreadable(name: str, why: str) -> AskSkipped:
    """A file that is not there, or damaged."""
    return AskSkipped(f"the GeoIP database {name} cannot be read: {why}", kind="no-source", next_step=_AGAIN)


def without_ipv6(name: str) -> AskSkipped:
    """A database of IPv4 addresses alone, asked about another."""
    return AskSkipped(
        f"the GeoIP database {name} holds no IPv6 addresses",
        kind="no-source",
        next_step="set CLEW_GEOIP to one that does",
    )


def all_of(troubles: Sequence[AskSkipped]) -> AskSkipped:
    """Several troubles as one: nobody could answer."""
    steps = dict.fromkeys(trouble.next_step for trouble in troubles)
    return AskSkipped("; ".join(each.what for each in troubles), kind="no-source", next_step=", or ".join(steps))
