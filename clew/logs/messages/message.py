"""The text of a message to fields, by the program that wrote it or by how it begins."""

from __future__ import annotations

from typing import Any

from clew.logs.messages.patterns import pattern_fields


def message_fields(program: str, text: str) -> dict[str, Any]:
    """What is known to stand in a message of a program.

    >>> message_fields("sshd", "Accepted password for alice from 192.0.2.9 port 51000 ssh2")["source_ip"]
    '192.0.2.9'

    Args:
        program: as the header names it; `su(pam_unix)` is `su`.

    Returns:
        Its fields, `event` among them, which says what happened; nothing for a text that is not known.
    """
    return pattern_fields(program, text)
