"""What the fields of MaxMind's records are called here, and how the records of several databases become one answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import cast

from clew.entities.finding import Scalar
from clew.entities.vocabulary import VOCABULARY

_Path = tuple[str, ...]
_NAME = ("names", "en")
#: Facts that belong together, and so come from one database: a city of one in the country of another is nowhere.
_GROUPS: Sequence[Mapping[str, _Path]] = (
    {
        "country_code": ("country", "iso_code"),
        "country": ("country", *_NAME),
        "country_confidence": ("country", "confidence"),
        "is_in_european_union": ("country", "is_in_european_union"),
        "continent_code": ("continent", "code"),
        "continent": ("continent", *_NAME),
        "subdivision_code": ("subdivisions", "iso_code"),
        "subdivision": ("subdivisions", *_NAME),
        "subdivision_confidence": ("subdivisions", "confidence"),
        "city": ("city", *_NAME),
        "city_confidence": ("city", "confidence"),
        "postal_code": ("postal", "code"),
        "postal_confidence": ("postal", "confidence"),
        "latitude": ("location", "latitude"),
        "longitude": ("location", "longitude"),
        "accuracy_radius_km": ("location", "accuracy_radius"),
        "time_zone": ("location", "time_zone"),
        "metro_code": ("location", "metro_code"),
        "geoname_id": ("geoname_id",),
    },
    {
        "registered_country_code": ("registered_country", "iso_code"),
        "registered_country": ("registered_country", *_NAME),
    },
    {
        "represented_country_code": ("represented_country", "iso_code"),
        "represented_country": ("represented_country", *_NAME),
        "represented_country_type": ("represented_country", "type"),
    },
    {"asn": ("autonomous_system_number",), "as_organization": ("autonomous_system_organization",)},
    {
        "isp": ("isp",),
        "organization": ("organization",),
        "mobile_country_code": ("mobile_country_code",),
        "mobile_network_code": ("mobile_network_code",),
    },
    {"domain": ("domain",)},
    {"usage_type": ("user_type",)},
    {"connection_type": ("connection_type",)},
    {"static_ip_score": ("static_ip_score",)},
    {"user_count": ("user_count",)},
    {"is_anycast": ("is_anycast",)},
    {"is_satellite_provider": ("is_satellite_provider",)},
    {
        "is_anonymous": ("is_anonymous",),
        "is_tor": ("is_tor_exit_node",),
        "is_anonymous_vpn": ("is_anonymous_vpn",),
        "is_hosting_provider": ("is_hosting_provider",),
        "is_public_proxy": ("is_public_proxy",),
        "is_residential_proxy": ("is_residential_proxy",),
        "is_legitimate_proxy": ("is_legitimate_proxy",),
        "anonymizer": ("provider_name",),
        "anonymizer_confidence": ("anonymizer_confidence",),
        "anonymizer_last_seen": ("network_last_seen",),
    },
    {"ip_risk": ("ip_risk",)},
)
#: Every fact that a record can say, in the order in which findings say them.
FACTS: tuple[str, ...] = tuple(name for group in _GROUPS for name in group)
_GROUP_OF: Mapping[str, int] = MappingProxyType({name: index for index, group in enumerate(_GROUPS) for name in group})
#: From the first field of a path to its facts. Enterprise has under `traits` what others have at the top.
_FIELDS: Mapping[str, tuple[tuple[str, _Path], ...]] = MappingProxyType(
    {
        field: tuple((name, path[1:]) for group in _GROUPS for name, path in group.items() if path[0] == field)
        for field in dict.fromkeys(path[0] for group in _GROUPS for path in group.values())
    }
)
# Parts that records of one database share, and how many are kept.
_SHARED_FIELDS = frozenset(
    {"city", "continent", "country", "registered_country", "represented_country", "subdivisions"}
)
_MAX_CACHE_SIZE = 2**16
_FACT_TYPES: Mapping[str, type] = MappingProxyType({name: VOCABULARY[name].type for name in FACTS})
_MAX_TEXT_LENGTH = 500
_MAX_NUMBER = 2**63
#: Types of databases, those made for few facts first: where two say something of one group, the first is believed.
_DATABASE_TYPES = (
    "Residential-Proxy",
    "Anonymous-Plus",
    "Anonymous-IP",
    "IP-Risk",
    "Static-IP-Score",
    "User-Count",
    "Connection-Type",
    "Domain",
    "ISP",
    "ASN",
    "Enterprise",
    "City",
    "Country",
)


@dataclass(frozen=True, slots=True)
class DatabaseAnswer:
    """What one database says of an address.

    Attributes:
        facts: None where it has no record.
    """

    database: str
    type: str
    build_day: str
    facts: Mapping[str, Scalar] | None


class FactCache:
    """What parts of records say that records share: each is read once, as long as it is kept."""

    def __init__(self) -> None:
        self._facts: dict[tuple[str, int], tuple[object, Mapping[str, Scalar]]] = {}

    def facts(self, field: str, value: object) -> Mapping[str, Scalar]:
        """The facts that one field of a record says."""
        if field not in _SHARED_FIELDS:
            return _facts_of_field(field, value)
        # What is kept here keeps its identity: no other part can get it meanwhile.
        entry = self._facts.get((field, id(value)))
        if entry is None:
            if len(self._facts) >= _MAX_CACHE_SIZE:
                self._facts.clear()
            entry = self._facts[field, id(value)] = value, _facts_of_field(field, value)
        return entry[1]


def facts_of(record: object, kind: str, cache: FactCache | None = None) -> dict[str, Scalar]:
    """The facts of a record, by name. What has not the type that its name promises is no fact.

    Args:
        kind: the type of the database.
        cache: remembers what records of one database share.
    """
    fields = _as_object(record)
    of_field = _facts_of_field if cache is None else cache.facts
    facts: dict[str, Scalar] = {}
    for field, value in (*_as_object(fields.get("traits")).items(), *fields.items()):
        if field in _FIELDS:
            facts.update(of_field(field, value))
    if (geoname_id := _geoname(fields)) is not None:
        facts["geoname_id"] = geoname_id
    if "Static-IP-Score" in kind and (score := _typed_value("static_ip_score", fields.get("score"))) is not None:
        facts["static_ip_score"] = score
    return facts


def _facts_of_field(field: str, value: object) -> dict[str, Scalar]:
    facts: dict[str, Scalar] = {}
    for name, path in _FIELDS[field]:
        raw_value = _value_at(value, path)
        if raw_value is not None and (fact := _typed_value(name, raw_value)) is not None:
            facts[name] = fact
    return facts


def merge_answers(answers: Iterable[DatabaseAnswer]) -> dict[str, Scalar]:
    """One answer: each group of facts from the database that is made for the fewest, of equals from the newest."""
    ranked_answers = [answer for answer in answers if answer.facts]
    if len(ranked_answers) > 1:
        ranked_answers.sort(key=lambda answer: answer.build_day, reverse=True)
        ranked_answers.sort(key=lambda answer: _rank(answer.type))
    facts: dict[str, Scalar] = {}
    used_groups: set[int] = set()
    for answer in ranked_answers:
        new_facts = {name: value for name, value in (answer.facts or {}).items() if _GROUP_OF[name] not in used_groups}
        facts |= new_facts
        used_groups |= {_GROUP_OF[name] for name in new_facts}
    return {name: facts[name] for name in FACTS if name in facts}


def _rank(kind: str) -> int:
    """Where a type stands. One of several kinds (`Demo-City-ASN`) is as broad as the broadest of them."""
    positions = [position for position, name in enumerate(_DATABASE_TYPES) if f"-{name}-" in f"-{kind}-"]
    return max(positions, default=len(_DATABASE_TYPES))


def _as_object(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else {}


def _value_at(value: object, path: _Path) -> object:
    if isinstance(value, list):  # the parts of a country, the largest first
        parts = [_nested_value(item, path) for item in cast("list[object]", value)]
        texts = [part for part in parts if isinstance(part, str)]
        return ", ".join(texts) if texts else next((part for part in reversed(parts) if part is not None), None)
    return _nested_value(value, path)


def _nested_value(value: object, path: _Path) -> object:
    for name in path:
        if type(value) is not dict:
            return None
        value = cast("dict[str, object]", value).get(name)
    return value


def _geoname(record: Mapping[str, object]) -> Scalar:
    """The number of the place in GeoNames: of the smallest that has one."""
    parts = record.get("subdivisions")
    last = cast("list[object]", parts)[-1] if isinstance(parts, list) and parts else None
    for place in (record.get("city"), last, record.get("country"), record.get("continent")):
        if (number := _typed_value("geoname_id", _as_object(place).get("geoname_id"))) is not None:
            return number
    return None


def _typed_value(name: str, value: object) -> Scalar:
    """The value if it is what the name promises: of its type, and of a size that a column can hold."""
    kind = _FACT_TYPES[name]
    if kind is str:
        return value if isinstance(value, str) and 0 < len(value) <= _MAX_TEXT_LENGTH else None
    if kind is bool:
        return value if isinstance(value, bool) else None
    if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) < _MAX_NUMBER:
        return None
    if kind is float:
        return float(value)
    return value if isinstance(value, int) else None
