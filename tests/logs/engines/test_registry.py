"""The rest of clew knows of log engines what the protocol says, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import clew
from clew.errors import ConnectError
from clew.logs.engines.protocol import SourceDescription
from clew.logs.engines.registry import engine_names, log_engine, open_source, reopen_source

PACKAGE = Path(clew.__file__).parent
# Parquet is read and written with the same library, and the canonical dialect has its name.
EXEMPT = {"graph/export/table_files.py", "logs/dialects.py", "logs/formats/parquet_table.py"}
PRIVATE = re.compile(r"LogStore|duckdb|content_digest|DuckDb", re.IGNORECASE)


def test_what_an_engine_is_made_of_stays_in_its_folder() -> None:
    """No module outside of the engines names the library of one, its classes, or a digest of files."""
    modules = {
        str(path.relative_to(PACKAGE)) for path in PACKAGE.rglob("*.py") if PRIVATE.search(path.read_text("utf-8"))
    }
    assert {name for name in modules if not name.startswith("logs/engines/")} == EXEMPT
    users = ("pivots/workspace.py", "graph/case.py", "graph/replay/live_replay.py", "cli/case.py")
    assert not any(re.search(r"\.identity\b|FILES\b", (PACKAGE / name).read_text("utf-8")) for name in users)


def test_files_are_read_by_the_engine_of_files(tmp_path: Path) -> None:
    """A path is one of files, whatever it looks like; an address that no engine knows is told, with those there are."""
    assert engine_names()[0] == "files"
    engine = log_engine("files")
    assert all(engine.recognises(location) for location in ("logs", "C:\\logs", "/x/y.zip", "a:b", ""))
    with pytest.raises(ConnectError, match="no log engine knows") as refused:
        open_source("kusto://cluster/database", tmp_path)
    assert "files" in refused.value.next_step


def test_an_engine_that_is_not_there_is_a_connect_error(tmp_path: Path) -> None:
    """A case may name an engine that this machine has not: its logs cannot be connected, and the error says why."""
    description = SourceDescription("of-another-machine", "x", "x", "0" * 64)
    with pytest.raises(ConnectError, match="no log engine 'of-another-machine'"):
        reopen_source(description, tmp_path)


@pytest.mark.parametrize(
    ("counts", "text"),
    [
        ({}, ""),
        ({"files": 1, "rows": 1, "damaged": 0}, "1 file, 1 row"),
        ({"files": 2, "rows": 20_004, "damaged": 3}, "2 files, 20,004 rows, 3 damaged rows left out"),
        ({"tables": 12}, "12 tables"),
    ],
)
def test_counts_are_told_by_their_nouns(counts: dict[str, int], text: str) -> None:
    """What there is in a source is said in words; what is damaged only where something is."""
    assert SourceDescription("files", "x", "x", "0", counts).count_text == text
