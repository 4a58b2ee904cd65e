"""Which database files are asked: those of the setting, else the one that a package brought along."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from clew.errors import AskSkipped, MissingExtra
from clew.providers.geo.maxmind_database import DAMAGE_ERRORS, Database, open_database

# What the extra `geolite2` installs: GeoLite2-City as it was in July 2018, the last that may be given on freely.
_PACKAGE, _FILE = "_maxminddb_geolite2", "GeoLite2-City.mmdb"
_NEXT_STEP = "check CLEW_GEOIP, download the database again"


@dataclass(frozen=True, slots=True)
class DatabaseSources:
    """The databases that can be asked, and why others cannot."""

    databases: tuple[Database, ...]
    failures: tuple[AskSkipped, ...]

    @classmethod
    def load(cls, paths: Sequence[Path]) -> DatabaseSources:
        """Those of the setting.

        Raises:
            AskSkipped: there is no database, or maxminddb is not installed.
        """
        databases: list[Database] = []
        failures: list[AskSkipped] = []
        for path in database_files(paths):
            try:
                databases.append(open_database(path))
            except MissingExtra as error:
                raise AskSkipped(error.message, kind="no-source", next_step=error.next_step) from None
            except DAMAGE_ERRORS as error:
                failures.append(unreadable_error(path.name, str(error).replace(str(path), path.name)))
        return cls(tuple(databases), tuple(failures))


def database_files(paths: Sequence[Path]) -> list[Path]:
    """The files that a setting means, each once: of a folder all that end in `.mmdb`.

    Raises:
        AskSkipped: nothing is set, and nothing was brought along.
    """
    unique_files: dict[Path, None] = {}
    for path in paths:
        members = sorted(path.glob("*.mmdb")) if path.is_dir() else ()
        # A folder without any is no source: reading it says so.
        unique_files |= dict.fromkeys(members or (path,))
    if not paths and (bundled_file := bundled_database()) is not None:
        unique_files[bundled_file] = None
    if not unique_files:
        raise AskSkipped(
            "there is no GeoIP database",
            kind="no-source",
            next_step="set CLEW_GEOIP to .mmdb files, or pip install 'clew[geolite2]'",
        )
    return [*unique_files]


def bundled_database() -> Path | None:
    """The database of the extra `geolite2`, where that is installed. The package itself is not run."""
    spec = find_spec(_PACKAGE)
    return Path(spec.origin).with_name(_FILE) if spec is not None and spec.origin is not None else None


def unreadable_error(name: str, reason: str) -> AskSkipped:
    """A file that is not there, or damaged."""
    return AskSkipped(f"the GeoIP database {name} cannot be read: {reason}", kind="no-source", next_step=_NEXT_STEP)


def no_ipv6_error(name: str) -> AskSkipped:
    """A database of IPv4 addresses alone, asked about another."""
    return AskSkipped(
        f"the GeoIP database {name} holds no IPv6 addresses",
        kind="no-source",
        next_step="set CLEW_GEOIP to one that does",
    )


def combined_error(failures: Sequence[AskSkipped]) -> AskSkipped:
    """Several troubles as one: nobody could answer."""
    steps = dict.fromkeys(failure.next_step for failure in failures)
    return AskSkipped(
        "; ".join(failure.message for failure in failures), kind="no-source", next_step=", or ".join(steps)
    )
