"""What a case is in the formats of others: legal whatever it holds, whole or not there, and found when changed."""

from __future__ import annotations

import csv
import importlib.resources
import json
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew import File, Host, IpAddress, Relation
from clew.errors import CaseDamaged, CaseExists, CaseNotFound, CaseReadOnly
from clew.graph.case import Case
from clew.graph.export.folder_manifest import MANIFEST, verify_crate
from clew.graph.export.legal_names import local_name
from tests.graph.cases import bare_workspace, case_in_memory, edit, fill, graph_of, link, merged, tell
from tests.incidents.test_pandalab import Recording
from tests.support import FEWER, HOSTILE, active, entities, texts

#: The local part of a qualified name, as the grammar of PROV-N has it, without its escapes and letters beyond ASCII.
LOCAL = re.compile(
    r"(?:[A-Za-z0-9_/@~&+*?#$!]|%[0-9A-F]{2})(?:(?:[A-Za-z0-9_./@~&+*?#$!-]|%[0-9A-F]{2})*"
    r"(?:[A-Za-z0-9_/@~&+*?#$!-]|%[0-9A-F]{2}))?"
)
MEMBERS = (
    "prov:entity",
    "prov:activity",
    "prov:agent",
    "prov:generatedEntity",
    "prov:usedEntity",
    "prov:influencee",
    "prov:influencer",
    "prov:specificEntity",
    "prov:generalEntity",
)
RELATIONS = (
    "wasGeneratedBy",
    "used",
    "wasAssociatedWith",
    "wasDerivedFrom",
    "wasAttributedTo",
    "specializationOf",
    "wasInfluencedBy",
    "wasInvalidatedBy",
)


def provenance(case: Case, folder: Path) -> dict[str, Any]:
    return json.loads(case.sharing.export(folder / "case.prov.json").path.read_text("utf-8"))


def valid(document: dict[str, Any]) -> None:
    """Legal by the schema of W3C, read back by the library, and every name of it legal and declared."""
    jsonschema, prov = pytest.importorskip("jsonschema"), pytest.importorskip("prov.model")
    schema = json.loads(importlib.resources.files("prov.tests").joinpath("schemas/prov-json.schema.json").read_bytes())
    jsonschema.Draft4Validator(schema).validate(document)
    declared = {name for section in ("entity", "activity", "agent") for name in document[section]}
    for name in declared:
        prefix, _, local = name.partition(":")
        assert prefix in document["prefix"]
        assert LOCAL.fullmatch(local), name
    evidence = {name for name in used_names(document) if name.startswith("evidence:")}
    assert used_names(document) - evidence <= declared
    read = prov.ProvDocument.deserialize(content=json.dumps(document), format="json")
    relations = sum(len(document[name]) for name in RELATIONS)
    assert len(read.records) == len(declared) + relations


def used_names(document: dict[str, Any]) -> set[str]:
    said = (relation for name in RELATIONS for relation in document[name].values())
    return {relation[member] for relation in said for member in MEMBERS if member in relation}


def related(document: dict[str, Any], name: str, *members: str) -> set[tuple[str, ...]]:
    return {tuple(relation[f"prov:{member}"] for member in members) for relation in document[name].values()}


# --- names -----------------------------------------------------------------------------------------------------------


@given(st.one_of(texts, st.sampled_from(HOSTILE)), st.one_of(texts, st.sampled_from(HOSTILE)))
def test_names_are_legal_and_different(one: str, other: str):
    """Whatever a thing is called, its name is legal in PROV, and different things have different names."""
    names = [local_name("node", text) for text in (one, other)]
    assert all(map(LOCAL.fullmatch, names))
    if one.encode("utf-8", "backslashreplace") != other.encode("utf-8", "backslashreplace"):
        assert names[0] != names[1]


# --- provenance ------------------------------------------------------------------------------------------------------


def test_provenance_says_who_said_what_and_how_it_came_about(incident: Case, tmp_path: Path):
    """Each claim is of the step that made it, of the source that said it, and of the evidence that it said it on."""
    incident.expand(IpAddress("198.51.100.23"), depth=2)
    document = provenance(incident, tmp_path)
    valid(document)
    claims = incident.tables.claims()
    for number, row in enumerate(claims.itertuples(), start=1):
        claim = f"case:claim-{number}"
        assert (claim, f"case:step-{row.step}") in related(document, "wasGeneratedBy", "entity", "activity")
        assert (claim, f"clew:source-{row.provider}") in related(document, "wasAttributedTo", "entity", "agent")
        for fingerprint in row.evidence.split(","):
            assert f"evidence:sha256-{fingerprint}" in document["entity"]
            derived = related(document, "wasDerivedFrom", "generatedEntity", "usedEntity")
            assert (claim, f"evidence:sha256-{fingerprint}") in derived
    for key in incident.tables.nodes()["key"]:
        assert f"case:{local_name('node', key)}" in document["entity"]
    assert len(document["activity"]) == len(incident.history)
    for said in document["activity"].values():
        assert said["prov:startTime"] <= said["prov:endTime"]


