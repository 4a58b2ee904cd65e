"""CEF of ArcSight and LEEF of QRadar, which appliances of many vendors write.

Documentation: https://www.microfocus.com/documentation/arcsight/arcsight-smartconnectors/pdfdoc/cef-implementation-standard/
and https://www.ibm.com/docs/en/dsm?topic=leef-overview. Nothing here was tried on real lines.
"""

from __future__ import annotations

import re
from typing import Any

from clew.logs.messages.appliance_names import renamed_fields

#: A part of the header ends at a bar that has no backslash before it.
_PART = re.compile(r"((?:[^|\\]|\\.)*)\|", re.DOTALL)
_KEY = re.compile(r"(?:^|(?<=\s))([\w.\[\]-]{1,64})=")
_ESCAPE = re.compile(r"\\([\\|=nr])")
_DELIMITER = re.compile(r"(?:0?x([0-9A-Fa-f]{1,4})|(.))\|")
_CEF_PARTS = ("version", "vendor", "product", "product_version", "event_id", "name", "severity")
_LEEF_PARTS = ("version", "vendor", "product", "product_version", "event_id")
_CEF_NAMES = {
    "timestamp": ("rt", "start", "end"),
    "host": ("dvchost", "dvc"),
    "source_ip": ("src", "c6a2", "sourceTranslatedAddress"),
    "source_port": ("spt",),
    "destination_ip": ("dst", "c6a3"),
    "destination_port": ("dpt",),
    "protocol": ("proto",),
    "user": ("suser", "duser"),
    "action": ("act",),
    "rule": ("name",),
    "category": ("cat",),
    "bytes_sent": ("out",),
    "bytes_received": ("in",),
    "url": ("request",),
    "method": ("requestMethod",),
    "user_agent": ("requestClientApplication",),
    "file_path": ("filePath", "fname"),
    "file_hash": ("fileHash",),
}
_LEEF_NAMES = {
    "timestamp": ("devTime",),
    "source_ip": ("src",),
    "source_port": ("srcPort",),
    "destination_ip": ("dst",),
    "destination_port": ("dstPort",),
    "protocol": ("proto",),
    "user": ("usrName", "accountName"),
    "action": ("action", "act"),
    "rule": ("policy", "event_id"),
    "category": ("cat",),
    "bytes_sent": ("srcBytes",),
    "bytes_received": ("dstBytes",),
    "url": ("url",),
    "severity": ("sev",),
}
#: From which severity on, of 0 to 10, an event is an alert.
_ALERT = 7
_HIGH = frozenset({"high", "very-high"})


def cef_fields(text: str) -> dict[str, Any]:
    """The fields of a text that begins with `CEF:`; none where its header is cut off."""
    parts, extension = _header(text[len("CEF:") :], _CEF_PARTS)
    if not parts:
        return {}
    pairs = [*_KEY.finditer(extension)]
    # An extension without a pair has an end and no beginning.
    ends = [pair.start() for pair in pairs[1:]] + [len(extension)]
    values = {pair[1]: _plain(extension[pair.end() : end].strip()) for pair, end in zip(pairs, ends, strict=False)}
    # cs1=.. cs1Label=..: who wrote it named the field.
    labels = {label: values[key] for key, label in _labels(values) if key in values}
    return _fields("cef", parts, {**labels, **values}, _CEF_NAMES)


def leef_fields(text: str) -> dict[str, Any]:
    """The fields of a text that begins with `LEEF:`; none where its header is cut off."""
    parts, extension = _header(text[len("LEEF:") :], _LEEF_PARTS)
    if not parts:
        return {}
    delimiter = "\t"
    if parts["version"].startswith("2") and (match := _DELIMITER.match(extension)):
        delimiter = chr(int(match[1], 16)) if match[1] else match[2]
        extension = extension[match.end() :]
    pairs = (item.partition("=") for item in extension.split(delimiter))
    values = {key.strip(): value.strip() for key, sign, value in pairs if sign}
    return _fields("leef", parts, values, _LEEF_NAMES)


def _header(text: str, names: tuple[str, ...]) -> tuple[dict[str, str], str]:
    parts: dict[str, str] = {}
    position = 0
    for name in names:
        match = _PART.match(text, position)
        if match is None:
            return {}, ""
        parts[name] = _plain(match[1])
        position = match.end()
    return parts, text[position:]


def _labels(values: dict[str, str]) -> list[tuple[str, str]]:
    return [(name.removesuffix("Label"), label) for name, label in values.items() if name.endswith("Label")]


def _plain(text: str) -> str:
    return _ESCAPE.sub(lambda match: {"n": "\n", "r": "\r"}.get(match[1], match[1]), text)


def _fields(
    appliance: str, parts: dict[str, str], values: dict[str, str], names: dict[str, tuple[str, ...]]
) -> dict[str, Any]:
    fields = renamed_fields({**values, **parts}, names)
    severity = fields.get("severity") or parts.get("severity", "")
    is_alert = severity.lower() in _HIGH or (severity.isdecimal() and _ALERT <= int(severity[:3]) <= 10)
    event = "threat" if is_alert else "web access" if "url" in fields else "flow"
    return {
        **fields,
        "appliance": appliance,
        "event": event,
        "vendor": parts["vendor"],
        "product": parts["product"],
        "rule_id": parts["event_id"],
        "event_severity": severity,
        "values": values,
    }
