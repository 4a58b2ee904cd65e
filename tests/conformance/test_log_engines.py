"""Every engine of logs keeps the contract that plug-ins are held to."""

from __future__ import annotations

from pathlib import Path

import pytest

from clew.logs.engines.registry import engine_names, log_engine
from clew.testing import LogEngineSuite
from tests.logs.events import CONNECTED, STARTED, ndjson
from tests.support import HOSTILE

pytest.importorskip("duckdb")


class TestFiles(LogEngineSuite):
    """Folders, files and zips."""

    engine = log_engine("files")
    view, column = "connections", "process_executable"
    hostile_values = HOSTILE

    def make_logs(self, folder: Path) -> str:
        """Three connections of two programs, and an event of another view."""
        path = folder / "log.ndjson"
        path.write_bytes(ndjson([CONNECTED, {**CONNECTED, "Image": "C:\\b.exe"}, STARTED, CONNECTED]))
        return str(path)


def test_every_engine_has_a_suite():
    """The engines of the registry are those that are tested here."""
    assert set(engine_names()) == {TestFiles.engine.name}