def test_what_was_taken_back_is_invalidated(case: Case, tmp_path: Path):
    """A step that was undone is invalidated by the step that undid it, until it is done again."""
    case.add(IpAddress("198.51.100.7"))
    case.undo()
    document = provenance(case, tmp_path)
    valid(document)
    assert related(document, "wasInvalidatedBy", "entity", "activity") == {("case:record-2", "case:step-3")}
    assert document["activity"]["case:step-2"]["clew:takenBack"] is True
    case.redo()
    assert provenance(case, tmp_path)["wasInvalidatedBy"] == {}


def test_a_merge_is_an_influence_until_it_is_taken_back(tmp_path: Path):
    """The node that stays was influenced by the one that is gone, which the merge invalidated."""
    case = merged(IpAddress("198.51.100.7"), IpAddress("198.51.100.8"))
    step = case.merge(IpAddress("198.51.100.7"), IpAddress("198.51.100.8"), reason="x")
    document = provenance(case, tmp_path)
    valid(document)
    keep, gone = (f"case:node-ip%3A198.51.100.{number}" for number in (7, 8))
    assert related(document, "wasInfluencedBy", "influencee", "influencer") == {(keep, gone)}
    assert related(document, "wasInvalidatedBy", "entity", "activity") == {(gone, f"case:step-{step}")}
    case.unmerge(step, reason="y")
    document = provenance(case, tmp_path)
    assert document["wasInfluencedBy"] == {}
    assert related(document, "wasInvalidatedBy", "entity", "activity") == {
        (f"case:record-{step}", f"case:step-{step + 1}")
    }


def test_what_people_say_is_theirs(tmp_path: Path):
    """A link that an analyst drew is attributed to that person, not to a source."""
    case = case_in_memory()
    case.link(IpAddress("198.51.100.7"), Relation.RELATED_TO, Host("ws01"), reason="seen together")
    document = provenance(case, tmp_path)
    valid(document)
    assert ("case:claim-1", "case:analyst-analyst") in related(document, "wasAttributedTo", "entity", "agent")


def test_provenance_of_anything_is_legal(tmp_path: Path):
    """Whatever entities, notes and answers a case has, its provenance is valid PROV-JSON."""

    @FEWER
    @given(st.lists(entities, max_size=4), st.lists(texts, max_size=3))
    def check(known: list[Any], said: list[str]) -> None:
        case = case_in_memory(bare_workspace(tmp_path, analyst=said[0] if said else "analyst"))
        case.note("the first")
        case.add(*known)
        for text in said:
            case.note(text, *known[:1])
        for one, other in pairwise(known):
            tell(case, one, link(one, other), reason=(said or [""])[0])
        valid(provenance(case, tmp_path))

    check()


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_strings_stay_data(text: str, tmp_path: Path):
    """What an attacker or a title says changes no name, no file and no page of what is exported."""
    text, path = text.encode("utf-8", "replace").decode(), tmp_path / "ir.clew"  # no case takes half a character
    with Case.open(path, title=text, workspace=bare_workspace(tmp_path, analyst=text)) as case:
        if text.strip():
            case.add(File(path=f"C:\\{text}", host="ws01"))
            case.note(text)
        valid(provenance(case, tmp_path))
        case.sharing.to_crate(tmp_path / "crate")
    assert {path.name for path in (tmp_path / "crate").iterdir()} == FILES
    assert verify_crate(tmp_path / "crate")
    metadata = json.loads((tmp_path / "crate" / "ro-crate-metadata.json").read_bytes().decode("ascii"))
    described(tmp_path / "crate", metadata)
    page = (tmp_path / "crate" / "ro-crate-preview.html").read_text("utf-8")
    body = page.partition("<body>")[2].partition("</body>")[0]
    assert set(active(body)) <= {"<h1>", "<code>"}
    for name in ("nodes.csv", "claims.csv"):
        cells = [cell for row in rows(tmp_path / "crate" / name) for cell in row]
        assert [cell for cell in cells if cell.lstrip().startswith(("=", "+", "@"))] == []


# --- crates ----------------------------------------------------------------------------------------------------------

