"""Encoded command lines made readable: PowerShell's -EncodedCommand and the base64 inside scripts."""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Iterator
from typing import ClassVar

from clew.entities import (
    Domain,
    Entity,
    Fact,
    Finding,
    IpAddress,
    Link,
    Outcome,
    Process,
    Relation,
    Severity,
    Url,
    Verdict,
)
from clew.errors import EntityError
from clew.providers.base import Provider, operation

MAX_DEPTH = 3
MAX_TEXT = 1 << 20
#: How many encoded texts of one command line are tried, those inside others included.
MAX_TRIED = 64
# Any prefix of -EncodedCommand is accepted by PowerShell, with - or / or a dash of another width.
_SWITCH = re.compile(r"[-/\u2013\u2014\u2015](?:e|en[a-z]*|ec)[\s:]+[\"']?([A-Za-z0-9+/]{8,}={0,2})", re.IGNORECASE)
_QUOTED = re.compile(r"[\"']([A-Za-z0-9+/]{16,}={0,2})[\"']")
_URL = re.compile(r"(?:https?|ftp)://[^\s\"'<>|)\]}`;,]{3,2048}", re.IGNORECASE)
_ADDRESS = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])")


class Decoder(Provider):
    """Decodes what command lines hide. Nobody is asked."""

    name: ClassVar[str] = "decoder"
    title: ClassVar[str] = "command line decoder"
    docs: ClassVar[str] = "https://attack.mitre.org/techniques/T1027/010/"

    @operation()
    def process(self, process: Process) -> Finding:
        """The script that a command line encodes, its URLs and addresses."""
        left = iter(range(MAX_TRIED))
        layers = tuple(_layers(process.command_line or "", 0, left))
        cut = next(left, None) is None
        if not layers:
            why = "no encoded command" if process.command_line else "its command line is not known"
            return Finding(process, outcome=Outcome.NOTHING, reason=why)
        found = dict.fromkeys(entity for layer in layers for entity in _indicators(layer))
        facts = [Fact(f"decoded_{number}", layer) for number, layer in enumerate(layers, start=1)]
        return Finding(
            process,
            verdict=Verdict.SUSPICIOUS,
            severity=Severity.MEDIUM if found else Severity.LOW,
            reason=f"encoded command: {layers[0]}",
            reference="https://attack.mitre.org/techniques/T1027/010/",
            facts=tuple(facts),
            links=tuple(Link(process, Relation.DECODED_TO, entity, inferred=True) for entity in found),
            returned=len(layers),
            available=None if cut else len(layers),
            truncated_by=f"{MAX_TRIED} encoded texts" if cut else "",
        )


def _layers(text: str, depth: int, left: Iterator[int]) -> Iterator[str]:
    """What `text` encodes, and what that encodes, up to `MAX_DEPTH` and as long as tries are `left`."""
    if depth == MAX_DEPTH:
        return
    pattern = _SWITCH if depth == 0 else _QUOTED
    for match, _ in zip(pattern.finditer(text), left, strict=False):
        decoded = decode_text(match[1])
        if decoded:
            yield decoded
            yield from _layers(decoded, depth + 1, left)


def decode_text(encoded: str) -> str:
    """Readable text out of base64, packed or not; empty where there is none.

    >>> decode_text("dwBoAG8AYQBtAGkA")
    'whoami'
    """
    padded = encoded.rstrip("=")
    try:
        data = base64.b64decode(padded + "=" * (-len(padded) % 4), validate=True)
    except (binascii.Error, ValueError):
        return ""
    return _readable(_unpacked(data))


def _unpacked(data: bytes) -> bytes:
    """`data` inflated if it is gzip or raw deflate; never more than `MAX_TEXT`."""
    windows = (31, -15) if data[:2] == b"\x1f\x8b" else (-15,)
    for window in windows:
        try:
            inflated = zlib.decompressobj(window).decompress(data, MAX_TEXT)
        except zlib.error:
            continue
        if len(inflated) > len(data) and _readable(inflated):
            return inflated
    return data


def _readable(data: bytes) -> str:
    encoding = "utf-16-le" if len(data) > 2 and data[1::2].count(0) * 2 > len(data) // 2 else "utf-8"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return ""
    printable = sum(char.isprintable() or char in "\r\n\t" for char in text)
    return text.strip("\ufeff\0") if text and printable >= 0.95 * len(text) else ""


def _indicators(text: str) -> Iterator[Entity]:
    for match in _URL.finditer(text):
        try:
            url = Url(match[0])
        except EntityError:
            continue
        yield url
        host = match[0].split("://", 1)[1]
        yield from _host(re.split(r"[/:?#]", host.rpartition("@")[2], maxsplit=1)[0])
    for match in _ADDRESS.finditer(text):
        yield from _host(match[0])


def _host(text: str) -> Iterator[Entity]:
    """The address or domain that `text` is, if it is one."""
    kind = IpAddress if text.replace(".", "").isdigit() else Domain
    try:
        yield kind(text)
    except EntityError:
        return
