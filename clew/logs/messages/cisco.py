"""Messages of Cisco's ASA, FTD and IOS: `%FACILITY-SEVERITY-MNEMONIC: text`; the texts stand in patterns.yaml.

Documentation: https://www.cisco.com/c/en/us/td/docs/security/asa/syslog/b_syslog.html. Access lists and the IPS of IOS
were tried on real lines; the rest is after documentation.
"""

from __future__ import annotations

import re
from typing import Any

from clew.logs.messages.patterns import pattern_fields

_MESSAGE = re.compile(r"%([A-Z][A-Z0-9_]{1,30})(?:-[A-Z0-9_]{1,30})?-([0-7])-([A-Z0-9_]{2,40}): ?")
_ASA = frozenset({"ASA", "FTD", "PIX", "FWSM"})


def cisco_fields(text: str) -> dict[str, Any]:
    """The fields of a text with such a message; none for another one."""
    match = _MESSAGE.search(text[:200])
    if match is None:
        return {}
    is_asa = match[1] in _ASA
    fields = pattern_fields("%asa" if is_asa else "%ios", text[match.end() :].strip())
    return {
        "event": f"{match[1]} {match[3]}",
        "event_severity": match[2],
        **fields,
        "appliance": "cisco-asa" if is_asa else "cisco-ios",
        "rule_id": f"{match[1]}-{match[2]}-{match[3]}",
    }
