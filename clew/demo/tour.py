"""The tour behind `clew demo`: from one alert to a saved, replayed and drawn case."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from clew.demo.scenario import Scenario, write_scenario
from clew.entities import IpAddress
from clew.graph.expansion.plan import Budget
from clew.graph.replay.offline_replay import Replay
from clew.pivots.workspace import Workspace
from clew.settings import Settings
from clew.views.investigation import Investigation

DEPTH = 5
BUDGET = Budget(calls=120)


def run_tour(folder: Path, say: Callable[[str], None]) -> Replay:
    """Write the scenario into a scratch folder, investigate it, and leave `demo.clew` and `demo.html` in `folder`.

    Raises:
        FileExistsError: there is a `demo.clew` already.
    """
    case_file, page = folder / "demo.clew", folder / "demo.html"
    if case_file.exists():
        raise FileExistsError(f"{case_file} exists already: move it away, or choose another folder")
    with TemporaryDirectory(prefix="clew-demo-") as scratch:
        scenario = write_scenario(Path(scratch))
        say(f"an alert: {scenario.seed} was contacted from WS01 ({scenario.rows:,} rows of made-up logs, 5 hosts)")
        settings = Settings(
            feeds=(scenario.feed,),
            geoip=(scenario.geo,),
            analyst="demo",
            own_domains=("corp.example",),
            offline=True,
            providers=("abuseipdb", "feed"),
            cache=Path(scratch) / "cache",
        )
        _investigate(case_file, scenario, Workspace(settings), page, say)
    replay = Investigation.replay(case_file)
    size = case_file.stat().st_size // 1024
    say(f"\nsaved {case_file.name} ({size:,} KiB), drew {page.name}; replayed offline: {replay}")
    return replay


def _investigate(
    case_file: Path, scenario: Scenario, workspace: Workspace, page: Path, say: Callable[[str], None]
) -> None:
    replies = scenario.replies
    with Investigation.open(case_file, title="demo: one alert", workspace=workspace, replies=replies) as case:
        case.connect(scenario.logs)
        alert = IpAddress(scenario.seed)
        case.add(alert)
        case.note("Where the alert pointed.", about=alert)
        say("\nthe plan, before anything is asked")
        say(str(case.plan(alert, budget=BUDGET)))
        expansion = case.expand(alert, depth=DEPTH, budget=BUDGET)
        say(f"\n{expansion}\n")
        say(case.story())
        case.to_html(page)
