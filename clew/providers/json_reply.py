"""JSON in replies, read with types.

What a reply lacks, or has as something else than its vendor documents, is None: a field that was renamed costs that
field and not the answer. What an answer cannot do without is `require`ed, and then the ask has failed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, cast

from clew.entities.timestamps import iso_time
from clew.errors import AskFailed
from clew.providers.base import Reply


class PlacedText(NamedTuple):
    """A text in a reply, and the JSON pointer at which it stands."""

    text: str
    pointer: str


@dataclass(frozen=True, slots=True)
class JsonObject:
    """An object in a reply, and the JSON pointer at which it stands there.

    >>> part = JsonObject({"data": {"score": "17", "seen": "2026-03-17", "tags": ["c2", 5]}})
    >>> part.integer("data", "score"), part.moment("data", "seen").isoformat(), part.texts("data", "tags")
    (17, '2026-03-17T00:00:00+00:00', ['c2'])
    >>> part.text("data", "name") is None, part.child("data").pointer
    (True, '/data')
    """

    fields: dict[str, object]
    pointer: str = ""

    @classmethod
    def of(cls, reply: Reply) -> JsonObject:
        """The object that a reply is. Raises AskFailed for anything else."""
        return cls(reply.object())

    @classmethod
    def of_known(cls, reply: Reply) -> JsonObject | None:
        """The object that a reply is; None where its status is 404: the source has none. Raises AskFailed as `of`."""
        return None if reply.status == 404 else cls.of(reply)

    @classmethod
    def all_of(cls, reply: Reply) -> list[JsonObject]:
        """The objects in the list that a reply is. Raises AskFailed for anything else."""
        document = reply.json()
        if not isinstance(document, list):
            raise AskFailed(f"the reply is JSON, but no list: {type(document).__name__}", kind="reply")
        return [*_objects(cast("list[object]", document), "")]

    def value(self, *path: str) -> object:
        """The value at the end of the path; None where there is none."""
        value = cast("object", self.fields)
        for name in path:
            if not isinstance(value, dict):
                return None
            value = cast("dict[str, object]", value).get(name)
        return value

    def pointer_to(self, *path: str | int) -> str:
        """The JSON pointer of what is at the end of the path."""
        steps = (str(step).replace("~", "~0").replace("/", "~1") for step in path)
        return self.pointer + "".join(f"/{step}" for step in steps)

    def child(self, *path: str) -> JsonObject:
        """The object there; an empty one where there is none."""
        value = self.value(*path)
        return JsonObject(cast("dict[str, object]", value) if isinstance(value, dict) else {}, self.pointer_to(*path))

    def require(self, *path: str) -> JsonObject:
        """The object there. Raises AskFailed where there is none."""
        if not isinstance(self.value(*path), dict):
            raise AskFailed(f"the reply has no object at {self.pointer_to(*path)}", kind="reply")
        return self.child(*path)

    def objects(self, *path: str) -> list[JsonObject]:
        """The objects in the list there."""
        value = self.value(*path)
        return [*_objects(cast("list[object]", value), self.pointer_to(*path))] if isinstance(value, list) else []

    def require_objects(self, *path: str) -> list[JsonObject]:
        """The objects in the list there. Raises AskFailed where there is no list."""
        if not isinstance(self.value(*path), list):
            raise AskFailed(f"the reply has no list at {self.pointer_to(*path)}", kind="reply")
        return self.objects(*path)

    def require_all(self, *path: str) -> list[JsonObject]:
        """The objects in the list there. Raises AskFailed where there is no list, or anything else in it.

        >>> [each.pointer for each in JsonObject({"rows": [{"port": 22}, {"port": 443}]}).require_all("rows")]
        ['/rows/0', '/rows/1']
        """
        objects = self.require_objects(*path)
        if len(objects) != len(cast("list[object]", self.value(*path))):
            raise AskFailed(f"the reply has something else than objects at {self.pointer_to(*path)}", kind="reply")
        return objects

    def text(self, *path: str) -> str | None:
        """The text there, without the space around it; None for an empty one."""
        value = self.value(*path)
        return value.strip() or None if isinstance(value, str) else None

    def texts(self, *path: str) -> list[str]:
        """The texts in the list there, or the only one."""
        value = self.value(*path)
        values = cast("list[object]", value) if isinstance(value, list) else [value]
        return [text.strip() for text in values if isinstance(text, str) and text.strip()]

    def texts_with_pointers(self, *path: str) -> list[PlacedText]:
        """The texts in the list there, each with where it stands."""
        value = self.value(*path)
        values = cast("list[object]", value) if isinstance(value, list) else []
        return [
            PlacedText(text.strip(), self.pointer_to(*path, index))
            for index, text in enumerate(values)
            if isinstance(text, str)
        ]

    def integer(self, *path: str) -> int | None:
        """The whole number there, also where it is spelt as text."""
        value = self.value(*path)
        if isinstance(value, str) and value.strip().removeprefix("-").isdecimal() and len(value) < 20:
            return int(value)
        if isinstance(value, float) and value.is_integer():
            return int(value)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def count(self, *path: str) -> int:
        """How many there are, 0 where nothing is said. Raises AskFailed for what is no number from 0 on."""
        number = self.integer(*path)
        if number is None and self.value(*path) is None:
            return 0
        if number is None or number < 0:
            raise AskFailed(f"the reply has no number from 0 on at {self.pointer_to(*path)}", kind="reply")
        return number

    def number(self, *path: str) -> float | None:
        """The number there, also where it is spelt as text; None for what is not finite."""
        value = self.value(*path)
        try:
            number = None if isinstance(value, bool) or not isinstance(value, int | float | str) else float(value)
        except (OverflowError, ValueError):
            return None
        return number if number is not None and abs(number) < float("inf") else None

    def flag(self, *path: str) -> bool | None:
        """The truth value there."""
        value = self.value(*path)
        return value if isinstance(value, bool) else None

    def moment(self, *path: str) -> datetime | None:
        """The time there, as ISO 8601 or in seconds since 1970; one without a zone is taken as UTC."""
        iso_text = iso_time(self.value(*path))
        return datetime.fromisoformat(iso_text) if iso_text else None


def _objects(values: list[object], pointer: str) -> Iterator[JsonObject]:
    for index, value in enumerate(values):
        if isinstance(value, dict):
            yield JsonObject(cast("dict[str, object]", value), f"{pointer}/{index}")


def earliest(records: Iterable[JsonObject], *path: str) -> datetime | None:
    """The earliest of the times at the end of the path; None where there is none."""
    return min((time for record in records if (time := record.moment(*path))), default=None)


def latest(records: Iterable[JsonObject], *path: str) -> datetime | None:
    """The latest of the times at the end of the path; None where there is none."""
    return max((time for record in records if (time := record.moment(*path))), default=None)
