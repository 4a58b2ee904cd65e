"""What was read of logs is kept up to a bound, and what was not used for the longest time goes first."""

from __future__ import annotations

import os
from pathlib import Path

from clew.logs.engines.duckdb_engine import ENGINE
from clew.logs.log_cache import list_kept_logs, trim_kept_logs
from clew.pivots.workspace import Workspace
from clew.settings import Settings
from tests.logs.events import ALL, STARTED, ndjson


def connect(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    ENGINE.open(str(path), folder / "cache").close()
    return path


def test_what_was_used_last_stays(tmp_path: Path) -> None:
    """The sources with the latest use are kept; one that is in use stays, whatever the limit."""
    paths = [connect(tmp_path, f"{number}.ndjson", ndjson([STARTED] * (number + 1))) for number in range(3)]
    for age, item in enumerate(list_kept_logs(tmp_path / "cache")):
        os.utime(item.folder, (1000 - age, 1000 - age))
    ENGINE.open(str(paths[0]), tmp_path / "cache").close()
    newest, *others = list_kept_logs(tmp_path / "cache")
    assert newest.location == str(paths[0])
    assert len(others) == 2
    deleted = trim_kept_logs(tmp_path / "cache", newest.size)
    assert {item.location for item in deleted} == {str(path) for path in paths[1:]}
    assert trim_kept_logs(tmp_path / "cache", 0, [str(paths[0])]) == ()
    assert [item.location for item in trim_kept_logs(tmp_path / "cache", 0)] == [str(paths[0])]
    assert list_kept_logs(tmp_path / "cache") == ()
    assert list_kept_logs(tmp_path / "nowhere") == ()


def test_connecting_keeps_the_bound(tmp_path: Path) -> None:
    """What a process connects to takes the place of what it connected to before, and answers while it is open."""
    settings = Settings(cache=tmp_path / "cache", log_cache=1)
    workspace = Workspace(settings)
    for number in range(2):
        path = tmp_path / f"{number}.ndjson"
        path.write_bytes(ndjson(ALL[: number + 3]))
        workspace.logs = ()
        workspace.connect(path)
    assert [item.location for item in list_kept_logs(tmp_path / "cache")] == [str(tmp_path / "1.ndjson")]


def test_what_was_not_read_to_its_end_goes_too(tmp_path: Path) -> None:
    """What a process left that was ended while it read is removed a day later; what is being read now stays."""
    connect(tmp_path, "a.ndjson", ndjson([STARTED]))
    logs = tmp_path / "cache" / "logs"
    for name, time in (("old.partial", 1000), ("new.partial", None)):
        (logs / name).mkdir()
        (logs / name / "views.duckdb").write_bytes(b"x")
        if time is not None:
            os.utime(logs / name, (time, time))
    assert len(list_kept_logs(tmp_path / "cache")) == 1
    assert len(trim_kept_logs(tmp_path / "cache", 0)) == 1
    assert [folder.name for folder in logs.iterdir()] == ["new.partial"]
    assert [*(tmp_path / "cache" / "log-digests").iterdir()] == []
