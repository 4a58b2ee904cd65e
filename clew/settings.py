"""One frozen Settings: the environment and one TOML file. It holds the names of secrets, never secrets."""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, cast

from platformdirs import user_cache_path, user_config_path

from clew.errors import SettingsError

PREFIX = "CLEW_"
# How a variable that holds several values parts them: paths as PATH does, names as people write them.
_PARTS = {"feeds": re.compile(re.escape(os.pathsep)), "own_domains": re.compile(r"[\s,;:]+")}

_SIZE = re.compile(r"\s*(\d{1,15})\s*(|[KMGT]iB)\s*", re.IGNORECASE)
_UNITS = {"": 1, "kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40}


@dataclass(frozen=True, slots=True)
class Settings:
    """What an analyst can set. Each field is `CLEW_<FIELD>` in the environment and `<field>` in the TOML file.

    Attributes:
        feeds: local indicator feeds (CSV files); a list, in the environment separated as PATH is.
        geoip: a MaxMind database (.mmdb).
        offline: nothing leaves the machine.
        own_domains: names whose hosts and addresses are ours: they are never sent to anybody.
        analyst: who is recorded as having done a step.
        cache: where unpacked and indexed logs are kept.
        reply_limit: the largest raw reply that a case keeps; bytes, or a text such as `64 MiB`.
        case_limit: how large a case may be for more raw replies to be kept in it; written in the same way.
    """

    feeds: tuple[Path, ...] = ()
    geoip: Path | None = None
    offline: bool = False
    own_domains: tuple[str, ...] = ()
    analyst: str = "analyst"
    cache: Path = Path()
    reply_limit: int = 64 * 2**20
    case_limit: int = 4 * 2**30

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
            case "feeds", list():
                return tuple(Path(item).expanduser() for item in _texts(cast("object", value)))
            case "own_domains", list():
                return tuple(item.lower() for item in _texts(cast("object", value)))
            case (("geoip" | "cache"), str()):
                return Path(value).expanduser()
            case "analyst", str():
                return value
            case (("reply_limit" | "case_limit"), int() | str()) if not isinstance(value, bool):
                return _size(value)
            case "offline", bool():
                return value
            case "offline", str() if value.lower() in ("0", "1", "true", "false", "yes", "no"):
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


def _texts(value: object) -> list[str]:
    items = cast("list[object]", value)
    if not all(isinstance(item, str) for item in items):
        raise TypeError
    return cast("list[str]", items)
