"""`df.clew`: pivots and pipelines on the table itself."""

from __future__ import annotations

import subprocess
import sys

import pandas as pd
import pytest

from clew import Account, Domain, IpAddress, Pipeline, extend_pandas
from clew.errors import QueryError
from clew.pipelines import PivotStep
from clew.views.notebook.accessor import ClewFrame

FLOWS = pd.DataFrame({"src": ["10.0.0.1", "198[.]51[.]100[.]7", None, 5], "bytes": [1, 2, 3, 4]}, index=[4, 5, 6, 7])


@pytest.fixture(autouse=True)
def _extended():
    extend_pandas()
    extend_pandas()


def test_a_pivot_of_a_table_is_the_pivot_over_it():
    """`df.clew.pivot` gives what `over` gives, with the answers beside the columns."""
    told = FLOWS.clew.pivot(IpAddress.net.kind, column="src")
    wanted = IpAddress.net.kind.over(FLOWS, column="src", join="left")
    assert told.drop(columns="asked_at", errors="ignore").equals(wanted.drop(columns="asked_at", errors="ignore"))
    assert "bytes" not in FLOWS.clew.pivot(IpAddress.net.kind, column="src", join=None)


def test_a_pipeline_runs_over_a_table():
    """`df.clew.run` is the run of the pipeline."""
    result = FLOWS.clew.run(Pipeline("p", (PivotStep("ip", "net.kind"),)), column="src")
    assert result.frame["ip_kind"].dropna().tolist() == ["private", "documentation"]


def test_the_entities_of_a_column_keep_its_rows():
    """A cell that names an entity is that entity, any other is None, and the index stays."""
    found = FLOWS.clew.entities("src")
    assert found.tolist() == [IpAddress("10.0.0.1"), IpAddress("198.51.100.7"), None, None]
    assert found.index.tolist() == [4, 5, 6, 7]
    assert ClewFrame(FLOWS).entities("src", Domain).tolist() == [None] * 4
    mixed = pd.DataFrame({"a": [Domain("evil.example"), "CORP\\alice", "ws01", "evil.example"]})
    assert mixed.clew.entities("a").tolist() == [
        Domain("evil.example"),
        Account("corp\\alice"),
        None,
        Domain("evil.example"),
    ]
    assert mixed.clew.entities("a", IpAddress).tolist() == [None] * 4


def test_a_column_that_is_not_there_is_told():
    """A misspelt column is an error that says which there are."""
    with pytest.raises(QueryError, match="there is no column 'scr'") as caught:
        FLOWS.clew.entities("scr")
    assert caught.value.next_step == "there are src, bytes"


def test_a_table_is_as_it_was_until_it_is_asked_for():
    """Importing clew changes nothing of pandas."""
    code = (
        "from pandas import DataFrame as F; import clew; print(hasattr(F, 'clew')); clew.extend_pandas(); print(F.clew)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told.split("\n")[:2] == ["False", "<class 'clew.views.notebook.accessor.ClewFrame'>"]
