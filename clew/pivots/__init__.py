"""Verbs: pivots as typed methods of entities."""

from clew.pivots.attach import attach_menus
from clew.pivots.catalog import search
from clew.pivots.context import configure, connect

__all__ = ["attach_menus", "configure", "connect", "search"]
