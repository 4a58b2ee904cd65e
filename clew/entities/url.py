"""URLs."""

from __future__ import annotations

from dataclasses import KW_ONLY
from typing import Any, ClassVar

from pydantic.dataclasses import dataclass

from clew.entities.checked_text import given_text, refang
from clew.entities.entity import STRICT, Entity
from clew.entities.key import Key
from clew.entities.static_menus import UrlMenus
from clew.errors import EntityError

_MAX_LAYERS = 16


@dataclass(frozen=True, slots=True, eq=False, repr=False, config=STRICT)
class Url(Entity, UrlMenus):
    r"""A URL in the normal form that browsers use (WHATWG); what the text said is kept in `original`.

    >>> Url("hxxps://EVIL[.]example:443/a/../b")
    Url('https://evil.example/b', original='hxxps://EVIL[.]example:443/a/../b')
    >>> Url("http://0x7f.1/").value
    'http://127.0.0.1/'

    Raises:
        EntityError: no scheme, no host, or not a URL.
    """

    kind: ClassVar[str] = "url"
    value: str
    _: KW_ONLY
    original: str | None = None

    @classmethod
    def identify(cls, arguments: dict[str, Any]) -> dict[str, Any]:
        if "value" not in arguments:
            return arguments
        text = given_text(arguments["value"], "a URL")
        value = _normal_form(text)
        original = arguments.get("original") or (text if text != value else None)
        return {**arguments, "value": value, "original": original}

    @property
    def key(self) -> Key:
        return Key("url", self.value)


def _normal_form(text: str) -> str:
    # What was defanged twice is refanged twice: the normal form of a normal form is itself.
    for _ in range(_MAX_LAYERS):
        href = _normalized_href(text)
        if refang(href) == href:
            return href
        text = href
    raise EntityError("the URL is defanged too often", next_step=f"take away all but {_MAX_LAYERS} layers")


def _normalized_href(text: str) -> str:
    # Loaded here: a C++ parser that only URLs need.
    from can_ada import parse

    clean = refang(text)
    try:
        # A lone surrogate is text to Python and cannot be UTF-8: the parser never sees it.
        clean.encode()
        url = parse(clean)
    except ValueError:  # UnicodeEncodeError is one
        raise EntityError(f"{text!r} is not a URL", next_step="write the scheme: https://evil.example/a") from None
    if not url.hostname:
        raise EntityError(f"{text!r} has no host", next_step="write the scheme: https://evil.example/a")
    return str(url.href)
