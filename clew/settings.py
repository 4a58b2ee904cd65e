"""One frozen Settings: the environment and one TOML file. It holds the names of secrets, never secrets."""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, cast

from platformdirs import user_cache_path, user_config_path, user_data_path

from clew.errors import SettingsError

PREFIX = "CLEW_"
# How a variable that holds several values parts them: paths as PATH does, names as people write them.
_PATHS = re.compile(re.escape(os.pathsep))
_PARTS = {"feeds": _PATHS, "warninglists": _PATHS, "own_domains": re.compile(r"[\s,;:]+")}

_SIZE = re.compile(r"\s*(\d{1,15})\s*(|[KMGT]iB)\s*", re.IGNORECASE)
_UNITS = {"": 1, "kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40}


@dataclass(frozen=True, slots=True)
class Settings:
    """What an analyst can set. Each field is `CLEW_<FIELD>` in the environment and `<field>` in the TOML file.

    Attributes:
        feeds: files of indicators that are asked as they are; a list, in the environment separated as PATH is.
        geoip: a MaxMind database (.mmdb).
        offline: nothing leaves the machine.
        allow_active: providers that touch the suspect's own infrastructure (DNS, a page) may be asked.
        own_domains: names whose hosts and addresses are ours: they are never sent to anybody.
        analyst: who is recorded as having done a step.
        cache: where indexed logs, replies of services and the counts of their calls are kept.
        reply_limit: the largest raw reply that a case keeps; bytes, or a text such as `64 MiB`.
        case_limit: how large a case may be for more raw replies to be kept in it; written in the same way.
        keys: a TOML file of keys by their names, which nobody but its owner can read.
        deadline: how long one call to a service may take in all, in seconds: waits and further attempts included.
        reply_cache: how much of what services reply is kept while it is good; written in the same way, 0 for none.
        feeds_store: the folder in which `clew feeds` keeps what it has read.
        warninglists: files and folders of warning lists, which name what is often benign; a list as `feeds` is.
    """

    feeds: tuple[Path, ...] = ()
    geoip: Path | None = None
    offline: bool = False
    allow_active: bool = False
    own_domains: tuple[str, ...] = ()
    analyst: str = "analyst"
    cache: Path = Path()
    reply_limit: int = 64 * 2**20
    case_limit: int = 4 * 2**30
    keys: Path | None = None
    deadline: float = 30.0
    reply_cache: int = 256 * 2**20
    feeds_store: Path | None = None
    warninglists: tuple[Path, ...] = ()

    @classmethod
    def load(cls, file: Path | None = None) -> Settings:
        """From the TOML file (`CLEW_CONFIG`, else the user's configuration folder), then the environment.

        Raises:
            SettingsError: an unreadable file, an unknown name, or a value of the wrong kind.
        """
        named = file or (Path(os.environ[f"{PREFIX}CONFIG"]) if f"{PREFIX}CONFIG" in os.environ else None)
        given = _from_file(named or user_config_path("clew") / "config.toml", required=named is not None)
        given |= _from_environment()
        given.setdefault("cache", user_cache_path("clew"))
        given.setdefault("feeds_store", user_data_path("clew") / "feeds")
        given.setdefault("analyst", os.environ.get("USER") or "analyst")
        return cls(**given)


def _from_file(path: Path, *, required: bool) -> dict[str, Any]:
    if not path.exists() and not required:
        return {}
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"the settings cannot be read: {error}", where=str(path)) from None
    known = {field.name for field in fields(Settings)}
    for name in content:
        if name not in known:
            raise SettingsError(f"there is no setting {name!r}", where=str(path),
                                next_step=f"known are {', '.join(sorted(known))}")  # fmt: skip
    return {name: _typed(name, value, str(path)) for name, value in content.items()}


def _from_environment() -> dict[str, Any]:
    given: dict[str, Any] = {}
    for field in fields(Settings):
        variable = PREFIX + field.name.upper()
        text = os.environ.get(variable)
        if text:
            parts = _PARTS.get(field.name)
            parted = [part for part in parts.split(text) if part] if parts else text
            given[field.name] = _typed(field.name, parted, variable)
    return given


def _typed(name: str, value: object, where: str) -> object:
    """`value` as the type of the setting `name`."""
    try:
        match name, value:
            case (("feeds" | "warninglists"), list()):
                return tuple(Path(item).expanduser() for item in _texts(cast("object", value)))
            case "own_domains", list():
                return tuple(item.lower() for item in _texts(cast("object", value)))
            case (("geoip" | "cache" | "feeds_store" | "keys"), str()):
                return Path(value).expanduser()
            case "analyst", str():
                return value
            case (("reply_limit" | "case_limit" | "reply_cache"), int() | str()) if not isinstance(value, bool):
                return _size(value)
            case "deadline", int() | float() | str() if not isinstance(value, bool):
                return _seconds(value)
            case (("offline" | "allow_active"), bool()):
                return value
            case (("offline" | "allow_active"), str()) if value.lower() in ("0", "1", "true", "false", "yes", "no"):
                return value.lower() in ("1", "true", "yes")
            case _:
                raise TypeError
    except TypeError:
        raise SettingsError(f"{name!r} cannot be {value!r}", where=where) from None


def _size(value: int | str) -> int:
    """Bytes, of a number or of a text with its unit. Raises TypeError for anything else."""
    found = _SIZE.fullmatch(str(value))
    if found is None:
        raise TypeError
    return int(found[1]) * _UNITS[found[2].lower()]


def _seconds(value: float | str) -> float:
    """Seconds, above 0 and at most an hour. Raises TypeError for anything else."""
    try:
        seconds = float(value)
    except ValueError:
        raise TypeError from None
    if not 0 < seconds <= 3600:
        raise TypeError
    return seconds


def _texts(value: object) -> list[str]:
    items = cast("list[object]", value)
    if not all(isinstance(item, str) for item in items):
        raise TypeError
    return cast("list[str]", items)
