"""Every format that a case can be written in keeps one contract: whole or not there, inert, and honest about losses."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew import Investigation
from clew.errors import CaseError, CaseExists, CaseReadOnly, ExportError
from clew.graph.export.exporter import Exporter, ExportSource, register_exporter
from clew.graph.export.folder_manifest import verify_crate
from clew.graph.export.registry import choose_exporter, export_case, exporters
from clew.graph.export.table_files import read_table
from clew.views.explorer.case_page import CLAIMS
from clew.views.explorer.page_content import EDGES, MEMBERS
from tests.graph.cases import NOON
from tests.views.hand import SERVER, open_case
from tests.views.hostile import PLACES, STRINGS
from tests.views.reading import Page

DOCUMENTATION = Path(__file__).parents[2] / "docs" / "how-to" / "share.md"
EXPORTERS = {exporter.name: exporter for exporter in exporters()}
by_format = pytest.mark.parametrize("exporter", EXPORTERS.values(), ids=EXPORTERS)
#: What any file of an export is called: nothing of it is text of the case.
PLAIN = re.compile(r"[a-z][a-z0-9-]*\.[a-z0-9]+")


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Investigation]:
    """A case with hostile text in each of its places."""
    with open_case(tmp_path_factory.mktemp("case")) as opened:
        opened.add(SERVER)
        for fill in PLACES.values():
            fill(opened, STRINGS)
        yield opened


@pytest.fixture
def target(tmp_path: Path) -> Callable[[Exporter], Path]:
    """Where a format is written in a test; the folder is empty otherwise."""
    folder = tmp_path / "out"
    folder.mkdir()
    return lambda exporter: folder / f"ir-042{exporter.ending}"


def files(path: Path) -> list[Path]:
    return sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]


@by_format
def test_what_is_written_is_there_and_nothing_else(
    case: Investigation, target: Callable[[Exporter], Path], exporter: Exporter
):
    """An export is one file with its ending, or one folder; what was written and each loss are told."""
    path = target(exporter)
    export = case.sharing.export(path, format=exporter.name)
    assert [*path.parent.iterdir()] == [path] == [export.path]
    assert path.is_file() == bool(exporter.ending)
    assert any(file.stat().st_size for file in files(path))
    assert str(export).splitlines() == [f"wrote {path}", *(f"  not in it: {loss}" for loss in exporter.losses)]


@by_format
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), ValueError("x"), KeyboardInterrupt()])
def test_where_writing_fails_nothing_is_left(
    case: Investigation, target: Callable[[Exporter], Path], exporter: Exporter, error: BaseException
):
    """Whatever stops the writer at its end, there is nothing new; a file that was there is as it was."""
    path = target(exporter)

    def write(source: ExportSource, scratch: Path) -> None:
        exporter.writer(source, scratch)
        raise error

    source = ExportSource(case._store, "alice", NOON)
    expected = CaseReadOnly if isinstance(error, OSError) else type(error)
    with pytest.raises(expected):
        export_case(source, path, dataclasses.replace(exporter, writer=write))
    assert [*path.parent.iterdir()] == []
    if exporter.ending:
        path.write_text("mine")
        with pytest.raises(expected):
            export_case(source, path, dataclasses.replace(exporter, writer=write))
        assert [*path.parent.iterdir()] == [path]
        assert path.read_text() == "mine"


@by_format
def test_what_is_there_is_replaced_whole_or_left_alone(
    case: Investigation, target: Callable[[Exporter], Path], exporter: Exporter
):
    """A file is replaced; an empty folder is used; a folder that has files is refused and left as it is."""
    path = target(exporter)
    if exporter.ending:
        path.write_text("mine")
        case.sharing.export(path)
        assert path.read_text("utf-8") != "mine"
        return
    path.mkdir()
    case.sharing.export(path, format=exporter.name)
    written = {file: file.read_bytes() for file in files(path)}
    with pytest.raises(CaseExists):
        case.sharing.export(path, format=exporter.name)
    assert {file: file.read_bytes() for file in files(path)} == written


@by_format
def test_a_folder_that_is_not_there_is_told(case: Investigation, tmp_path: Path, exporter: Exporter):
    """Nothing makes folders by the way: a misspelt one is an error that names the place."""
    with pytest.raises(CaseError, match=r"no such folder|No such file") as caught:
        case.sharing.export(tmp_path / "none" / f"x{exporter.ending}", format=exporter.name)
    assert "none" in caught.value.location
    assert [*tmp_path.iterdir()] == []


@by_format
def test_exporting_changes_nothing_in_the_case(
    case: Investigation, target: Callable[[Exporter], Path], exporter: Exporter
):
    """An export reads: the case has as many steps as before, and the same graph."""
    before = len(case.history), case.tables.digest()
    case.sharing.export(target(exporter), format=exporter.name)
    assert (len(case.history), case.tables.digest()) == before


# --- hostile text ----------------------------------------------------------------------------------------------------


def assert_safe_csv(path: Path) -> None:
    """No cell begins a formula."""
    frame = read_table(path)
    cells = [cell for _, column in frame.items() for cell in column if isinstance(cell, str)]
    assert [cell for cell in cells if cell.lstrip().startswith(("=", "+", "@"))] == []


def assert_json(path: Path) -> None:
    """It is JSON, in ASCII: no character in it hides or commands."""
    for text in path.read_text("ascii").splitlines() if path.suffix == ".jsonl" else [path.read_text("ascii")]:
        json.loads(text)


def assert_inert_page(path: Path) -> None:
    """Nothing of the case runs or loads."""
    assert Page(path.read_text("utf-8")).active() == []


def assert_as_written(folder: Path) -> None:
    """The case is in it, and its tables and its provenance are as safe as by themselves."""
    assert verify_crate(folder)
    for path in folder.glob("*.csv"):
        assert_safe_csv(path)
    assert_json(folder / "prov.json")
    with Investigation.open(folder / "case.clew") as copied:
        assert copied.verify()


def in_each(check: Callable[[Path], object]) -> Callable[[Path], None]:
    def check_all(folder: Path) -> None:
        for path in files(folder):
            check(path)

    return check_all


#: How each format is seen to be safe: a format that is not here has no business being offered.
SAFE: dict[str, Callable[[Path], object]] = {
    "prov": assert_json,
    "html": assert_inert_page,
    "ro-crate": assert_as_written,
    "csv": in_each(assert_safe_csv),
    "jsonl": in_each(assert_json),
    "parquet": in_each(read_table),
}


@by_format
def test_hostile_text_stays_data(case: Investigation, target: Callable[[Exporter], Path], exporter: Exporter):
    """Whatever stands anywhere in a case, the export can be read, runs nothing and has files of plain names."""
    path = target(exporter)
    case.sharing.export(path, format=exporter.name)
    SAFE[exporter.name](path)
    if not exporter.ending:
        assert all(PLAIN.fullmatch(file.relative_to(path).as_posix()) for file in files(path))


# --- losses ----------------------------------------------------------------------------------------------------------


@by_format
def test_what_a_format_cannot_hold_is_documented(exporter: Exporter):
    """The page for users has a row for each format, with its ending and with each loss in the same words."""
    if not DOCUMENTATION.exists():
        pytest.skip("the documentation is not beside the tests here")
    ending = f"`{exporter.ending}`" if exporter.ending else "a folder"
    losses = "<br>".join(exporter.losses) or "nothing: the case itself is in it"
    row = f"| `{exporter.name}` | {exporter.title} | {ending} | {losses} |"
    assert row in DOCUMENTATION.read_text("utf-8").splitlines()


def test_what_the_page_leaves_out_is_what_it_says():
    """The numbers in the losses of the page are those of the page."""
    losses = " ".join(EXPORTERS["html"].losses)
    assert f"edges beyond {EDGES:,}, claims of an edge beyond {CLAIMS}, members of a group beyond {MEMBERS}" in losses


# --- names and endings -----------------------------------------------------------------------------------------------


def test_each_format_can_be_asked_for():
    """No two formats have one name, and each name and ending is legal."""
    assert len(EXPORTERS) == len(exporters())
    assert {"prov", "html", "ro-crate", "csv", "jsonl", "parquet"} <= set(EXPORTERS)
    assert [exporter.problem for exporter in EXPORTERS.values() if exporter.problem] == []


def test_the_ending_chooses():
    """The name of a file says its format, in upper and lower case."""
    assert choose_exporter(Path("a/ir-042.prov.json")).name == "prov"
    assert choose_exporter(Path("IR-042.HTML")).name == "html"


@pytest.mark.parametrize(
    ("name", "format_name", "message", "step"),
    [
        ("ir.docx", None, "ir.docx: no format ends so", ".prov.json (prov), .html (html)"),
        ("ir", None, "ir: no format ends so", "the format of a folder: ro-crate, csv, jsonl, parquet"),
        ("ir.json", None, "ir.json: no format ends so", "end it in .prov.json (prov)"),
        ("ir.stix.json", "prov", "ir.stix.json does not end in .prov.json, as W3C PROV-JSON does", "end it in"),
        ("ir.prov.json", "html", "ir.prov.json does not end in .html", "choose another format"),
        ("ir.html", "csv", "ir.html ends as HTML does, and tables as CSV is a folder", "another name"),
        ("ir.html", "htlm", "there is no format htlm", "did you mean html? There are prov, ro-crate, csv"),
        ("ir.html", "pdf\x1b[31m", r"there is no format pdf\x1b[31m", "there are prov, ro-crate, csv"),
    ],
)
def test_a_name_that_does_not_fit_is_an_error_that_says_what_does(
    name: str, format_name: str | None, message: str, step: str
):
    """Nothing is written under a name that says another format; what is misspelt is told with what there is."""
    with pytest.raises(ExportError, match=re.escape(message)) as caught:
        choose_exporter(Path(name), format_name)
    assert step in caught.value.next_step


@given(st.text(min_size=1, max_size=20), st.sampled_from(["", *(exporter.ending for exporter in EXPORTERS.values())]))
def test_no_format_is_written_under_the_name_of_another(stem: str, ending: str):
    """Whatever a file is called, a format takes it only if the name ends as that format does, or as none does."""
    path = Path(f"{stem.replace('/', '')}{ending}")
    for exporter in EXPORTERS.values():
        try:
            choose_exporter(path, exporter.name)
        except ExportError:
            continue
        by_name = [other for other in EXPORTERS.values() if other.ending and path.name.lower().endswith(other.ending)]
        assert by_name == ([exporter] if exporter.ending else [])


def test_a_format_that_cannot_be_asked_for_is_not_registered():
    """A name or an ending that nobody could write is refused when the format is offered."""
    for name, ending in (("A b", ".x"), ("x", "x"), ("x", ".X"), ("x", "./x")):
        with pytest.raises(ValueError, match="is no"):
            register_exporter(Exporter(name, "x", ending, EXPORTERS["prov"].writer))
    assert {exporter.name for exporter in exporters()} == set(EXPORTERS)
