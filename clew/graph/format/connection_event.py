"""The event of logs that were connected, and what it was in cases up to format 3."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, cast

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from clew.logs.engines.protocol import SourceDescription
from clew.logs.engines.registry import FILES


@dataclass(frozen=True, slots=True)
class Connected:
    """Logs were connected.

    Attributes:
        source: which they were, where they were then, and how much there was.
    """

    source: SourceDescription
    kind: Literal["connected"] = "connected"

    @property
    def source_key(self) -> tuple[str, str]:
        """What tells the source from every other: its engine and its identity.

        Returns:
            The name of the engine, and the identity of the source.
        """
        return self.source.engine, self.source.identity

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(_current_form, handler(source))


def _current_form(value: object) -> object:
    """The fields of today for those of any format.

    Up to format 3 only files could be connected: a path, a digest of their content, and how many there were. The steps
    of such cases stay as they are; what they say is read as today's event.
    """
    if not isinstance(value, dict):
        return value
    document = cast("dict[str, Any]", value)
    if "source" in document:
        return document
    return {
        "source": {
            "engine": FILES,
            "name": document.get("name"),
            "location": document.get("path"),
            "identity": document.get("digest"),
            "counts": {noun: document.get(noun) for noun in ("files", "rows", "damaged")},
        },
        "kind": document.get("kind"),
    }


class StoredConnection(NamedTuple):
    """What identifies the logs of an event, out of its document in any format."""

    location: str
    identity: str

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> StoredConnection:
        """Of the document of an event `connected`."""
        source: Mapping[str, Any] | None = document.get("source")
        if source is None:
            return cls(str(document["path"]), str(document["digest"]))
        return cls(str(source["location"]), str(source["identity"]))
