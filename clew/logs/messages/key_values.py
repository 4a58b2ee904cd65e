"""What FortiGate writes: `key=value` pairs, values in quotation marks where they are texts.

Documentation: https://docs.fortinet.com/document/fortigate/7.4.0/fortios-log-message-reference. Nothing here was tried
on real lines.
"""

from __future__ import annotations

import re
from typing import Any

from clew.logs.messages.appliance_names import renamed_fields

_PAIR = re.compile(r'(?:^|(?<=\s))([\w.-]{1,64})=(?:"((?:[^"\\]|\\.)*)"|(\S*))', re.DOTALL)
_ZONE = re.compile(r"[+-][0-9]{2}:?[0-9]{2}")
_NAMES = {
    "host": ("devname", "devid"),
    "source_ip": ("srcip", "remip"),
    "source_port": ("srcport",),
    "destination_ip": ("dstip",),
    "destination_port": ("dstport",),
    "protocol": ("proto",),
    "user": ("user", "unauthuser"),
    "action": ("action",),
    "rule": ("attack", "virus", "msg", "policyname", "policyid"),
    "rule_id": ("attackid", "virusid", "logid"),
    "category": ("catdesc", "subtype"),
    "event_severity": ("severity", "crlevel", "level"),
    "bytes_sent": ("sentbyte",),
    "bytes_received": ("rcvdbyte",),
    "url_host": ("hostname",),
    "method": ("httpmethod",),
    "user_agent": ("agent",),
    "file_path": ("filename",),
    "file_hash": ("filehash",),
}
_THREATS = frozenset({"ips", "virus", "anomaly", "waf", "botnet"})
_OUTCOMES = {"success": "success", "failed": "failure", "failure": "failure"}


def fortigate_fields(text: str) -> dict[str, Any]:
    """The fields of a text of pairs that begins with `date=` or names its device; none for another one."""
    values = {match[1]: match[2] if match[2] is not None else match[3] for match in _PAIR.finditer(text)}
    if "type" not in values or not ("devid" in values or "devname" in values or "logid" in values):
        return {}
    fields = renamed_fields(values, _NAMES)
    fields |= {"appliance": "fortigate", "event": _event(values), "values": values}
    if values.get("date") and values.get("time"):
        zone = values.get("tz", "")
        fields["timestamp"] = f"{values['date']}T{values['time']}{zone if _ZONE.fullmatch(zone) else ''}"
    if url := values.get("url"):
        is_path = url.startswith("/") and values.get("hostname")
        scheme = "https" if values.get("service", "").upper() == "HTTPS" else "http"
        fields["url"] = f"{scheme}://{values['hostname']}{url}" if is_path else url
    if outcome := _OUTCOMES.get(values.get("status", "")):
        fields["outcome"] = outcome
    return fields


def _event(values: dict[str, str]) -> str:
    kind, subtype = values["type"], values.get("subtype", "")
    if subtype in _THREATS:
        return "threat"
    if subtype == "webfilter":
        return "web access"
    if kind == "traffic":
        return "flow"
    is_logon = values.get("action") == "login" and values.get("status") in _OUTCOMES
    return "logon" if is_logon else f"{kind} {subtype}".strip()
