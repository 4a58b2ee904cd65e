"""Colours and shapes. The colours are those of Okabe and Ito, told apart by any eye; none of them speaks alone."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

INK = "#1f2933"
PAPER = "#ffffff"
STORY = "#4b5563"
#: From pale to strong: background, what happened, what happened in the story.
LINES = ("#e3e7eb", "#a9b2bc", "#4b5563")


@dataclass(frozen=True, slots=True)
class Look:
    """How a kind of entity is drawn; `shape` is a shape of vis-network's."""

    plural: str
    colour: str
    shape: str


@dataclass(frozen=True, slots=True)
class Mark:
    """How a verdict is drawn: a border, and a sign beside the node for those who do not see its colour."""

    colour: str
    width: int
    sign: str


KINDS: Mapping[str, Look] = MappingProxyType(
    {
        "account": Look("accounts", "#CC79A7", "triangle"),
        "alert": Look("alerts", "#E69F00", "triangle"),
        "asn": Look("autonomous systems", "#0072B2", "square"),
        "certificate": Look("certificates", "#CC79A7", "hexagon"),
        "domain": Look("domains", "#009E73", "diamond"),
        "file": Look("files", "#B8BEC6", "hexagon"),
        "host": Look("hosts", "#3A4149", "square"),
        "incident": Look("incidents", "#D55E00", "square"),
        "ip": Look("addresses", "#0072B2", "dot"),
        "process": Look("processes", "#56B4E9", "triangleDown"),
        "technique": Look("techniques", "#E69F00", "star"),
        "url": Look("URLs", "#F0E442", "star"),
        "vulnerability": Look("vulnerabilities", "#D55E00", "diamond"),
    }
)
VERDICTS: Mapping[str, Mark] = MappingProxyType(
    {
        "malicious": Mark("#D55E00", 5, "!"),
        "suspicious": Mark("#E69F00", 4, "?"),
        "benign": Mark("#009E73", 3, "+"),
        "unknown": Mark("#6b7280", 1, ""),
    }
)
OTHER = Look("others", "#999999", "dot")
#: Corners on the unit circle, as angles in quarter turns from the top, of the shapes that have straight sides.
_TURNS: Mapping[str, tuple[float, ...]] = MappingProxyType(
    {
        "triangle": (0, 4 / 3, 8 / 3),
        "triangleDown": (2, 10 / 3, 2 / 3),
        "diamond": (0, 1, 2, 3),
        "square": (0.5, 1.5, 2.5, 3.5),
        "hexagon": tuple(1 / 3 + step * 2 / 3 for step in range(6)),
        "star": tuple(step * 0.4 for step in range(10)),
    }
)


def look(kind: str) -> Look:
    """The look of a kind; grey for one that nobody has drawn yet."""
    return KINDS.get(kind, OTHER)


def mark(verdict: str) -> Mark:
    """The mark of a verdict."""
    return VERDICTS.get(verdict, VERDICTS["unknown"])


def outline(shape: str, x: float, y: float, radius: float) -> str:
    """The SVG element, still open, that draws a shape: `<circle …`, `<polygon …`.

    >>> outline("dot", 1, 2, 3)
    '<circle cx="1" cy="2" r="3"'
    """
    turns = _TURNS.get(shape)
    if turns is None:
        return f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}"'
    corners: list[str] = []
    for index, turn in enumerate(turns):
        reach = radius * (0.45 if shape == "star" and index % 2 else 1.1)
        angle = turn * math.pi / 2
        corners.append(f"{x + reach * math.sin(angle):.1f},{y - reach * math.cos(angle):.1f}")
    return f'<polygon points="{" ".join(corners)}"'
