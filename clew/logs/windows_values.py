"""What Windows writes into texts: the command of a task, who ran a script and with what, the file of a detection."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

_TASK_COMMAND = re.compile(r"<Command>([^<]*)</Command>(?:\s*<Arguments>([^<]*)</Arguments>)?")
_HOST_APPLICATION = re.compile(r"Host ?Application ?= ?([^\r\n]*)")
_SCRIPT_USER = re.compile(r"(?:^|[\r\n])\s*(?:User ?= ?|UserId=)(?:([^\\\r\n]*)\\)?([^\r\n]*)")
_DETECTED_FILE = re.compile(r"(?:^|;\s*)file:_?([^;]*)")


def task_command(text: str) -> str | None:
    """What the first action of a task runs, out of the XML of the task.

    >>> task_command("<Exec><Command>a.exe</Command><Arguments>-x &amp;</Arguments></Exec>")
    'a.exe -x &'

    A text that is no XML of a task is the command itself.
    """
    if "<" not in text:
        return text
    match = _TASK_COMMAND.search(text)
    return html.unescape(" ".join(filter(None, match.groups()))) if match else None


def host_application(text: str) -> str | None:
    """The command line of PowerShell, out of the lines that it logs of itself."""
    match = _HOST_APPLICATION.search(text)
    return match[1] if match else None


def script_user_domain(text: str) -> str | None:
    """The domain of who ran it, out of the same lines."""
    match = _SCRIPT_USER.search(text)
    return match[1] if match else None


def script_user_name(text: str) -> str | None:
    """The name of who ran it, out of the same lines."""
    match = _SCRIPT_USER.search(text)
    return match[2] if match else None


def defender_path(text: str) -> str | None:
    """The first file of `file:_C:\\a.exe; process:_..`; a text that names no kind is the path itself."""
    match = _DETECTED_FILE.search(text)
    return match[1] if match else None if ":_" in text else text


#: The functions by the names that schemas use.
WINDOWS_TEXTS: Mapping[str, Callable[[str], str | None]] = MappingProxyType(
    {
        "task_command": task_command,
        "host_application": host_application,
        "script_user_domain": script_user_domain,
        "script_user_name": script_user_name,
        "defender_path": defender_path,
    }
)
