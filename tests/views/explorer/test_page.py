"""The page of a case, as it is written."""

import itertools
import re
import sys

import pytest

from clew.entities import Domain, Host, IpAddress, Relation, Verdict
from clew.errors import CaseReadOnly, MissingExtra
from clew.views.explorer import case_page as explorer
from clew.views.explorer import page_content as content
from clew.views.explorer.grid import HEIGHT, WIDTH
from clew.views.explorer.raw_evidence import CHARACTERS, ROWS
from tests.views.hand import HOST, SERVER, link, open_case, process, tell
from tests.views.reading import ADDRESS, Page, fingerprint

CLIENT = process(1)
CALL = link(CLIENT, Relation.COMMUNICATES_WITH, SERVER)


def page_of(case):
    return Page(explorer.page_text(case))


@pytest.fixture
def small(case):
    case.add(SERVER)
    tell(case, SERVER, [CALL, link(CLIENT, Relation.RAN_ON, Host(HOST))], ["the raw row"])
    tell(case, SERVER, pivot="ti.feed", provider="feed", verdict=Verdict.MALICIOUS, reason="listed as C2")
    return case


def test_the_policy_of_the_page_allows_just_its_own_scripts_and_styles(small):
    page = page_of(small)
    rules = dict(rule.strip().split(" ", 1) for rule in page.policy.split(";"))
    running = {tag: [text for name, kind, text in page.raw if name == tag and not kind] for tag in ("script", "style")}
    assert rules["default-src"] == "'none'"
    assert rules["script-src"].split() == [fingerprint(text) for text in running["script"]]
    assert rules["style-src"].split() == [fingerprint(text) for text in running["style"]]
    assert "unsafe" not in page.policy
    assert rules.keys() == {"default-src", "script-src", "style-src", "img-src", "base-uri", "form-action"}


def test_the_page_names_no_other_host_and_loads_nothing(small):
    page = page_of(small)
    assert [found for text in page.running() for found in ADDRESS.findall(text)] == []
    assert page.active() == []
    assert page.elements["script"] == 3
    assert not {"link", "img", "iframe", "object", "embed", "base", "form"} & set(page.elements)


