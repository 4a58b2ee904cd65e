"""Facts and columns as a table: each name once, with how its value is read out of a record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from clew.entities import AutonomousSystem
from clew.entities.finding import Scalar
from clew.errors import EntityError
from clew.providers.fact_text import iso_day, join_texts, time_text
from clew.providers.json_reply import JsonObject


@dataclass(frozen=True, slots=True)
class Field:
    """How one value is read out of a record. `a | b` reads `b` where `a` is None.

    >>> name = Field.text("name") | Field.text("owner", "name")
    >>> name.read(JsonObject({"owner": {"name": "Example Ltd"}}))
    'Example Ltd'
    """

    read: Callable[[JsonObject], Scalar]

    def __or__(self, other: Field) -> Field:
        def read_either(record: JsonObject) -> Scalar:
            value = self.read(record)
            return other.read(record) if value is None else value

        return Field(read_either)

    @classmethod
    def text(cls, *path: str) -> Field:
        """The text at the end of the path."""
        return cls(lambda record: record.text(*path))

    @classmethod
    def texts(cls, *path: str) -> Field:
        """The texts in the list at the end of the path, parted by commas."""
        return cls(lambda record: join_texts(record.texts(*path)))

    @classmethod
    def integer(cls, *path: str) -> Field:
        """The whole number at the end of the path."""
        return cls(lambda record: record.integer(*path))

    @classmethod
    def number(cls, *path: str) -> Field:
        """The number at the end of the path."""
        return cls(lambda record: record.number(*path))

    @classmethod
    def flag(cls, *path: str) -> Field:
        """The truth value at the end of the path."""
        return cls(lambda record: record.flag(*path))

    @classmethod
    def network_number(cls, *path: str) -> Field:
        """The number of the autonomous system that is written at the end of the path, as `AS64500`."""
        return cls(lambda record: _network_number(record.text(*path)))

    @classmethod
    def day(cls, *path: str) -> Field:
        """The day of the time at the end of the path, ISO 8601."""
        return cls(lambda record: iso_day(record.moment(*path)))

    @classmethod
    def time(cls, *path: str) -> Field:
        """The time at the end of the path, ISO 8601 in UTC."""
        return cls(lambda record: time_text(record.moment(*path)))


def _network_number(text: str | None) -> int | None:
    try:
        return AutonomousSystem(text or "").number
    except EntityError:
        return None


#: A value that no field of the record holds: whoever reads the record says it.
COMPUTED_FIELD = Field(lambda _: None)


class FieldTable:
    """Names of facts, or of the columns of rows, in their order, each with the field that it is read from.

    >>> services = FieldTable(
    ...     service_port=Field.integer("port"), title=Field.text("http", "title"), certificate=COMPUTED_FIELD
    ... )
    >>> services.names
    ('service_port', 'title', 'certificate')
    >>> services.row(JsonObject({"port": 443}), certificate="sha256:5f")
    (443, None, 'sha256:5f')
    """

    def __init__(self, **fields: Field) -> None:
        self._fields = fields
        self.names = tuple(fields)

    def facts(self, record: JsonObject, **computed_values: Scalar) -> dict[str, Scalar]:
        """The values by their names.

        Args:
            computed_values: values that are not read, by name; they go before those that are.

        Raises:
            TypeError: a computed value has a name that the table has not.
        """
        if unknown_names := computed_values.keys() - self._fields.keys():
            raise TypeError(f"no names of the table: {', '.join(sorted(unknown_names))}")
        return {
            name: computed_values[name] if name in computed_values else field.read(record)
            for name, field in self._fields.items()
        }

    def row(self, record: JsonObject, **computed_values: Scalar) -> tuple[Scalar, ...]:
        """The values in the order of the names; everything else as in `facts`."""
        return tuple(self.facts(record, **computed_values).values())
