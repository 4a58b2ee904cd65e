"""One frozen Settings: the environment and one TOML file. It holds the names of secrets, never secrets."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

from platformdirs import user_cache_path, user_config_path, user_data_path

from clew.errors import SettingsError

PREFIX = "CLEW_"
# How a variable that holds several values parts them: paths as PATH does, names as people write them.
_PATHS = re.compile(re.escape(os.pathsep))
_SEPARATORS = {
    "feeds": _PATHS,
    "geoip": _PATHS,
    "warninglists": _PATHS,
    "resolvers": re.compile(r"[\s,;]+"),
    **dict.fromkeys(("own_domains", "providers", "disabled_providers", "weights", "quotas"), re.compile(r"[\s,;:]+")),
}

_SIZE = re.compile(r"\s*(\d{1,15})\s*(|[KMGT]iB)\s*", re.IGNORECASE)
_CALLS = re.compile(r"\s*([1-9]\d{0,8})\s*/\s*([a-z]+)\s*", re.IGNORECASE)
#: The times that calls are counted in, by their names.
SPANS = {
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=30),
    "year": timedelta(days=365),
}
# What a value has to look like, where that is not plain.
_FORMS = {
    "quotas": f"write calls in a time as 1000/minute+30000/day, or none; times are {', '.join(SPANS)}",
    "weights": "write a number from 0 to 1000 for each source, as otx=0.5",
}
_UNITS = {"": 1, "kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40}


@dataclass(frozen=True, slots=True)
class Settings:
    """What an analyst can set. Each field is `CLEW_<FIELD>` in the environment and `<field>` in the TOML file.

    Attributes:
        feeds: files of indicators that are asked as they are; a list, in the environment separated as PATH is.
        geoip: MaxMind databases (.mmdb), and folders of them; a list as `feeds` is, or one path.
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
        log_cache: how much of logs that were read is kept; written in the same way.
        feeds_store: the folder in which `clew feeds` keeps what it has read.
        providers: the sources, by name, that look-ups ask besides those on this machine and those whose key is set.
        disabled_providers: sources that are never asked.
        agree: how many sources have to say malicious for something to be, by their weights.
        weights: how much the word of a source counts, where that is not 1: a table, or `otx=0.5,feed=2`.
        quotas: what sources allow your keys, where it is more or less than they allow everybody: a table, or
            `virustotal=1000/minute+30000/day,otx=none`.
        warninglists: files and folders of warning lists, which name what is often benign; a list as `feeds` is.
        resolvers: addresses of DNS resolvers, with a port if it is not 53; those of this machine, if none is given.
    """

    feeds: tuple[Path, ...] = ()
    geoip: tuple[Path, ...] = ()
    offline: bool = False
    allow_active: bool = False
    own_domains: tuple[str, ...] = ()
    analyst: str = "analyst"
    cache: Path = field(default_factory=lambda: user_cache_path("clew"))
    reply_limit: int = 64 * 2**20
    case_limit: int = 4 * 2**30
    keys: Path | None = None
    deadline: float = 30.0
    reply_cache: int = 256 * 2**20
    log_cache: int = 50 * 2**30
    feeds_store: Path | None = None
    warninglists: tuple[Path, ...] = ()
    resolvers: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    disabled_providers: tuple[str, ...] = ()
    agree: float = 1.0
    weights: Mapping[str, float] = field(default_factory=dict[str, float])
    quotas: Mapping[str, tuple[tuple[int, timedelta], ...]] = field(
        default_factory=dict[str, tuple[tuple[int, timedelta], ...]]
    )

    @classmethod
    def load(cls, file: Path | None = None) -> Settings:
        """From the TOML file (`CLEW_CONFIG`, else the user's configuration folder), then the environment.

        Raises:
            SettingsError: an unreadable file, an unknown name, or a value of the wrong kind.
        """
        path = file or (Path(os.environ[f"{PREFIX}CONFIG"]) if f"{PREFIX}CONFIG" in os.environ else None)
        values = _from_file(path or user_config_path("clew") / "config.toml", must_exist=path is not None)
        values |= _from_environment()
        values.setdefault("feeds_store", user_data_path("clew") / "feeds")
        values.setdefault("analyst", os.environ.get("USER") or "analyst")
        return cls(**values)


def _from_file(path: Path, *, must_exist: bool) -> dict[str, Any]:
    if not path.exists() and not must_exist:
        return {}
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"the settings cannot be read: {error}", location=str(path)) from None
    names = {setting.name for setting in fields(Settings)}
    for name in content:
        if name not in names:
            raise SettingsError(
                f"there is no setting {name!r}", location=str(path), next_step=f"known are {', '.join(sorted(names))}"
            )
    return {name: _convert(name, value, str(path)) for name, value in content.items()}


def _from_environment() -> dict[str, Any]:
    values: dict[str, Any] = {}
    for setting in fields(Settings):
        variable = PREFIX + setting.name.upper()
        text = os.environ.get(variable)
        if text:
            separator = _SEPARATORS.get(setting.name)
            value = [item for item in separator.split(text) if item] if separator else text
            values[setting.name] = _convert(setting.name, value, variable)
    return values


def _convert(name: str, value: object, location: str) -> object:
    """`value` as the type of the setting `name`."""
    try:
        return _READERS[name](value)
    except (LookupError, TypeError, ValueError):
        raise SettingsError(
            f"{name!r} cannot be {value!r}", location=location, next_step=_FORMS.get(name, "")
        ) from None


# Each reads a value of the file or the environment, and raises LookupError, TypeError or ValueError for what it is not.


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _path(value: object) -> Path:
    return Path(_text(value)).expanduser()


def _texts(value: object) -> list[str]:
    if not isinstance(value, list):
        raise TypeError
    return [_text(item) for item in cast("list[object]", value)]


def _paths(value: object) -> tuple[Path, ...]:
    return tuple(map(_path, _texts(value)))


def _path_or_paths(value: object) -> tuple[Path, ...]:
    return (_path(value),) if isinstance(value, str) else _paths(value)


def _names(value: object) -> tuple[str, ...]:
    return tuple(item.lower() for item in _texts(value))


def _switch(value: object) -> bool:
    if isinstance(value, bool):
        return value
    return {"0": False, "no": False, "false": False, "1": True, "yes": True, "true": True}[_text(value).lower()]


def _size(value: object) -> int:
    """Bytes, of a number or of a text with its unit."""
    match = None if isinstance(value, bool) or not isinstance(value, int | str) else _SIZE.fullmatch(str(value))
    if match is None:
        raise TypeError
    return int(match[1]) * _UNITS[match[2].lower()]


def _number(value: object, maximum: float) -> float:
    """A number from 0 on."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError
    number = float(value)
    if not 0 <= number <= maximum:
        raise ValueError
    return number


def _positive(value: object) -> float:
    """A number above 0, and at most an hour of seconds."""
    number = _number(value, 3600)
    if number == 0:
        raise ValueError
    return number


def _weights(value: object) -> dict[str, float]:
    """Numbers by name, of a table or of texts such as `otx=0.5`."""
    return {name.lower(): _number(weight, 1000) for name, weight in _table(value).items()}


def _quotas(value: object) -> dict[str, tuple[tuple[int, timedelta], ...]]:
    """Calls and the time in which they are allowed by name, of a table or of texts such as `otx=9/minute+99/day`."""
    return {name.lower(): _windows(_text(windows)) for name, windows in _table(value).items()}


def _windows(text: str) -> tuple[tuple[int, timedelta], ...]:
    if text.strip().lower() == "none":
        return ()
    windows: list[tuple[int, timedelta]] = []
    for part in text.split("+"):
        match = _CALLS.fullmatch(part)
        if match is None:
            raise ValueError
        windows.append((int(match[1]), SPANS[match[2].lower()]))
    return tuple(windows)


def _table(value: object) -> dict[str, object]:
    """A table, or one of texts such as `otx=0.5`."""
    return cast("dict[str, object]", value) if isinstance(value, dict) else dict(map(_pair, _texts(value)))


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name, value


_READERS: Mapping[str, Callable[[object], object]] = {
    "feeds": _paths,
    "geoip": _path_or_paths,
    "offline": _switch,
    "allow_active": _switch,
    "own_domains": _names,
    "analyst": _text,
    "cache": _path,
    "reply_limit": _size,
    "case_limit": _size,
    "keys": _path,
    "deadline": _positive,
    "reply_cache": _size,
    "log_cache": _size,
    "feeds_store": _path,
    "warninglists": _paths,
    "providers": _names,
    "resolvers": _names,
    "disabled_providers": _names,
    "agree": _positive,
    "weights": _weights,
    "quotas": _quotas,
}