FILES = {
    "case.clew",
    "nodes.csv",
    "edges.csv",
    "claims.csv",
    "findings.csv",
    "prov.json",
    MANIFEST,
    "ro-crate-metadata.json",
    "ro-crate-preview.html",
}


def rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.reader(lines))


def described(folder: Path, metadata: dict[str, Any]) -> None:
    """What RO-Crate 1.2 asks of metadata, and that it is true of the files."""
    things = {thing["@id"]: thing for thing in metadata["@graph"]}
    assert len(things) == len(metadata["@graph"])
    assert metadata["@context"] == "https://w3id.org/ro/crate/1.2/context"
    about = things["ro-crate-metadata.json"]
    assert (about["@type"], about["about"]) == ("CreativeWork", {"@id": "./"})
    assert about["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.2"}
    root = things["./"]
    assert root["@type"] == "Dataset"
    assert all(root[name] for name in ("name", "description", "datePublished", "license"))
    files = [things[part["@id"]] for part in root["hasPart"]]
    for file in files:
        assert file["@type"] == "File"
        assert int(file["contentSize"]) == (folder / file["@id"]).stat().st_size
        assert f"{file['sha256']}  {file['@id']}\n" in (folder / MANIFEST).read_text()
        assert file["encodingFormat"]
        assert file["dateModified"]
    named = {reference for thing in things.values() for reference in references(thing)}
    assert named <= {*things, about["conformsTo"]["@id"]}


def references(value: Any) -> Iterable[str]:
    if isinstance(value, dict):
        if value.keys() == {"@id"}:
            yield value["@id"]
        else:
            yield from (each for inner in value.values() for each in references(inner))
    elif isinstance(value, list):
        yield from (each for inner in value for each in references(inner))


@pytest.fixture
def crate(tmp_path: Path, sample: Path) -> Path:
    shutil.copy(sample, tmp_path / "ir.clew")
    with Case.open(tmp_path / "ir.clew", workspace=bare_workspace(tmp_path)) as case:
        return case.sharing.to_crate(tmp_path / "crate", evidence=True)


def test_a_crate_has_the_case_and_says_what_each_file_is(crate: Path, sample: Path):
    """The case in it is the case; each file is described with its size and hash; evidence is named by its hash."""
    metadata = json.loads((crate / "ro-crate-metadata.json").read_bytes())
    described(crate, metadata)
    with Case.open(crate / "case.clew") as copied, Case.open(sample) as original:
        assert graph_of(copied) == graph_of(original)
        assert len(rows(crate / "nodes.csv")) == len(copied.tables.nodes()) + 1
        wanted = set(copied._store.evidence())
    assert {path.name for path in (crate / "evidence").iterdir()} == wanted
    valid(json.loads((crate / "prov.json").read_bytes()))


def test_a_crate_is_read_by_others(crate: Path):
    """The library of RO-Crate reads it, with every file; `sha256sum` checks it."""
    rocrate = pytest.importorskip("rocrate.rocrate")
    read = rocrate.ROCrate(str(crate))
    names = {path.relative_to(crate).as_posix() for path in crate.rglob("*") if path.is_file()}
    beside = {MANIFEST, "ro-crate-metadata.json", "ro-crate-preview.html"}
    assert {entity.id for entity in read.data_entities} == names - beside
    assert read.mainEntity.id == "case.clew"
    if shutil.which("sha256sum") is None:
        pytest.skip("sha256sum is not installed")
    assert subprocess.run(["sha256sum", "--check", "--quiet", MANIFEST], cwd=crate, check=False).returncode == 0


def test_an_untouched_crate_is_as_it_was_written(crate: Path):
    """Every file but the list itself is in the list; who signs the list may leave the signature beside it."""
    assert verify_crate(crate).files == len([path for path in crate.rglob("*") if path.is_file()]) - 1
    (crate / f"{MANIFEST}.sig").write_text("x")
    found = verify_crate(crate)
    assert found
    assert str(found) == f"as it was written: {found.files} files"


def replace_by_link(crate: Path) -> None:
    (crate / "nodes.csv").rename(crate.parent / "nodes.csv")
    (crate / "nodes.csv").symlink_to(crate.parent / "nodes.csv")


CHANGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "changed": (lambda crate: (crate / "claims.csv").write_text("x"), "claims.csv differs"),
    "missing": (lambda crate: (crate / "edges.csv").unlink(), "edges.csv is missing"),
    "extra": (lambda crate: (crate / "extra\x1b[31m.csv").write_text("x"), r"extra\x1b[31m.csv is extra"),
    "extra deep": (lambda crate: [(crate / "a").mkdir(), (crate / "a" / "b").touch()], "a/b is extra"),
    "a link": (replace_by_link, "nodes.csv is no plain file"),
    "a pipe": (lambda crate: [(crate / "prov.json").unlink(), os.mkfifo(crate / "prov.json")], "prov.json is no plain"),
    "two": (lambda crate: [(crate / "zzz").touch(), (crate / "edges.csv").unlink()], "edges.csv is missing"),
}


