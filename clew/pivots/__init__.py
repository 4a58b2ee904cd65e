"""Verbs: pivots as typed methods of entities."""

from clew.pivots.attach import attach_menus

__all__ = ["attach_menus"]
