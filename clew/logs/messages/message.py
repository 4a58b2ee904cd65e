"""The text of a message to fields, by the program that wrote it or by how it begins."""

from __future__ import annotations

from typing import Any

from clew.logs.messages.cisco import cisco_fields
from clew.logs.messages.common_event_format import cef_fields, leef_fields
from clew.logs.messages.filterlog import filterlog_fields
from clew.logs.messages.key_values import fortigate_fields
from clew.logs.messages.pan_os import BEGINNING, pan_os_fields
from clew.logs.messages.patterns import pattern_fields

#: Longer texts of appliances are not read: they are cut far below.
_MAX_TEXT = 65_536


def message_fields(program: str, text: str) -> dict[str, Any]:
    """What is known to stand in a message of a program.

    >>> message_fields("sshd", "Accepted password for alice from 192.0.2.9 port 51000 ssh2")["source_ip"]
    '192.0.2.9'

    Args:
        program: as the header names it; `su(pam_unix)` is `su`; empty for most appliances.

    Returns:
        Its fields, `event` among them, which says what happened; nothing for a text that is not known.
    """
    if program == "filterlog":
        return filterlog_fields(text)
    # Appliances name no program, or a counter stands in its place.
    if not program or program.isdecimal():
        return _appliance_fields(text) or pattern_fields(program, text)
    return pattern_fields(program, text)


def _appliance_fields(text: str) -> dict[str, Any]:
    if len(text) > _MAX_TEXT:
        return {}
    if text.startswith("CEF:"):
        return cef_fields(text)
    if text.startswith("LEEF:"):
        return leef_fields(text)
    if "%" in text[:100] and (fields := cisco_fields(text)):
        return fields
    if text.startswith(("date=", "logver=", "time=", "devname=")):
        return fortigate_fields(text)
    return pan_os_fields(text) if BEGINNING.match(text) else {}
