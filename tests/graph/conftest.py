"""One incident for all tests of this room, and cases to begin with."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from clew.demo.scenario import Scenario
from clew.graph.case import Case
from clew.pivots.workspace import Workspace
from clew.settings import Settings
from tests.graph.cases import bare_workspace, fill

SHARED = Path(os.environ.get("CLEW_SHARED_DATA") or Path(__file__).parents[3] / "shared" / "data").resolve().parent


@pytest.fixture(scope="session")
def hostile_files() -> Path:
    """A folder of inputs that were made to do harm; else a skip."""
    folder = SHARED / "hostile-files"
    if not folder.is_dir():
        pytest.skip(f"no hostile files in {SHARED} (CLEW_SHARED_DATA names the folder beside them)")
    return folder


@pytest.fixture(scope="session")
def around(
    scenario: Scenario, tmp_path_factory: pytest.TempPathFactory, share_logs: Callable[[Path], Path]
) -> Workspace:
    """Feed and places of the incident; its logs are connected by each case."""
    cache = share_logs(tmp_path_factory.mktemp("cache"))
    return Workspace(Settings(feeds=(scenario.feed,), geoip=(scenario.geo,), cache=cache, providers=("abuseipdb",)))


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    """An open case with nothing around it."""
    with Case.open(tmp_path / "case.clew", workspace=bare_workspace(tmp_path)) as opened:
        yield opened


@pytest.fixture
def incident(tmp_path: Path, scenario: Scenario, around: Workspace) -> Iterator[Case]:
    """An open case with the logs, the feed, the places and the recorded replies of the incident."""
    opened = Case.open(tmp_path / "incident.clew", workspace=around, replies=scenario.replies)
    opened.connect(scenario.logs)
    with opened:
        yield opened


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory, scenario: Scenario) -> Path:
    """A small closed case with evidence, an answer of each kind that needs no logs, and a merge. To be copied."""
    folder = tmp_path_factory.mktemp("sample")
    path = folder / "sample.clew"
    around = bare_workspace(folder, feeds=(scenario.feed,), geoip=(scenario.geo,))
    fill(Case.open(path, title="sample", workspace=around))
    return path
