"""Giving a case to an outsider: what is inside is replaced, and only the owner of the key finds the way back."""

from clew.graph.redaction.owner_key import OwnerKey, new_key
from clew.graph.redaction.redaction_report import LeftOut, Redaction, Replacement
from clew.graph.redaction.redaction_rules import Rules

__all__ = ["LeftOut", "OwnerKey", "Redaction", "Replacement", "Rules", "new_key"]
