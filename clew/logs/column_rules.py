"""How a cell of a view comes out of an event: a function over fields, with a table for its values, or one constant."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from clew.logs.cell_values import CELL_FUNCTIONS, CELL_TYPES, CellFunction, lower
from clew.logs.pack_files import PackNode

_KEYS = ("of", "values", "default", "constant")


@dataclass(frozen=True, slots=True)
class ColumnRule:
    """One cell.

    Attributes:
        function: makes the cell out of a value.
        fields: the first of them that makes a cell counts.
        flag: a field; where it says no, the second field counts and not the first.
        values: what stands for a value, in lower case; empty for the cell itself.
        default: what stands for every other value, and for none.
    """

    function: CellFunction
    fields: tuple[str, ...]
    flag: str = ""
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])
    default: Any = None

    @property
    def types(self) -> frozenset[type]:
        """What a cell can be, but for None."""
        cells: list[object] = [*self.values.values(), self.default]
        constants: set[type] = {cell.__class__ for cell in cells if cell is not None}
        return frozenset(constants if self.values or not self.fields else {CELL_TYPES.get(self.function, str)})

    def translate(self, cell: Any) -> Any:
        """What stands for a cell."""
        return self.values.get(lower(cell) or "", self.default) if self.values or not self.fields else cell


def read_column(node: PackNode) -> ColumnRule:
    """A column as a schema writes it.

    That is `function field "field with blanks" ...`, `function this that where Flag`,
    `{of: .., values: {..}, default: ..}` or `{constant: ..}`.

    Raises:
        SettingsError: a function that does not exist, or no field.
    """
    if isinstance(node.value, str):
        return _read_expression(node)
    node.check_keys(_KEYS)
    if "constant" in node.keys:
        return ColumnRule(lower, (), default=node.get("constant").value)
    rule = _read_expression(node.get("of"))
    values = {key.lower(): item.value for key, item in node.items("values")}
    return ColumnRule(rule.function, rule.fields, rule.flag, values, node.get("default").value)


def _words(node: PackNode) -> list[str]:
    """The words of an expression; a name with blanks stands in quotation marks."""
    try:
        return shlex.split(node.text())
    except ValueError as error:
        raise node.error(f"{node.text()!r} is not a column: {error}") from None


def _read_expression(node: PackNode) -> ColumnRule:
    name, *fields = _words(node) or [""]
    function = CELL_FUNCTIONS.get(name)
    if function is None or not fields:
        raise node.error(f"{node.text()!r} is not a column; functions: {', '.join(CELL_FUNCTIONS)}")
    if "where" not in fields:
        return ColumnRule(function, tuple(fields))
    if len(fields) != 4 or fields[2] != "where":
        raise node.error(f"{node.text()!r} is not a column; write: this that where Flag")
    return ColumnRule(function, tuple(fields[:2]), fields[3])
