"""A reader of whole pages that trusts nothing: every element, every attribute, every script."""

from __future__ import annotations

import base64
import json
import re
from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any

#: Attributes that make a browser fetch, go or run.
POINTING = {
    "href",
    "src",
    "srcset",
    "srcdoc",
    "action",
    "formaction",
    "data",
    "poster",
    "background",
    "xlink:href",
    "ping",
}
ADDRESS = re.compile(r"(?:https?:)?//(?!www\.w3\.org/)[\w.-]+\.\w+|\burl\(", re.IGNORECASE)


@dataclass
class Page(HTMLParser):
    """A parsed page: how often each element stands in it, its attributes, and the texts of scripts and styles."""

    source: str
    elements: Counter[str] = field(default_factory=Counter)
    attributes: list[tuple[str, str, str]] = field(default_factory=list)
    raw: list[tuple[str, str, str]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)
    _inside: tuple[str, str] | None = None

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.feed(self.source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements[tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag in ("script", "style"):
            self._inside = (tag, dict(attrs).get("type") or "")
            self.raw.append((*self._inside, ""))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._inside = None

    def handle_data(self, data: str) -> None:
        if self._inside:
            tag, kind, text = self.raw.pop()
            self.raw.append((tag, kind, text + data))
        else:
            self.words.append(data)

    def handle_comment(self, data: str) -> None:
        self.strange.append(f"<!--{data}")

    def handle_pi(self, data: str) -> None:
        self.strange.append(f"<?{data}")

    @property
    def text(self) -> str:
        return " ".join(self.words)

    @property
    def case(self) -> dict[str, Any]:
        """The data of the page."""
        return json.loads(next(text for _, kind, text in self.raw if kind == "application/json"))

    @property
    def policy(self) -> str:
        return next(
            value
            for tag, name, value in self.attributes
            if (tag, name) == ("meta", "content") and "default-src" in value
        )

    def running(self) -> list[str]:
        """What a browser would run or apply: scripts and styles."""
        return [text for _, kind, text in self.raw if kind != "application/json"]

    def active(self) -> list[str]:
        """Whatever points, runs or styles from an attribute, and what is not plain text and elements."""
        bad = [
            f"{tag} {name}={value}"
            for tag, name, value in self.attributes
            if name in POINTING or name == "style" or name.startswith("on")
        ]
        return [*bad, *self.strange]


def fingerprint(text: str) -> str:
    """A script as a content security policy names it."""
    return f"'sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}'"


def strings(value: Any) -> list[str]:
    """Every text in a nest of JSON values, keys too."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for key, inner in value.items() for text in (key, *strings(inner))]
    return [text for inner in value for text in strings(inner)] if isinstance(value, list) else []
