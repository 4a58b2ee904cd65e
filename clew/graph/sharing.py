"""Giving a case away: a copy of it, and what a copy may leave out, prove, or be in the formats of others."""

from __future__ import annotations

from pathlib import Path

from clew.graph.curating import Curating


class Sharing(Curating):
    """The part of a case that hands it to somebody else."""

    def export_copy(self, path: str | Path) -> Path:
        """Write the case as it is now into a new file, whole or not at all; nobody has to stop working meanwhile.

        Raises:
            CaseError: there is such a file already, or it cannot be written.
        """
        self._store.copy(Path(path))
        return Path(path)
