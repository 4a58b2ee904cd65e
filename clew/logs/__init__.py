"""What a log is: its files, its schemas, the questions to it, and the engines that answer them."""

from clew.logs.frame_entities import RowEntities, entities_of

__all__ = ["RowEntities", "entities_of"]
