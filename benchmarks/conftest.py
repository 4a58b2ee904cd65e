"""Figures are printed as a table: what was done, CPU seconds, memory, what it is compared with."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

SHARED_DATA = Path(os.environ.get("CLEW_SHARED_DATA") or Path(__file__).parents[2] / "shared" / "data").resolve()
_ROWS = pytest.StashKey[list[tuple[str, str, str]]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_ROWS] = []


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Callable[[str, str, str], None]:
    """`figure(job, measured, compared with)`: one row of the table that is printed at the end."""
    rows = request.config.stash[_ROWS]
    return lambda job, measured, compared="": rows.append((job, measured, compared))


@pytest.fixture(scope="session")
def shared_data() -> Callable[[str], Path]:
    def folder(name: str) -> Path:
        path = SHARED_DATA / name
        if not path.is_dir():
            pytest.skip(f"no real data: {name} is not in {SHARED_DATA}")
        return path

    return folder


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    rows = [("job", "measured", "compared with"), *config.stash[_ROWS]]
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    terminalreporter.section("figures")
    for row in rows:
        terminalreporter.write_line("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)))
