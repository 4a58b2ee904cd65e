"""What firewalls of Palo Alto Networks write: CSV without a header, whose columns depend on its fourth field.

Documentation: https://docs.paloaltonetworks.com/pan-os/11-0/pan-os-admin/monitoring/use-syslog-for-monitoring/syslog-field-descriptions.
Nothing here was tried on real lines.
"""

from __future__ import annotations

import csv
import re
from typing import Any

from clew.logs.messages.appliance_names import renamed_fields

BEGINNING = re.compile(r"[0-9]?,[0-9]{4}/[0-9]{2}/[0-9]{2} [0-9:]{8},[0-9A-Za-z]{0,20},[A-Z-]{3,20},")
_SHARED_COLUMNS = (
    *("", "received", "serial", "type", "subtype", "", "timestamp", "source_ip", "destination_ip", "nat_source"),
    *("nat_destination", "policy", "user", "destination_user", "application", "vsys", "from", "to", "in", "out"),
    *("log_action", "", "session", "repeat_count", "source_port", "destination_port", "nat_source_port"),
    *("nat_destination_port", "flags", "protocol", "action"),
)
_COLUMNS = {
    "TRAFFIC": (*_SHARED_COLUMNS, "bytes", "bytes_sent", "bytes_received", "packets", "start", "elapsed", "category"),
    "THREAT": (
        *(*_SHARED_COLUMNS, "misc", "threat", "category", "event_severity", "direction", "sequence", "action_flags"),
        *("source_country", "destination_country", "", "content_type", "pcap", "file_hash", "cloud", "url_index"),
        *("user_agent", "file_type", "forwarded_for", "referrer"),
    ),
    "SYSTEM": (
        *("", "received", "serial", "type", "subtype", "", "timestamp", "vsys", "event_id", "object", "", ""),
        *("module", "event_severity", "description"),
    ),
}
_FIRST_COLUMNS = ("", "received", "serial", "type", "subtype", "", "timestamp")
_TOP = (
    *("timestamp", "source_ip", "source_port", "destination_ip", "destination_port", "protocol", "user", "action"),
    *("category", "event_severity", "bytes_sent", "bytes_received", "user_agent", "file_hash"),
)
#: "Evil Thing(31337)"
_THREAT = re.compile(r"(?P<rule>.*)\((?P<rule_id>[0-9]{1,20})\)", re.DOTALL)
_WEB = "url"


def pan_os_fields(text: str) -> dict[str, Any]:
    """The fields of a text that `BEGINNING` fits."""
    try:
        cells = next(csv.reader([text]), list[str]())
    except csv.Error:
        return {}
    if len(cells) < len(_FIRST_COLUMNS):
        return {}
    kind = cells[3]
    columns = _COLUMNS.get(kind, _FIRST_COLUMNS)
    values = {name: cell for name, cell in zip(columns, cells, strict=False) if name}
    fields = renamed_fields(values, {name: (name,) for name in _TOP})
    subtype = values["subtype"]
    fields |= {"appliance": "pan-os", "event": f"{kind} {subtype}".strip().lower(), "values": values}
    if policy := values.get("policy"):
        fields["rule"] = policy
    if kind == "TRAFFIC":
        fields["event"] = "flow"
    elif kind == "THREAT":
        fields["event"] = "web access" if subtype == _WEB else "threat"
        _add_threat(fields, values)
    return fields


def _add_threat(fields: dict[str, Any], values: dict[str, str]) -> None:
    threat = values.get("threat", "")
    if match := _THREAT.fullmatch(threat):
        fields |= match.groupdict()
    elif threat:
        fields["rule"] = threat
    if not (misc := values.get("misc")):
        return
    if values["subtype"] == _WEB:
        fields["url"] = misc if "://" in misc else f"http://{misc}"
    else:
        fields["file_path"] = misc
