"""What appliances call the parts of a connection, by one set of names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: Values that stand for none.
_NONE = frozenset({"", "-", "N/A", "n/a", "(null)", "undefined"})


def renamed_fields(values: Mapping[str, str], names: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    """Of each name, the first value that is there.

    Args:
        values: what the appliance wrote.
        names: for each name of ours, those of the appliance, best first.
    """
    fields: dict[str, Any] = {}
    for name, candidates in names.items():
        for candidate in candidates:
            value = values.get(candidate, "")
            if value not in _NONE:
                fields[name] = value
                break
    return fields
