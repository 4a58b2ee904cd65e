"""What the packet filter of pfSense and OPNsense writes: CSV whose columns depend on the version of IP.

Documentation: https://docs.netgate.com/pfsense/en/latest/monitoring/logs/raw-filter-format.html. Nothing here was
tried on real lines.
"""

from __future__ import annotations

from typing import Any

_COMMON = 9
#: Where the protocol, and the source, stand behind the fields that both versions have.
_PLACES = {"4": (7, 9), "6": (3, 6)}


def filterlog_fields(text: str) -> dict[str, Any]:
    """The fields of a message of filterlog; none for what is cut off before the addresses.

    >>> text = "4,,,1000,em0,match,block,in,4,0x0,,64,1,0,DF,6,tcp,60,192.0.2.1,192.0.2.2,4000,22,0,S"
    >>> filterlog_fields(text)["action"]
    'block'
    """
    cells = text.split(",")
    places = _PLACES.get(cells[8]) if len(cells) > _COMMON else None
    if places is None or len(cells) < _COMMON + places[1] + 2:
        return {}
    protocol, (source, destination, *ports) = cells[_COMMON + places[0]].lower(), cells[_COMMON + places[1] :]
    fields: dict[str, Any] = {
        "appliance": "filterlog",
        "event": "flow",
        "rule": cells[3] or cells[0],
        "interface": cells[4],
        "action": cells[6],
        "direction": cells[7],
        "protocol": protocol,
        "source_ip": source,
        "destination_ip": destination,
    }
    if protocol in ("tcp", "udp") and len(ports) > 1:
        fields |= {"source_port": ports[0], "destination_port": ports[1]}
    return fields
