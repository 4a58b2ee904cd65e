"""Which column of a table says what: by its name, else by what stands in it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from clew.entities.file import HASHES
from clew.errors import EntityError
from clew.feeds.recognition import keys_of

# Names as they are compared: in small letters, with one underscore for whatever parts their words.
_VALUE_NAMES = frozenset(
    {
        "address",
        "c2",
        "c2_domain",
        "c2_ip",
        "c2_server",
        "c2_url",
        "c_c",
        "cidr",
        "dest_ip",
        "destination_ip",
        "domain",
        "domain_name",
        "dst_ip",
        "dstip",
        "fqdn",
        "hash",
        "host",
        "hostname",
        "indicator",
        "indicator_value",
        "indicators",
        "ioc",
        "ioc_value",
        "iocs",
        "ip",
        "ip_address",
        "ip_range",
        "ipaddress",
        "ipv4",
        "ipv6",
        "network",
        "observable",
        "range",
        "src_ip",
        "subnet",
        "url",
        "urls",
        "value",
        *HASHES,
        *(f"{name}_hash" for name in HASHES),
        "sha_1",
        "sha_256",
        "sha_512",
    }
)
_DETAIL_NAMES: Mapping[str, str] = MappingProxyType(
    {
        name: meaning
        for meaning, names in {
            "type": "entity_type indicator_type ioc_type kind type observable_type",
            "name": "family malware malware_family malware_name malware_printable name signature threat threat_name",
            "description": "comment comments context description desc info note notes threat_type",
            "tags": "labels tag tags",
            "verdict": "verdict",
            "severity": "severity",
            "confidence": "confidence confidence_level",
            "first": "added date date_added dateadded first_seen first_seen_utc firstseen first_seen_date timestamp",
            "last": "last_online last_seen last_seen_utc lastseen",
            "until": "expiration expires expires_at valid_until",
            "reference": "link permalink reference references report source_url",
            "tlp": "tlp",
            "reports": "blacklists number_of_black_lists number_of_blacklists number_of_lists",
        }.items()
        for name in names.split()
    }
)
_SEPARATORS = re.compile(r"[^a-z0-9]+")
#: Rows that are looked at to tell what stands in a column without a name that is known.
SAMPLE_ROWS = 50


@dataclass(frozen=True, slots=True)
class Columns:
    """What is where in a row.

    Attributes:
        values: the columns that list something, with the type that their name gives.
        details: what a feed says of it, by the columns.
    """

    values: tuple[tuple[int, str], ...]
    details: Mapping[str, int]

    @property
    def width(self) -> int:
        """How many cells a row needs to have all of them."""
        return 1 + max((*(index for index, _ in self.values), *self.details.values()))

    @classmethod
    def from_header(cls, header: Sequence[str]) -> Columns | None:
        """Those of a header; None for a row that is none."""
        names = [_SEPARATORS.sub("_", cell.lower()).strip("_") for cell in header]
        values = tuple((index, _kind(name)) for index, name in enumerate(names) if name in _VALUE_NAMES)
        if not values or any(_is_listed(cell) for cell in header):
            return None
        details: dict[str, int] = {}
        for index, name in enumerate(names):
            if name in _DETAIL_NAMES and name not in _VALUE_NAMES:
                details.setdefault(_DETAIL_NAMES[name], index)
        return cls(values, details)

    @classmethod
    def from_rows(cls, rows: Sequence[Sequence[str]]) -> Columns | None:
        """Those of rows without a header: where at least half of the cells list something."""
        width = max(map(len, rows), default=0)
        values: list[tuple[int, str]] = []
        for index in range(width):
            cells = [row[index] for row in rows if index < len(row) and row[index]]
            if cells and sum(map(_is_listed, cells)) * 2 >= len(cells):
                values.append((index, ""))
        value_indexes = {index for index, _ in values}
        texts = [index for index in range(width) if index not in value_indexes and _is_text(rows, index)]
        return cls(tuple(values), {"description": texts[0]} if texts else {}) if values else None


def _kind(name: str) -> str:
    """What the name of a column says of the type of its values."""
    return name if name in ("host", "hostname", "fqdn", "url", "domain") else ""


def _is_listed(cell: str) -> bool:
    try:
        keys_of(cell.strip())
    except EntityError:
        return False
    return True


def _is_text(rows: Sequence[Sequence[str]], index: int) -> bool:
    return any(index < len(row) and any(char.isalpha() for char in row[index]) for row in rows)
