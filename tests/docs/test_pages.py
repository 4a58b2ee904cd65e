"""The README and the tutorials are run as they stand."""

from __future__ import annotations

import doctest
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from clew.pivots import session
from tests.graph.keyring import write_key

ROOT = Path(__file__).parents[2]
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
_LINK = re.compile(r"\]\((?!https?://|#)([^)#]+)")


@pytest.fixture(autouse=True)
def _scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, share_logs: Callable[[Path], Path]) -> Iterator[None]:
    """Pages write files where they are, and configure the process: both are put back."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CLEW_CACHE", str(share_logs(tmp_path / "cache")))
    token = session.workspace_variable.set(None)
    yield
    session.workspace_variable.reset(token)


def run(page: str, **known: object) -> None:
    """Run the examples of a page; what they print is what the page shows."""
    path = ROOT / page
    if not path.exists():
        pytest.skip(f"{page} is not beside the tests here")
    failed, tried = doctest.testfile(str(path), module_relative=False, globs=known, optionflags=FLAGS, encoding="utf-8")
    assert tried
    assert not failed


def test_the_readme_shows_what_happens() -> None:
    """The README's example prints what the README shows."""
    run("README.md")


def test_the_first_case_shows_what_happens() -> None:
    """Following the first tutorial by copy and paste gives what the page shows."""
    run("docs/tutorials/first-case.md")


def test_feeds_show_what_happens() -> None:
    """The examples of the how-to print what the page shows."""
    run("docs/how-to/feeds.md")


def test_connecting_shows_what_happens() -> None:
    """The examples of the how-to that are run print what the page shows."""
    run("docs/how-to/connect-logs.md")


def test_detecting_shows_what_happens() -> None:
    """The examples of the how-to print what the page shows."""
    pytest.importorskip("sigma")
    run("docs/how-to/detect.md")


def test_look_ups_show_what_happens(tmp_path: Path) -> None:
    """The examples of the how-to print what the page shows, where a feed lists two addresses."""
    (tmp_path / "feed.csv").write_text("indicator,verdict\n203.0.113.9,suspicious\n198.51.100.23,malicious\n")
    run("docs/how-to/look-ups.md")


def test_registrations_show_what_happens() -> None:
    """The examples of the how-to print what the page shows."""
    run("docs/how-to/whois-and-dns.md")


def test_places_show_what_happens() -> None:
    """The examples of the how-to print what the page shows."""
    run("docs/how-to/geo.md")


def test_pivots_over_a_column_show_what_happens() -> None:
    """The examples of the how-to print what the page shows."""
    run("docs/how-to/columns.md")


def test_times_and_windows_show_what_happens() -> None:
    """The examples of the how-to print what the page shows."""
    run("docs/how-to/time.md")


def test_pipelines_show_what_happens() -> None:
    """The examples of the how-to print what the page shows."""
    run("docs/how-to/pipelines.md")


def test_looking_at_a_case_shows_what_happens() -> None:
    """The examples of the how-to print what the page shows."""
    run("docs/how-to/look.md")


def test_notebooks_show_what_happens() -> None:
    """The examples of the how-to that are Python print what the page shows."""
    run("docs/how-to/notebooks.md")


def test_finding_a_pivot_shows_what_happens() -> None:
    """The examples of the how-to print what the page shows."""
    run("docs/how-to/discover.md")


def test_replays_and_comparisons_show_what_happens() -> None:
    """The examples of the how-to print what the page shows."""
    run("docs/how-to/replay.md")


def test_giving_a_case_to_an_outsider_shows_what_happens() -> None:
    """The examples of the how-to print what the page shows."""
    run("docs/how-to/redact.md")


def test_handing_a_case_on_shows_what_happens(tmp_path: Path) -> None:
    """The examples of the how-to print what the page shows."""
    run("docs/how-to/share.md", key=write_key(tmp_path / "id_ed25519"))


@pytest.mark.long
def test_the_real_incident_shows_what_happens(shared_data: Callable[[str], Path]) -> None:
    """Following the second tutorial on the public recording that it names gives what the page shows."""
    name = "metasploit_logonpasswords_lsass_memory_dump.zip"
    run("docs/tutorials/real-incident.md", recording=shared_data("incident-pandalab") / "campaign_01" / name)


@pytest.mark.parametrize("page", sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("docs/**/*.md")))
def test_links_lead_somewhere(page: str) -> None:
    """Every link between pages leads to a file that is there."""
    path = ROOT / page
    for target in _LINK.findall(path.read_text("utf-8")):
        assert (path.parent / target).exists(), f"{page} links to {target}"
