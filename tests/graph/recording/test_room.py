"""How much raw evidence a case keeps: what is over the limit is left out, told, and harms nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import pandas as pd
import pytest

from clew import Investigation, IpAddress
from clew.demo.scenario import Scenario
from clew.errors import CaseError
from clew.graph.case import Case
from clew.graph.format.events import Pivoted
from clew.pivots.workspace import Workspace
from clew.settings import Settings

EDGES = pd.DataFrame({"source": ["host:ws01"], "relation": ["queried"], "target": ["a.example"]})


class Ask(Protocol):
    """A case with little room, in which one query was asked."""

    def __call__(self, path: Path, **limits: int) -> Investigation: ...


@pytest.fixture
def asked(scenario: Scenario, share_logs: Callable[[Path], Path], tmp_path: Path) -> Ask:
    cache = share_logs(tmp_path / "cache")

    def ask(path: Path, **limits: int) -> Investigation:
        around = Workspace(replace(Settings(cache=cache), **limits))
        case = Investigation.open(path, workspace=around)
        case.connect(scenario.logs)
        with case:
            IpAddress(scenario.seed).query.connections()
        return Investigation.open(path, workspace=around)

    return ask


@pytest.mark.parametrize(("limit", "told"), [("reply_limit", "kept of one reply"), ("case_limit", "over its")])
def test_what_there_is_no_room_for_is_told(asked: Ask, tmp_path: Path, limit: str, told: str) -> None:
    """A reply that is too large is not kept; its answer is, and the step, the claims and the history say so."""
    with asked(tmp_path / "x.clew", **{limit: 100}) as case:
        claims = case.claim_list()
        assert len(claims) > 5
        with pytest.raises(CaseError, match=f"was not kept: .*{told}"):
            claims[0].evidence()
        (step,) = [step for step in case.history if isinstance(step.event, Pivoted)]
        assert [told in exchange.unkept for exchange in step.event.exchanges] == [True]
        assert "not kept" in str(case.log())
        assert case.verify()
    replayed = Investigation.replay(tmp_path / "x.clew")
    assert replayed.identical
    assert "1 answers as recorded" in str(replayed)


def test_the_page_says_why_a_claim_shows_no_text(asked: Ask, tmp_path: Path) -> None:
    """Where the raw text should be, the page has the reason why it is not."""
    pytest.importorskip("pyvis")
    with asked(tmp_path / "x.clew", reply_limit=100) as case:
        page = case.to_html(tmp_path / "x.html").read_text("utf-8")
    assert "was not kept" in page


def test_asking_again_with_room_keeps_it(asked: Ask, scenario: Scenario, tmp_path: Path) -> None:
    """The same question, asked again with enough room, has its evidence."""
    path = tmp_path / "x.clew"
    asked(path, reply_limit=100).close()
    with Investigation.open(path, workspace=Workspace(Settings(cache=tmp_path / "cache"))) as case:
        case.connect(scenario.logs)
        IpAddress(scenario.seed).query.connections()
        assert all(claim.evidence() for claim in case.claim_list() if claim.step == len(case.history))
        assert case.evidence(case.claim_list()[-1])


def test_rows_that_cannot_be_left_out_are_refused(tmp_path: Path) -> None:
    """An import is its own evidence: without room for it nothing is recorded, and the error says what to set."""
    with Case.open(tmp_path / "x.clew", workspace=Workspace(Settings(cache=tmp_path, case_limit=1000))) as case:
        with pytest.raises(CaseError, match="no room") as caught:
            case.load(None, EDGES, source="x")
        assert "case_limit" in caught.value.next_step
        assert len(case.history) == 1


def test_a_limit_is_written_with_its_unit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits are bytes, or a number with KiB, MiB, GiB or TiB, in the environment and in the file."""
    (tmp_path / "config.toml").write_text('reply_limit = "2 MiB"\ncase_limit = 5000\n')
    monkeypatch.delenv("CLEW_CASE_LIMIT", raising=False)
    settings = Settings.load(tmp_path / "config.toml")
    assert (settings.reply_limit, settings.case_limit) == (2 * 2**20, 5000)
    monkeypatch.setenv("CLEW_CASE_LIMIT", "1gib")
    assert Settings.load(tmp_path / "config.toml").case_limit == 2**30
