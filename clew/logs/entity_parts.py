"""The entities and links of a view, as its YAML says them."""

from __future__ import annotations

import inspect
from collections.abc import Sequence

from clew.entities.finding import Relation
from clew.logs.entity_makers import MAKERS
from clew.logs.pack_files import PackNode
from clew.logs.row_entities import EntityRule, RowSchema


def row_schema(view: PackNode, columns: Sequence[str]) -> RowSchema:
    """What a row of a view says.

    Args:
        view: has `entities` (`name: maker column column ...`) and `links` (`entity relation entity`).
        columns: those of the view.

    Raises:
        SettingsError: a maker, column, relation or entity that there is not; says file and line.
    """
    rules = {name: _entity_rule(node, columns) for name, node in view.items("entities")}
    return RowSchema(rules, tuple(_link(node, rules) for node in view.children("links")))


def _entity_rule(node: PackNode, columns: Sequence[str]) -> EntityRule:
    maker_name, *maker_columns = node.words()
    maker = MAKERS.get(maker_name)
    if maker is None:
        raise node.error(f"there is no maker {maker_name!r}", f"makers: {', '.join(MAKERS)}")
    for column in maker_columns:
        if column not in columns:
            raise node.error(f"the view has no column {column!r}")
    parameters = list(inspect.signature(maker).parameters)
    if len(parameters) != len(maker_columns):
        raise node.error(f"{maker_name} takes {len(parameters)} columns", f"they are {', '.join(parameters)}")
    return EntityRule(tuple(maker_columns), maker)


def _link(node: PackNode, parts: dict[str, EntityRule]) -> tuple[str, Relation, str]:
    words = node.words()
    if len(words) != 3:
        raise node.error(f"{node.text()!r} is no link", "write: entity relation entity")
    source, relation, target = words
    for part in (source, target):
        if part not in parts:
            raise node.error(f"a row has no entity {part!r}", f"it has {', '.join(parts)}")
    try:
        return source, Relation(relation), target
    except ValueError:
        raise node.error(f"there is no relation {relation!r}", f"relations: {', '.join(Relation)}") from None
