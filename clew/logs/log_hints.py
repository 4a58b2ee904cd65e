"""What a user says of logs that they do not say themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class LogHints:
    """What a user says of logs that they do not say themselves; it is part of what a source is.

    Attributes:
        columns: for columns of tables that no schema knows, what they are (`clew.logs.column_map`).
        view: the view that rows of such tables are of; the first that has all of these columns, if not given.
        host: the machine of the rows that name none.
    """

    columns: Mapping[str, str] = field(default_factory=dict[str, str])
    view: str = ""
    host: str = ""

    def __bool__(self) -> bool:
        return bool(self.columns or self.view or self.host)


NO_HINTS = LogHints()
