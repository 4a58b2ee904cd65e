"""What a log is: its files, its schemas, the questions to it, and the engines that answer them."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clew.logs.frame_entities import RowEntities, entities_of

__all__ = ["RowEntities", "entities_of"]


def __getattr__(name: str) -> object:
    # Loaded when it is asked for: schemas and their readers are of no use to who has no logs.
    if name not in __all__:
        raise AttributeError(f"module 'clew.logs' has no attribute {name!r}")
    return getattr(import_module("clew.logs.frame_entities"), name)
