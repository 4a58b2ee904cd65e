"""What command lines encode: PowerShell's -EncodedCommand, and the base64 inside the scripts."""

from __future__ import annotations

import re

from clew.transforms.encodings import MAX_TEXT, LayerLimits, LayerTree, find_layers

#: A command line has few encoded texts; each may be long.
LIMITS = LayerLimits(depth=3, tries=64, characters=64 * MAX_TEXT)
# Any prefix of -EncodedCommand is accepted by PowerShell, with - or / or a dash of another width.
_SWITCH_BASE64 = re.compile(
    r"[-/\u2013\u2014\u2015](?:e|en[a-z]*|ec)[\s:]+[\"']?([A-Za-z0-9+/]{8,}={0,2})", re.IGNORECASE
)
_QUOTED_BASE64 = re.compile(r"[\"']([A-Za-z0-9+/]{16,}={0,2})[\"']")


def decode_command_line(line: str) -> LayerTree:
    """The script that a command line encodes, and what that encodes in quotes.

    >>> tree = decode_command_line("powershell.exe -nop -enc dwBoAG8AYQBtAGkA")
    >>> [layer.text for layer in tree.layers]
    ['whoami']
    """
    return find_layers(line, (_SWITCH_BASE64, _QUOTED_BASE64), LIMITS)