@pytest.mark.parametrize(("change", "what"), CHANGES.values(), ids=CHANGES)
def test_the_first_file_that_is_not_as_it_was_is_named(crate: Path, change: Callable[[Path], object], what: str):
    """One that differs, is missing, is extra or is no file any more; its name commands no terminal."""
    change(crate)
    found = verify_crate(crate)
    assert not found
    assert what in str(found)


@pytest.mark.parametrize("line", ["x", "", *(f"{'0' * 64}{name}" for name in ("", "  ../a", "  /a", "  a/../b", "  "))])
def test_a_list_that_clew_did_not_write_is_refused(crate: Path, line: str):
    """No list of hashes leads out of its folder."""
    with (crate / MANIFEST).open("a") as manifest:
        manifest.write(f"{line}\n")
    with pytest.raises(CaseDamaged, match="is no hash of a file"):
        verify_crate(crate)
    with pytest.raises(CaseNotFound):
        verify_crate(crate.parent)


def test_nothing_is_replaced_and_nothing_half_done_is_left(sample: Path, tmp_path: Path):
    """A folder with files stays as it is; where writing fails there is no folder; an empty one is used."""
    full, empty = tmp_path / "full", tmp_path / "empty"
    full.mkdir()
    (full / "mine").write_text("x")
    empty.mkdir()

    def fail(_: Path) -> None:
        raise OSError(28, "No space left on device")

    with Case.open(sample) as case:
        for taken in (full, full / "mine"):
            with pytest.raises(CaseExists):
                case.sharing.to_crate(taken)
        with pytest.raises(CaseReadOnly, match="No space left on device"):
            case.sharing.to_crate(tmp_path / "new", page=fail)
        with pytest.raises(CaseNotFound):
            case.sharing.to_crate(tmp_path / "none" / "new")
        case.sharing.to_crate(empty)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "full"]
    assert verify_crate(empty)


def test_evidence_that_was_changed_is_not_handed_on(tmp_path: Path, sample: Path):
    """Where evidence is not what its address says, there is no crate."""
    shutil.copy(sample, tmp_path / "ir.clew")
    last = "SELECT body FROM evidence ORDER BY fingerprint DESC LIMIT 1"
    edit(tmp_path / "ir.clew", f"UPDATE evidence SET body = ({last})")
    with Case.open(tmp_path / "ir.clew", workspace=bare_workspace(tmp_path)) as case, pytest.raises(CaseDamaged):
        case.sharing.to_crate(tmp_path / "crate", evidence=True)
    assert not (tmp_path / "crate").exists()


def test_an_export_is_of_one_moment(tmp_path: Path):
    """While others write on, what is exported is the case at one step, the same in all files."""
    path = tmp_path / "ir.clew"
    fill(Case.open(path, workspace=bare_workspace(tmp_path)))
    stop = threading.Event()

    def write() -> None:
        with Case.open(path, workspace=bare_workspace(tmp_path)) as other:
            number = 0
            while not stop.is_set() and number < 200:
                number += 1
                other.add(IpAddress(f"203.0.113.{number}"))

    writer = threading.Thread(target=write)
    with Case.open(path, workspace=bare_workspace(tmp_path)) as case:
        writer.start()
        try:
            case.sharing.to_crate(tmp_path / "crate")
        finally:
            stop.set()
            writer.join()
    document = json.loads((tmp_path / "crate" / "prov.json").read_bytes())
    valid(document)
    with Case.open(tmp_path / "crate" / "case.clew") as copied:
        assert len(document["activity"]) == len(copied.history)
        assert len(rows(tmp_path / "crate" / "nodes.csv")) == len(copied.tables.nodes()) + 1


@pytest.mark.long
def test_a_real_recording_is_exported(shared_data: Callable[[str], Path], tmp_path: Path):
    """A case on a public recording becomes valid provenance, and a crate that is as it was written."""
    recording = Recording(shared_data("incident-pandalab") / "campaign_01", tmp_path / "ir.clew")
    with recording.case as case:
        case.sharing.to_crate(tmp_path / "crate", evidence=True, page=case.to_html)
    assert verify_crate(tmp_path / "crate")
    valid(json.loads((tmp_path / "crate" / "prov.json").read_bytes()))
