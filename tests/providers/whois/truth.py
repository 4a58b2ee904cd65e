"""Real WHOIS replies with what they mean, as the authors of whois-parser wrote it down for their own tests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

_TIME = re.compile(r"%TIME\{(\d{4})-(\d\d)-(\d\d)")
_SERVER = re.compile(r'%s\[\d+\]\.name\s+== "(.*)"')
_NAME = re.compile(r'%s\.name\s+== "(.*)"')
_DAYS = {"created": "created_on", "changed": "updated_on", "expires": "expires_on"}


@dataclass(frozen=True)
class Expected:
    """One reply and what is expected of it. A field that nobody wrote down is not in `fields`."""

    path: str
    server: str
    body: bytes
    fields: dict[str, object]


def expected(folder: Path) -> Iterator[Expected]:
    """The replies that have expectations."""
    with ZipFile(folder / "whois-parser_responses.zip") as archive:
        names = set(archive.namelist())
        for name in sorted(names):
            told = name.removesuffix(".txt") + ".expected"
            if name.endswith(".txt") and told in names:
                sections = _sections(archive.read(told).decode("utf-8", "replace"))
                path = name.removesuffix(".txt")
                yield Expected(path, name.split("/")[0], archive.read(name), dict(_fields(sections)))


def _sections(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    name = ""
    for line in text.splitlines():
        if line.startswith("#"):
            name = line[1:].strip()
        elif line.strip() and name:
            found[name] = f"{found.get(name, '')}{line.strip()}\n"
    return found


def _fields(sections: dict[str, str]) -> Iterator[tuple[str, object]]:
    for field, name in _DAYS.items():
        told = sections.get(name, "")
        day = _TIME.search(told)
        if day:
            yield field, "-".join(day.groups())
        elif "== nil" in told and "%ERROR" not in told:
            yield field, None
    for field in ("registrar", "servers"):
        told = sections.get("registrar" if field == "registrar" else "nameservers", "")
        if field == "servers" and told and "%ERROR" not in told:
            yield field, sorted(name.lower() for name in _SERVER.findall(told))
        elif field == "registrar" and _NAME.search(told):
            yield field, _NAME.findall(told)[0]
    for name in ("available?", "registered?", "response_throttled?", "response_unavailable?"):
        if "== true" in sections.get(name, "") or "== false" in sections.get(name, ""):
            yield name, "== true" in sections[name]
    yield "status", sections.get("status", "").strip().removeprefix("%s == ")
