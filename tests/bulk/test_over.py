"""A pivot over a column: what goes in comes back, and each distinct value is asked once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew import Investigation, IpAddress, Url
from clew.errors import QueryError
from clew.pivots import session
from clew.pivots.bulk import COLUMNS
from clew.pivots.workspace import Workspace
from clew.settings import Settings
from clew.transforms.address_kinds import kind_of

MESSY = ["198.51.100.7", None, "10.0.0.1", "198[.]51[.]100[.]7", "no address", "10.0.0.1", float("nan"), ""]
STATUS = ["found", "empty", "found", "found", "unparsable", "found", "empty", "unparsable"]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """Addresses that AbuseIPDB was asked about, in order; it answers with a score of the last octet."""
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        address = request.url.params["ipAddress"]
        seen.append(address)
        if address.endswith(".66"):
            raise KeyboardInterrupt
        score = int(address.rpartition(".")[2])
        return httpx.Response(200, json={"data": {"abuseConfidenceScore": score, "totalReports": 1}})

    around = Workspace(Settings(cache=tmp_path), transport=lambda: httpx.MockTransport(answer))
    monkeypatch.setattr(session, "_default_workspace", lambda: around)
    monkeypatch.setenv("CLEW_ABUSEIPDB_KEY", "0123456789abcdef")
    return seen


@pytest.mark.parametrize(
    "make", [lambda values: values, pd.Series, tuple, iter], ids=["list", "Series", "tuple", "iterator"]
)
def test_every_value_comes_back_in_its_place(make: Callable[[list[object]], object]) -> None:
    """Empty, unparsable, repeated and differently written values each have their row."""
    frame = IpAddress.net.kind.over(make(MESSY))
    assert frame.status.tolist() == STATUS
    assert frame.ip_kind.dropna().tolist() == ["documentation", "private", "documentation", "private"]
    assert list(frame.columns[: len(COLUMNS)]) == list(COLUMNS)
    assert "'no address' is not an IP address" in frame.reason[4]


def test_the_index_of_a_series_is_kept() -> None:
    """A Series gives a frame with its own index, duplicates of it included."""
    index = ["b", "a", "a"]
    frame = IpAddress.net.kind.over(pd.Series(["10.0.0.1", "9.9.9.9", "::1"], index=index))
    assert frame.index.tolist() == index
    assert frame.ip_kind.tolist() == ["private", "global", "loopback"]


def test_a_left_join_keeps_rows_columns_and_index() -> None:
    """As many rows come out as went in, beside their own columns, whatever those are called."""
    given_frame = pd.DataFrame({"src": MESSY, "status": range(len(MESSY))}, index=range(10, 10 + len(MESSY)))
    joined = IpAddress.net.kind.over(given_frame, column="src", join="left")
    pd.testing.assert_frame_equal(joined[["src", "status"]], given_frame)
    assert joined.clew_status.tolist() == STATUS


@pytest.mark.parametrize("library", [pl.DataFrame, pa.table], ids=["polars", "pyarrow"])
def test_a_frame_gives_a_frame_of_its_library(library: Callable[[dict[str, list[object]]], object]) -> None:
    """polars in, polars out; Arrow in, Arrow out; the same cells."""
    values = ["10.0.0.1", None, "x", "10.0.0.1"]
    native = library({"src": values, "n": [1, 2, 3, 4]})
    joined = IpAddress.net.kind.over(native, column="src", join="left")
    assert type(joined) is type(native)
    records = joined.to_pylist() if isinstance(joined, pa.Table) else joined.to_dicts()
    assert [record["n"] for record in records] == [1, 2, 3, 4]
    assert [record["status"] for record in records] == ["found", "empty", "unparsable", "found"]
    assert [record["ip_version"] for record in records] == [4, None, None, 4]


def test_a_column_that_is_not_there_is_named() -> None:
    """A misspelt column is an error that lists the columns there are."""
    with pytest.raises(QueryError, match="there is no column 'scr'") as error:
        IpAddress.net.kind.over(pd.DataFrame({"src": ["10.0.0.1"], "dst": [""]}), column="scr")
    assert "src, dst" in str(error.value)


def test_distinct_values_are_asked_once(asked: list[str]) -> None:
    """However often and in whatever spelling a value stands there, one request is made."""
    frame = IpAddress.ti.abuseipdb.over(["8.8.8.80", "8.8.4.4", "8[.]8[.]8[.]80", "8.8.8.80", None])
    assert sorted(asked) == ["8.8.4.4", "8.8.8.80"]
    assert frame.verdict.dropna().tolist() == ["malicious", "unknown", "malicious", "malicious"]
    assert frame.abuse_score.dropna().tolist() == [80, 4, 80, 80]


def test_arguments_are_given_before(asked: list[str]) -> None:
    """`given` takes the arguments of the pivot, and a misspelt one is an error."""
    IpAddress.ti.abuseipdb.with_arguments(max_age_days=7).over(["8.8.4.4"])
    assert asked == ["8.8.4.4"]
    with pytest.raises(TypeError, match="max_age"):
        IpAddress.ti.abuseipdb.with_arguments(max_age=7)  # type: ignore[call-arg]


def test_an_open_case_records_them_as_one_step(asked: list[str], tmp_path: Path) -> None:
    """The answers of one call are one step of the case, each with its claims, and replay offline."""
    file = tmp_path / "ir.clew"
    with Investigation.open(file) as case:
        before = len(case.history)
        frame = IpAddress.ti.abuseipdb.over(["8.8.8.80", "10.0.0.1", "8.8.4.4"])
        assert len(case.history) == before + 1
        assert case.tables.findings().outcome.tolist() == ["found", "refused", "found"]
        assert case.verdict(IpAddress("8.8.8.80")) == "malicious"
    assert frame.status.tolist() == ["found", "refused", "found"]
    assert Investigation.replay(file).identical
    assert len(asked) == 2


def test_an_interrupted_column_keeps_what_arrived(asked: list[str], tmp_path: Path) -> None:
    """After Ctrl-C the answers received so far are in the case, and running again asks only for the others."""
    values = ["8.8.8.1", "8.8.8.2", "8.8.8.66", "8.8.8.3"]
    with Investigation.open(tmp_path / "ir.clew") as case:
        with pytest.raises(KeyboardInterrupt):
            IpAddress.ti.abuseipdb.over(values)
        kept = {subject.removeprefix("ip:") for subject in case.tables.findings().subject}
        asked.clear()
        values.remove("8.8.8.66")
        IpAddress.ti.abuseipdb.over(values)
    assert kept <= set(values)
    assert set(asked) == {*values} - kept


@given(st.ip_addresses().map(str))
def test_the_column_says_what_the_pivot_says(address: str) -> None:
    """The vectorised form of a pivot gives the facts that the pivot gives for one value."""
    ip = IpAddress(address)
    single = ip.net.kind()
    row = IpAddress.net.kind.over([address]).iloc[0]
    assert {fact.name: fact.value for fact in single.facts} == {"ip_kind": row.ip_kind, "ip_version": row.ip_version}
    assert single.reason == row.reason
    assert kind_of(ip.value) == row.ip_kind


def test_urls_have_their_parts_as_columns() -> None:
    """A pivot that has no vectorised form works over a column all the same."""
    frame = Url.transform.parts.over(["hxxps://evil[.]example/a?b=1", "not a url"])
    assert frame.host.tolist()[0] == "evil.example"
    assert frame.status.tolist() == ["found", "unparsable"]


def test_no_values_give_no_rows() -> None:
    """An empty list is no error."""
    frame = IpAddress.net.kind.over([])
    assert len(frame) == 0
    assert set(COLUMNS) <= set(frame.columns)
