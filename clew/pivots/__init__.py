"""Verbs: pivots as typed methods of entities."""

from clew.pivots.attachment import attach_menus
from clew.pivots.catalog import search
from clew.pivots.configuration import configure
from clew.pivots.session import connect, detect

__all__ = ["attach_menus", "configure", "connect", "detect", "search"]
