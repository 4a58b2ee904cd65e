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
_GROUP_OF: Mapping[str, int] = MappingProxyType({name: at for at, group in enumerate(_GROUPS) for name in group})
#: From the first field of a path to its facts. Enterprise has under `traits` what others have at the top.
_FIELDS: Mapping[str, tuple[tuple[str, _Path], ...]] = MappingProxyType(
    {
        field: tuple((name, path[1:]) for group in _GROUPS for name, path in group.items() if path[0] == field)
        for field in dict.fromkeys(path[0] for group in _GROUPS for path in group.values())
    }
)
# Parts that records of one database share, and how many are kept.
_SHARED = frozenset({"city", "continent", "country", "registered_country", "represented_country", "subdivisions"})
_PARTS = 2**16
_KINDS: Mapping[str, type] = MappingProxyType({name: VOCABULARY[name].type for name in FACTS})
_LONGEST_TEXT = 500
_MANY = 2**63
#: Types of databases, those made for few facts first: where two say something of one group, the first is believed.
_TYPES = (
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
class Said:
    """What one database says of an address.

    Attributes:
        facts: None where it has no record.
    """

    database: str
    type: str
    built: str
    facts: Mapping[str, Scalar] | None


class Parts:
    """What parts of records say that records share: each is read once, as long as it is kept."""

    def __init__(self) -> None:
        self._said: dict[tuple[str, int], tuple[object, Mapping[str, Scalar]]] = {}

    def of(self, field: str, value: object) -> Mapping[str, Scalar]:
        """The facts that one field of a record says."""
        if field not in _SHARED:
            return _of_field(field, value)
        # What is kept here keeps its identity: no other part can get it meanwhile.
        known = self._said.get((field, id(value)))
        if known is None:
            if len(self._said) >= _PARTS:
                self._said.clear()
            known = self._said[field, id(value)] = value, _of_field(field, value)
        return known[1]


def facts_of(record: object, kind: str, parts: Parts | None = None) -> dict[str, Scalar]:
    """The facts of a record, by name. What has not the type that its name promises is no fact.

    Args:
        kind: the type of the database.
        parts: remembers what records of one database share.
    """
    whole = _object(record)
    of_field = _of_field if parts is None else parts.of
    found: dict[str, Scalar] = {}
    for field, value in (*_object(whole.get("traits")).items(), *whole.items()):
        if field in _FIELDS:
            found.update(of_field(field, value))
    if (place := _geoname(whole)) is not None:
        found["geoname_id"] = place
    if "Static-IP-Score" in kind and (score := _fitting("static_ip_score", whole.get("score"))) is not None:
        found["static_ip_score"] = score
    return found


def _of_field(field: str, value: object) -> dict[str, Scalar]:
    found: dict[str, Scalar] = {}
    for name, path in _FIELDS[field]:
        said = _at(value, path)
        if said is not None and (fact := _fitting(name, said)) is not None:
            found[name] = fact
    return found


def merged(said: Iterable[Said]) -> dict[str, Scalar]:
    """One answer: each group of facts from the database that is made for the fewest, of equals from the newest."""
    ranked = [each for each in said if each.facts]
    if len(ranked) > 1:
        ranked.sort(key=lambda each: each.built, reverse=True)
        ranked.sort(key=lambda each: _rank(each.type))
    whole: dict[str, Scalar] = {}
    taken: set[int] = set()
    for each in ranked:
        new = {name: value for name, value in (each.facts or {}).items() if _GROUP_OF[name] not in taken}
        whole |= new
        taken |= {_GROUP_OF[name] for name in new}
    return {name: whole[name] for name in FACTS if name in whole}


def _rank(kind: str) -> int:
    """Where a type stands. One of several kinds (`Demo-City-ASN`) is as broad as the broadest of them."""
    known = [at for at, name in enumerate(_TYPES) if f"-{name}-" in f"-{kind}-"]
    return max(known, default=len(_TYPES))


def _object(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else {}


def _at(value: object, path: _Path) -> object:
    if isinstance(value, list):  # the parts of a country, the largest first
        parts = [_below(each, path) for each in cast("list[object]", value)]
        texts = [part for part in parts if isinstance(part, str)]
        return ", ".join(texts) if texts else next((part for part in reversed(parts) if part is not None), None)
    return _below(value, path)


def _below(value: object, path: _Path) -> object:
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
        if (number := _fitting("geoname_id", _object(place).get("geoname_id"))) is not None:
            return number
    return None


def _fitting(name: str, value: object) -> Scalar:
    """The value if it is what the name promises: of its type, and of a size that a column can hold."""
    kind = _KINDS[name]
    if kind is str:
        return value if isinstance(value, str) and 0 < len(value) <= _LONGEST_TEXT else None
    if kind is bool:
        return value if isinstance(value, bool) else None
    if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) < _MANY:
        return None
    if kind is float:
        return float(value)
    return value if isinstance(value, int) else None
