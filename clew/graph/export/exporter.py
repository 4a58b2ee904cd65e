"""A format that a case can be written in: its name, its ending, who writes it, and what it cannot hold."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from clew.graph.case_reader import CaseReader
from clew.graph.store import Store

_NAME = re.compile(r"[a-z][a-z0-9-]{0,29}")
_ENDING = re.compile(r"(?:\.[a-z0-9]{1,15}){1,2}")


@dataclass(frozen=True, slots=True)
class ExportSource:
    """A case as an exporter gets it: at one moment, whatever others write meanwhile.

    Attributes:
        store: the copy that is written; nobody else has it.
        by: the analyst who exports it.
        at: when; with its zone.
    """

    store: Store
    by: str
    at: datetime

    @property
    def case(self) -> CaseReader:
        """The case, to be asked for what it knows."""
        return CaseReader(self.store)


#: Writes a case into the file that it is given, which is empty, or the folder, which is empty too.
Writer = Callable[[ExportSource, Path], object]


@dataclass(frozen=True, slots=True)
class Exporter:
    """One format.

    What the writer is given has a name for now, and gets the one that was asked for only when the writer returns: where
    it raises, nothing is there. An `OSError` becomes a `CaseReadOnly`.

    Attributes:
        name: by which it is asked for: lower case, digits, dashes.
        title: what people call the format.
        ending: of the file's name, with its dot, in lower case; empty for a folder.
        writer: writes a case.
        losses: what the format cannot hold of a case, each in some words for the user; empty where nothing is lost.
    """

    name: str
    title: str
    ending: str
    writer: Writer
    losses: tuple[str, ...] = ()

    @property
    def problem(self) -> str:
        """Why it cannot be used; empty if it can."""
        if not _NAME.fullmatch(self.name):
            return f"{self.name!r} is no name of a format: lower case, digits and dashes"
        if self.ending and not _ENDING.fullmatch(self.ending):
            return f"{self.ending!r} is no ending: one or two of a dot and lower case letters or digits"
        return ""


_registered_exporters: list[Exporter] = []


def register_exporter(exporter: Exporter) -> None:
    """Offer a format of a room that the case knows nothing of. Raises ValueError for what cannot be used."""
    if exporter.problem:
        raise ValueError(exporter.problem)
    if exporter not in _registered_exporters:
        _registered_exporters.append(exporter)


def registered_exporters() -> tuple[Exporter, ...]:
    """What was registered, in that order."""
    return tuple(_registered_exporters)
