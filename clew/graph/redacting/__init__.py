"""Giving a case to an outsider: what is inside is replaced, and only the owner of the key finds the way back."""

from clew.graph.redacting.owner import OwnerKey, new_key
from clew.graph.redacting.report import LeftOut, Redaction, Replacement
from clew.graph.redacting.rules import Rules

__all__ = ["LeftOut", "OwnerKey", "Redaction", "Replacement", "Rules", "new_key"]
