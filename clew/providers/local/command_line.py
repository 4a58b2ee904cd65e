"""Encoded command lines made readable: PowerShell's -EncodedCommand and the base64 inside scripts."""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
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
MAX_TRIES = 64
# Any prefix of -EncodedCommand is accepted by PowerShell, with - or / or a dash of another width.
_SWITCH_BASE64 = re.compile(
    r"[-/\u2013\u2014\u2015](?:e|en[a-z]*|ec)[\s:]+[\"']?([A-Za-z0-9+/]{8,}={0,2})", re.IGNORECASE
)
_QUOTED_BASE64 = re.compile(r"[\"']([A-Za-z0-9+/]{16,}={0,2})[\"']")
# In text of any kind: wrapped as mail and certificates wrap it, or standing alone; short ones only if they are padded.
_ANY_BASE64 = re.compile(
    r"(?<![A-Za-z0-9+/])((?:[A-Za-z0-9+/]{76}\r?\n)+[A-Za-z0-9+/]*={0,2}|(?:[A-Za-z0-9+/]{64}\r?\n)+[A-Za-z0-9+/]*={0,2}"
    r"|[A-Za-z0-9+/]{16,}={0,2}|[A-Za-z0-9+/]{6,15}={1,2})"
)
#: How many encoded texts of a whole text are tried, and how much they may decode to.
MAX_TRIES_IN_TEXT, MAX_DECODED = 2048, 16 * MAX_TEXT
_URL = re.compile(r"(?:https?|ftp)://[^\s\"'<>|)\]}`;,]{3,2048}", re.IGNORECASE)
_ADDRESS = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])")


@dataclass(frozen=True, slots=True)
class DecodedLayer:
    """A text that stood encoded in another.

    Attributes:
        depth: 1 for what stands in the text itself.
        encoded_text: as it stood there.
    """

    depth: int
    encoded_text: str
    text: str


class Decoder(Provider):
    """Decodes what command lines hide. Nobody is asked."""

    name: ClassVar[str] = "decoder"
    title: ClassVar[str] = "command line decoder"
    docs: ClassVar[str] = "https://attack.mitre.org/techniques/T1027/010/"

    @operation(facts=("decoded", "layers"))
    def process(self, process: Process) -> Finding:
        """The script that a command line encodes, its URLs and addresses."""
        tries = iter(range(MAX_TRIES))
        line = process.command_line or ""
        layers = tuple(
            layer.text for layer in _decode_layers(line, (_SWITCH_BASE64, _QUOTED_BASE64, _QUOTED_BASE64), tries)
        )
        is_cut = next(tries, None) is None
        if not layers:
            reason = "no encoded command" if process.command_line else "its command line is not known"
            return Finding(process, outcome=Outcome.NOTHING, reason=reason)
        entities = dict.fromkeys(entity for layer in layers for entity in _indicators(layer))
        facts = (Fact("decoded", "\n\n".join(layers)), Fact("layers", len(layers)))
        return Finding(
            process,
            verdict=Verdict.SUSPICIOUS,
            severity=Severity.MEDIUM if entities else Severity.LOW,
            reason=f"encoded command: {layers[0]}",
            reference="https://attack.mitre.org/techniques/T1027/010/",
            facts=facts,
            links=tuple(Link(process, Relation.DECODED_TO, entity, inferred=True) for entity in entities),
            returned=len(layers),
            available=None if is_cut else len(layers),
            truncated_by=f"{MAX_TRIES} encoded texts" if is_cut else "",
        )


def find_layers(text: str) -> tuple[tuple[DecodedLayer, ...], str]:
    """The base64 in a text of any kind, with what is encoded in what it decodes to right after it; and what cut it.

    >>> layers, cut = find_layers("run dwBoAG8AYQBtAGkA now")
    >>> [layer.text for layer in layers], cut
    (['whoami'], '')
    """
    tries = iter(range(MAX_TRIES_IN_TEXT))
    layers: list[DecodedLayer] = []
    size = 0
    for layer in _decode_layers(text, (_ANY_BASE64,) * MAX_DEPTH, tries):
        size += len(layer.text)
        if size > MAX_DECODED:
            return tuple(layers), f"{MAX_DECODED:,} decoded characters"
        layers.append(layer)
    return tuple(layers), "" if next(tries, None) is not None else f"{MAX_TRIES_IN_TEXT:,} encoded texts"


def _decode_layers(
    text: str, patterns: tuple[re.Pattern[str], ...], tries: Iterator[int], depth: int = 0
) -> Iterator[DecodedLayer]:
    """What `text` encodes, and what that encodes: a pattern for each depth, and as long as tries are `tries`."""
    if depth == len(patterns):
        return
    for match, _ in zip(patterns[depth].finditer(text), tries, strict=False):
        decoded_text = decode_text("".join(match[1].split()))
        if decoded_text:
            yield DecodedLayer(depth + 1, match[1], decoded_text)
            yield from _decode_layers(decoded_text, patterns, tries, depth + 1)


def decode_text(base64_text: str) -> str:
    """Readable text out of base64, packed or not; empty where there is none.

    >>> decode_text("dwBoAG8AYQBtAGkA")
    'whoami'
    """
    unpadded_text = base64_text.rstrip("=")
    try:
        data = base64.b64decode(unpadded_text + "=" * (-len(unpadded_text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return ""
    return _readable(_inflate(data))


def _inflate(data: bytes) -> bytes:
    """`data` inflated if it is gzip or raw deflate; never more than `MAX_TEXT`."""
    windows = (31, -15) if data[:2] == b"\x1f\x8b" else (-15,)
    for window in windows:
        try:
            content = zlib.decompressobj(window).decompress(data, MAX_TEXT)
        except zlib.error:
            continue
        if len(content) > len(data) and _readable(content):
            return content
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
