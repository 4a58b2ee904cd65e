"""Menu `transform`: what can be read out of the value itself."""

from __future__ import annotations

from typing import ClassVar

from clew.entities import Process, Url
from clew.pivots.binding import Menu, bind
from clew.providers.local.command_line import Decoder
from clew.providers.local.url_parts import UrlParts


class UrlTransform(Menu[Url]):
    """What a URL is made of."""

    menu: ClassVar[str] = "transform"
    parts = bind(UrlParts.parts)


class ProcessTransform(Menu[Process]):
    """What a process's command line hides."""

    menu: ClassVar[str] = "transform"
    decode = bind(Decoder.process)
