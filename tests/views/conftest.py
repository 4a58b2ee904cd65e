"""Cases to look at."""

import pytest

from clew.entities import IpAddress
from clew.graph.expansion.plan import Budget
from clew.pivots.workspace import Workspace
from clew.settings import Settings
from clew.views.investigation import Investigation
from tests.views.hand import open_case


@pytest.fixture
def case(tmp_path):
    with open_case(tmp_path) as opened:
        yield opened


@pytest.fixture(scope="module")
def incident(scenario, share_logs, tmp_path_factory):
    """The demonstration, expanded as an analyst would."""
    folder = tmp_path_factory.mktemp("incident")
    around = Workspace(Settings(feeds=(scenario.feed,), geoip=(scenario.geo,), cache=share_logs(folder / "cache")))
    seed = IpAddress(scenario.seed)
    with Investigation.open(
        folder / "case.clew", title="An incident", workspace=around, replies=scenario.replies
    ) as opened:
        opened.connect(scenario.logs)
        opened.add(seed)
        opened.expand(seed, depth=4, budget=Budget(calls=120))
        yield opened
