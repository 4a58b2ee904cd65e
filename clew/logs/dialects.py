"""How engines spell SQL. The queries of the packs are written in one dialect, the canonical one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Dialect:
    """What an engine needs to say a query in its own words.

    Attributes:
        name: what translators of SQL call it.
        schema: where the tables of the views are, as a name of SQL: a query's own name for a view hides that view.
        quotation_mark: what stands around an identifier, and twice for itself.
        parameter_mark: what stands before the name of a parameter.
        timestamp_cast: a text as a timestamp in UTC, with `{text}` for the expression.
    """

    name: str
    schema: str
    quotation_mark: str = '"'
    parameter_mark: str = "$"
    timestamp_cast: str = "CAST({text} AS TIMESTAMP)"

    def quote(self, identifier: str) -> str:
        """An SQL identifier.

        >>> CANONICAL.quote('a"b')
        '"a""b"'
        """
        mark = self.quotation_mark
        return f"{mark}{identifier.replace(mark, mark * 2)}{mark}"

    def parameter(self, name: str) -> str:
        """A named parameter, to be bound.

        >>> CANONICAL.parameter("hosts")
        '$hosts'
        """
        return f"{self.parameter_mark}{name}"

    def timestamp(self, text: str) -> str:
        """An expression that is a text, as a timestamp.

        >>> CANONICAL.timestamp("$start")
        'CAST($start AS TIMESTAMP)'
        """
        return self.timestamp_cast.replace("{text}", text)


#: That of the queries in the packs, and of the schemas.
CANONICAL = Dialect("duckdb", schema="main")
