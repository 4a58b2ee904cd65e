"""The command line in this process, on the made-up incident."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from clew.cli import main
from clew.demo.scenario import Scenario
from clew.pivots import session
from clew.pivots.workspace import Workspace
from tests.cli.commands import Run


@pytest.fixture
def clew(
    scenario: Scenario,
    share_logs: Callable[[Path], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """`clew("show", "ir.clew")`: exit code, output, errors; in a folder of its own, with the scenario's feed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CLEW_FEEDS", str(scenario.feed))
    monkeypatch.setenv("CLEW_GEOIP", str(scenario.geo))
    monkeypatch.setenv("CLEW_CACHE", str(share_logs(Path.home() / "cache")))
    workspace = Workspace()  # the process keeps the settings that it read first
    monkeypatch.setattr(session, "_default_workspace", lambda: workspace)

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["clew", *arguments])
        with pytest.raises(SystemExit) as stop:
            main()
        code = stop.value.code
        out, err = capsys.readouterr()
        return int(code or 0), out, err

    return run
