"""What pivots there are, to look through: for people, the command line, the reference and the browser."""

from __future__ import annotations

from clew.entities import ENTITY_TYPES, Entity
from clew.entities.display import html_table, visible
from clew.pivots.description import PivotDescription, describe_pivot
from clew.pivots.registry import pivots_for


class Catalog(tuple[PivotDescription, ...]):
    """Pivots, to look through."""

    __slots__ = ()

    def search(self, words: str) -> Catalog:
        """Those in which every word stands somewhere, those that have it in their name first."""
        terms = words.lower().split()
        hits = [description for description in self if all(word in _text(description) for word in terms)]
        return Catalog(sorted(hits, key=lambda description: not any(word in description.name for word in terms)))

    def __repr__(self) -> str:
        width = max((len(f"{description.entity}.{description.name}") for description in self), default=0)
        lines = [
            f"{f'{description.entity}.{description.name}':<{width}}  {description.contact:<7}  {description.about}"
            for description in self
        ]
        return "\n".join(map(visible, lines)) or "no pivots"

    def _repr_html_(self) -> str:
        rows = [
            (
                f"{description.entity}.{description.name}",
                description.about,
                description.contact,
                description.leaves,
                description.cost,
            )
            for description in self
        ]
        return html_table(("pivot", "what", "contact", "leaves", "cost"), rows) or "<p>no pivots</p>"


def catalog_of(entity: type[Entity]) -> Catalog:
    """The pivots of an entity class."""
    return Catalog(describe_pivot(entity, pivot) for pivot in pivots_for(entity).values())


def search(words: str = "") -> Catalog:
    """The pivots of all entities in which every word stands somewhere: name, description, source, parameter, column.

    >>> from clew.pivots import search
    >>> search("maxmind country")
    IpAddress.geo.locate  local    Country, city, coordinates, network and operator of the address.
    """
    return Catalog(description for entity in ENTITY_TYPES.values() for description in catalog_of(entity)).search(words)


def _text(description: PivotDescription) -> str:
    source_words = [word for source in description.sources for word in (source.name, source.title)]
    parameter_names = [parameter.name for parameter in description.parameters]
    column_names = [column.name for column in description.columns]
    return " ".join(
        [description.entity, description.name, description.about, *source_words, *parameter_names, *column_names]
    ).lower()
