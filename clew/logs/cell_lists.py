"""What lists and objects within events say, as one cell: pairs of names and values, places, names in ARNs, alerts."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, cast

from clew.entities.account import Account
from clew.entities.entity import Entity
from clew.entities.file import File
from clew.entities.process import Process
from clew.entities.url import Url
from clew.errors import EntityError
from clew.logs.alert_entities import role_entities
from clew.logs.cell_texts import request_url
from clew.logs.formats.json_codec import json_bytes, text_value

_CACHE = 65_536
_NAMES = ("Name", "name", "key", "Key", "displayName", "DisplayName")
_VALUES = ("Value", "value", "newValue", "NewValue", "boolValue", "intValue", "multiValue")
_PLACE = ("city", "state", "subdivision", "countryOrRegion", "country", "countryCode", "country_code")
_ARN = re.compile(r"arn:[a-z-]+:[a-z0-9-]*:[a-z0-9-]*:\d*:(.+)")
_ARN_TYPES = ("user/", "assumed-role/", "role/", "federated-user/")
_COMMAND = re.compile(r"COMMAND=(.+)")
#: Between the entities of an alert, and between what is told of each: no name of anything has them.
ENTITY_END, PART_END = "\n", "\t"


def _plain(value: Any) -> str:
    if isinstance(value, dict | list):
        return json_bytes(value).decode()
    return "" if value is None else str(value)


def pairs(value: Any) -> str | None:
    """Objects of a name and a value, as `name=value; name=value`; other objects as JSON."""
    document = text_value(value)
    items: list[Any] = cast("Any", document) if isinstance(document, list) else [document]
    return "; ".join(filter(None, map(_pair, items))) or None


def _pair(item: Any) -> str:
    if not isinstance(item, dict):
        return _plain(item)
    node = cast("dict[str, Any]", item)
    name = next((node[key] for key in _NAMES if node.get(key)), None)
    content = next((node[key] for key in _VALUES if node.get(key) is not None), None)
    return f"{name}={_plain(content)}" if name is not None and content is not None else _plain(node) if node else ""


def place(value: Any) -> str | None:
    """A place: city, part of the country, country; what one object says of it, or a text as it is."""
    document = text_value(value)
    if not isinstance(document, dict):
        return _plain(document).strip() or None
    node = cast("dict[str, Any]", document)
    words = [str(node[key]).strip() for key in _PLACE if isinstance(node.get(key), str) and node[key].strip()]
    return ", ".join(dict.fromkeys(words)) or None


def arn_name(value: Any) -> str | None:
    """Whom an ARN names: `alice` of `arn:aws:iam::123456789012:user/alice`; other text as it is."""
    text = _plain(value).strip()
    if (match := _ARN.fullmatch(text)) is None:
        return text or None
    name = match[1]
    return next((name.removeprefix(word) for word in _ARN_TYPES if name.startswith(word)), name)


def url(value: Any) -> str | None:
    """A URL, as `Url` spells it; other text as it is."""
    return _url(_plain(value).strip())


def full_url(value: Any) -> str | None:
    """The same of a text that has all of it; None for a path, a host or a request line without one."""
    target = request_url(_plain(value).strip())
    return _url(target) if target else None


@functools.lru_cache(_CACHE)
def _url(text: str) -> str | None:
    try:
        return Url(text).value if text else None
    except EntityError:
        return text


def sudo_command(value: Any) -> str | None:
    """The command line that sudo logs."""
    match = _COMMAND.search(_plain(value))
    return match[1].strip() or None if match else None


def alert_entities(value: Any) -> str | None:
    """The entities of an alert, one a line: host, kind and value, parted by tabs.

    An entity that does not say its host is put on the first one that the alert names.
    """
    document = text_value(value)
    if not isinstance(document, dict | list):
        return None
    lines = [*dict.fromkeys(_entity_lines(document))]
    hosts = [content for kind, content in lines if kind == "host"]
    first_host = hosts[0] if hosts else ""
    parts = [PART_END.join((content if kind == "host" else first_host, kind, content)) for kind, content in lines]
    return ENTITY_END.join(parts) or None


def _entity_lines(document: Any) -> Iterator[tuple[str, str]]:
    for result in role_entities(document):
        entity = result.entity
        if entity is None or isinstance(entity, Process):
            continue
        kind, content = _identifying_text(entity)
        yield kind, re.sub(r"[\t\n]", " ", content)


def _identifying_text(entity: Entity) -> tuple[str, str]:
    """What identifies an entity in one word, and which kind of word that is."""
    if isinstance(entity, File):
        names = ("sha256", "sha1", "md5", "path")
        return next((name, str(text)) for name in names if (text := getattr(entity, name)) is not None)
    if isinstance(entity, Account):
        return "account", entity.name or entity.upn or entity.value
    key = entity.key
    return key.kind, key.value


#: Functions of schemas, as those of `cell_values`.
LIST_FUNCTIONS: Mapping[str, Any] = MappingProxyType(
    {
        "pairs": pairs,
        "place": place,
        "arn_name": arn_name,
        "url": url,
        "full_url": full_url,
        "sudo_command": sudo_command,
        "alert_entities": alert_entities,
    }
)
