"""What the operators of the public recordings wrote down: the ground truth that the graphs are held against."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import yaml

_AGENT = re.compile(
    r"^\s*\w{8}\s+ps\s+(?P<address>[\d.]+)\s+(?P<host>\w+)\s+\*?(?P<user>\w+\\\w+)\s+\w+\s+(?P<pid>\d+)\s", re.MULTILINE
)
_TARGET = re.compile(r"set ComputerName (?:ComputerName )?(\S+)")
_SESSION = re.compile(r"session 1 opened \((?P<c2>[\d.]+):(?P<port>\d+) -> ")
_PAYLOAD = re.compile(r"(\w+_payload\.exe)")
_USER = re.compile(
    r"User Name\s+: (?P<user>[a-z.]+)\s+Domain\s+: PANDALAB\b.*?SID\s+: (?P<sid>S-1-5-21-\S+)", re.DOTALL
)


@dataclass(frozen=True)
class Agent:
    """One line of the agent list of an Empire console."""

    address: str
    host: str
    user: str
    pid: int


@dataclass(frozen=True)
class Session:
    """The Meterpreter session of a Metasploit console."""

    c2: str
    port: int


def console(metadata: Path) -> str:
    """The operator's console."""
    text: str = yaml.safe_load(metadata.read_text("utf-8"))["simulation"]["adversary_view"]
    return text


def agents(text: str) -> list[Agent]:
    """Every agent that the console lists, as often as it does."""
    return [Agent(m["address"], m["host"], m["user"], int(m["pid"])) for m in _AGENT.finditer(text)]


def moved_to(text: str) -> str:
    """The host that the operator named as the target."""
    return str(_TARGET.findall(text)[-1])


def session(text: str) -> Session:
    """Where the payload called home."""
    found = _SESSION.search(text)
    assert found, "the transcript has no session"
    return Session(found["c2"], int(found["port"]))


def payload(text: str) -> str:
    """The name of the payload's file."""
    found = _PAYLOAD.search(text)
    assert found, "the transcript names no payload"
    return found[1]


def users(text: str) -> dict[str, str]:
    """The SIDs of the domain's users whose credentials were dumped, by name."""
    return {found["user"]: found["sid"] for found in _USER.finditer(text)}
