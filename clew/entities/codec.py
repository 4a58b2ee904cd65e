"""Entities to and from plain JSON values. The one list of what entities there are."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Annotated, Any, cast

from pydantic import PlainSerializer, PlainValidator

from clew.entities.account import Account
from clew.entities.alert import Alert
from clew.entities.attack_technique import AttackTechnique
from clew.entities.autonomous_system import AutonomousSystem
from clew.entities.certificate import Certificate
from clew.entities.checked_text import stamp
from clew.entities.domain import Domain
from clew.entities.entity import Entity
from clew.entities.file import File
from clew.entities.host import Host
from clew.entities.incident import Incident
from clew.entities.ip_address import IpAddress
from clew.entities.key import Key
from clew.entities.process import Process
from clew.entities.url import Url
from clew.entities.vulnerability import Vulnerability
from clew.errors import EntityError

ENTITY_TYPES: Mapping[str, type[Entity]] = MappingProxyType(
    {
        cls.kind: cls
        for cls in (
            Account,
            Alert,
            AttackTechnique,
            AutonomousSystem,
            Certificate,
            Domain,
            File,
            Host,
            Incident,
            IpAddress,
            Process,
            Url,
            Vulnerability,
        )
    }
)
_BY_NAME: Mapping[str, type[Entity]] = MappingProxyType(
    {**ENTITY_TYPES, **{cls.__name__.lower(): cls for cls in ENTITY_TYPES.values()}}
)


def entity_type(name: str) -> type[Entity]:
    """The entity class of that kind or class name, in any case.

    >>> entity_type("IpAddress") is entity_type("ip")
    True

    Raises:
        EntityError: there is no such entity; says which there are.
    """
    entity_class = _BY_NAME.get(name.lower())
    if entity_class is not None:
        return entity_class
    names = ", ".join(cls.__name__ for cls in ENTITY_TYPES.values())
    raise EntityError(f"there is no entity {name!r}", next_step=f"choose one of {names}")


def dump(entity: Entity) -> dict[str, Any]:
    """Plain JSON values: `kind` and the fields that are set.

    >>> dump(IpAddress("198.51.100.7"))
    {'kind': 'ip', 'value': '198.51.100.7'}
    """
    fields = {
        name: stamp(value) if isinstance(value, datetime) else value for name, value in entity.filled_fields().items()
    }
    return {"kind": entity.kind, **fields}


def load(data: Any) -> Entity:
    """The entity that `dump` wrote. `load(dump(x)) == x`, field by field.

    Raises:
        EntityError: not such a mapping, or an unknown kind.
    """
    if isinstance(data, Entity):
        return data
    if not isinstance(data, dict):
        raise EntityError(f"an entity is written as a mapping, not as {type(data).__name__}")
    fields = cast("dict[str, Any]", data).copy()
    kind = fields.pop("kind", None)
    if not isinstance(kind, str) or kind not in ENTITY_TYPES:
        raise EntityError(f"there is no entity of kind {kind!r}")
    return ENTITY_TYPES[kind](**fields)


@functools.lru_cache(maxsize=131_072)
def from_key(key: Key) -> Entity:
    """The barest entity with that key.

    >>> from_key(Key.parse("ip:198.51.100.7"))
    IpAddress('198.51.100.7')
    """
    cls = entity_type(key.kind)
    if key.kind == "file" and key.value.startswith("path:"):
        return File(path=key.value.removeprefix("path:"), host=key.scope)
    return cls(value=key.value, host=key.scope) if key.scope else cls(value=key.value)  # type: ignore[call-arg]


#: An entity as a field of a pydantic model.
AnyEntity = Annotated[Entity, PlainValidator(load), PlainSerializer(dump)]