def test_the_own_scripts_make_no_markup_out_of_text(small):
    own = page_of(small).running()[-1]
    assert (
        re.findall(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval|Function\(|setTimeout\(\s*['\"`]", own)
        == []
    )


def test_the_page_says_title_counts_and_time(small):
    page = page_of(small)
    assert "made by hand" in page.text
    assert "3 nodes, 2 edges, 2 claims; as of 2026-03-17 12:00 UTC" in page.text


def test_the_page_opens_groups_on_the_ground_that_it_was_laid_out_on(small):
    """The size of a cell is said once, and the scripts read it in the page."""
    assert page_of(small).case["look"]["cell"] == {"width": WIDTH, "height": HEIGHT}


def test_the_legend_counts_each_kind_and_each_verdict(small):
    text = re.sub(r"\s+", " ", page_of(small).text)
    for entry in ("hosts 1", "addresses 1", "processes 1", "malicious 1"):
        assert entry in text


def test_a_node_tells_its_fields_its_verdict_and_who_says_so(small):
    about = page_of(small).case["about"]
    server = next(each for each in about if each["kind"] == "ip")
    assert server["verdict"].startswith("malicious")
    listing = next(answer for answer in server["said"] if answer["by"] == "feed")
    assert listing["reason"] == "listed as C2"
    client = next(each for each in about if each["kind"] == "process")
    assert ["image", r"C:\Windows\tool1.exe"] in client["fields"]


def test_an_edge_tells_its_claims_with_times_and_raw_text(small):
    case = page_of(small).case
    edge = next(edge for edge in case["edges"] if edge["relation"] == "communicates-with")
    (claim,) = case["said"][edge["id"]]["claims"]
    assert {
        "by": "logs",
        "pivot": "query.connections",
        "count": 1,
        "first": "2026-03-17 12:00:00",
    }.items() <= claim.items()
    assert claim["asked"] == "2026-03-17 12:00:00"
    assert [case["raw"][place] for place in claim["raw"]] == ["the raw row"]


def test_raw_text_is_there_once_however_many_claims_rest_on_it(small):
    assert page_of(small).case["raw"] == ["the raw row"]


def test_an_edge_is_as_wide_as_it_has_sources_and_dashed_if_nobody_said_it(case):
    tell(case, SERVER, [CALL])
    tell(case, SERVER, [CALL], provider="sensor")
    tell(case, SERVER, [link(SERVER, Relation.RELATED_TO, Domain("a.example"), inferred=True)])
    edges = {edge["relation"]: edge for edge in page_of(case).case["edges"]}
    assert (edges["communicates-with"]["width"], edges["communicates-with"]["dashes"]) == (2, False)
    assert (edges["related-to"]["width"], edges["related-to"]["dashes"]) == (1, True)


def test_of_many_rows_the_first_are_there_and_the_rest_is_told(case):
    many = tuple(f"/rows/{row}" for row in range(37))
    told = link(CLIENT, Relation.COMMUNICATES_WITH, SERVER)
    tell(case, SERVER, [type(told)(told.source, told.relation, told.target, many)], [f"row {row}" for row in range(37)])
    (said,) = page_of(case).case["said"]
    assert said["claims"][0]["note"] == f"first {ROWS} of 37 rows"
    assert said["claims"][0]["count"] == 37


def test_a_long_text_is_cut_and_says_so(case):
    tell(case, SERVER, [CALL], ["y" * (CHARACTERS + 1)])
    data = page_of(case).case
    assert data["said"][0]["claims"][0]["note"] == f"cut at {CHARACTERS:,} characters"
    assert [len(text) for text in data["raw"]] == [CHARACTERS]


def test_evidence_that_is_gone_is_told_in_its_place(case):
    tell(case, SERVER, [CALL], evidence=("e" * 64,))
    (said,) = page_of(case).case["said"]
    assert "is missing" in said["claims"][0]["note"]


def test_the_page_keeps_to_its_size_and_what_had_no_room_is_told(case, monkeypatch):
    base = len(explorer.page_text(case).encode())
    monkeypatch.setattr(explorer, "BYTES", base + 60_000)
    found = [process(number) for number in range(40)]
    rows = [f"{number} " + "z" * 9_000 for number in range(40)]
    tell(case, SERVER, [link(one, Relation.COMMUNICATES_WITH, SERVER, row) for row, one in enumerate(found)], rows)
    text = explorer.page_text(case)
    assert len(text.encode()) <= base + 60_000
    claims = [claim for said in Page(text).case["said"] for claim in said["claims"]]
    assert 0 < sum("raw" in claim for claim in claims) < 40
    assert all("no room in this page" in claim["note"] for claim in claims if "raw" not in claim)


def test_an_unchanged_case_gives_the_same_page(small):
    assert explorer.page_text(small) == explorer.page_text(small)


def test_an_empty_case_has_a_page_with_words(case):
    page = page_of(case)
    assert "0 nodes" in page.text
    assert "nothing in this case yet" in page.running()[-1].lower()


def test_a_group_holds_some_members_and_says_how_many_there_are(case, monkeypatch):
    monkeypatch.setattr(content, "MEMBERS", 20)
    tell(case, SERVER, [link(Domain(f"d{n}.example"), Relation.RESOLVES_TO, SERVER, n) for n in range(50)])
    data = page_of(case).case
    (group,) = data["groups"]
    assert group["total"] == 50
    assert len(group["members"]) == 20
    stands = [edge.get("n", 1) for edge in data["edges"]]
    assert sorted(stands) == [1] * 20 + [30]


def test_the_page_is_written_in_one_step_and_leaves_nothing_beside_it(small, tmp_path):
    target = tmp_path / "out" / "page.html"
    target.parent.mkdir()
    target.write_text("before")
    assert small.to_html(target) == target
    assert target.read_bytes().startswith(b"<!DOCTYPE html>")
    assert b"\r" not in target.read_bytes()
    assert [each.name for each in target.parent.iterdir()] == ["page.html"]


def test_a_page_that_cannot_be_written_is_a_typed_error_and_what_was_there_stays(small, tmp_path):
    with pytest.raises(CaseReadOnly, match="the page cannot be written"):
        small.to_html(tmp_path / "nowhere" / "page.html")
    taken = tmp_path / "taken"
    taken.mkdir()
    with pytest.raises(CaseReadOnly):
        small.to_html(taken)
    assert [each.name for each in tmp_path.iterdir() if each.name.endswith(".part")] == []


def test_without_pyvis_the_page_names_the_command_that_brings_it(small, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyvis.network", None)
    with pytest.raises(MissingExtra, match=r"pip install 'clew\[views\]'"):
        small.to_html(tmp_path / "page.html")


def test_looking_changes_nothing(small, tmp_path):
    before = small.tables.digest(), len(list(small.history))
    small.to_html(tmp_path / "page.html")
    assert (small.tables.digest(), len(list(small.history))) == before


def test_a_thousand_nodes_fit_in_three_megabytes(tmp_path):
    with open_case(tmp_path) as case:
        case.add(SERVER)
        for batch in range(10):
            found = [
                process(1000 * batch + number, host=f"h{number % 7}.corp.example", command_line="tool " + "a" * 80)
                for number in range(100)
            ]
            links = [
                link(one, Relation.COMMUNICATES_WITH, IpAddress(f"10.{batch}.{row}.{row % 5}"), row)
                for row, one in enumerate(found)
            ]
            links += [
                link(one, Relation.CREATED, other, row) for row, (one, other) in enumerate(itertools.pairwise(found))
            ]
            tell(case, SERVER, links, [f"{batch} {row} " + "r" * 1_200 for row in range(100)])
        page = case.to_html(tmp_path / "page.html")
        assert len(case.tables.nodes()) > 1_000
        assert page.stat().st_size <= 3_000_000
