"""A case in a notebook."""

import itertools
import xml.etree.ElementTree as ET

from clew.entities import Domain, Host, Relation, Verdict
from clew.views.explorer.grouping import fold
from clew.views.explorer.scene import read_scene
from clew.views.explorer.svg import picture
from clew.views.notebook.case_display import case_bundle
from tests.views.hand import HOST, SERVER, link, process, tell


def words(text):
    return " ".join(element.text or "" for element in ET.fromstring(text).iter())


def test_every_case_is_text_tables_and_a_picture(case):
    assert set(case._repr_mimebundle_()) == {"text/plain", "text/html", "image/svg+xml"}


def test_the_text_says_title_counts_and_the_last_answers(case):
    tell(case, SERVER, [link(process(1), Relation.COMMUNICATES_WITH, SERVER)])
    tell(case, SERVER, provider="feed", pivot="ti.feed", verdict=Verdict.MALICIOUS)
    text = case_bundle(case)["text/plain"]
    assert text.startswith("made by hand: 2 nodes, 1 edge, 1 claim, as of 2026-03-17 12:00 UTC")
    assert "1 addresses, 1 of them bad" in text
    assert "step 3 2026-03-17 12:00:00 feed on ip:198.51.100.7: found, malicious" in text


def test_the_tables_have_what_is_bad_with_the_worst_first(case):
    tell(case, SERVER, [link(Domain("bad.example"), Relation.RESOLVES_TO, SERVER)])
    tell(case, SERVER, provider="feed", pivot="ti.feed", verdict=Verdict.SUSPICIOUS)
    tell(case, Domain("bad.example"), provider="feed", pivot="ti.feed", verdict=Verdict.MALICIOUS)
    html = case_bundle(case)["text/html"]
    assert 0 < html.index("<td>malicious</td>") < html.index("<td>suspicious</td>")


def test_an_empty_case_says_so_in_all_three(case):
    for text in case_bundle(case).values():
        assert "nothing in this case yet" in text.lower()


def test_the_picture_has_a_legend_a_title_and_counts(case):
    tell(
        case,
        SERVER,
        [link(process(1), Relation.RAN_ON, Host(HOST)), link(process(1), Relation.COMMUNICATES_WITH, SERVER)],
    )
    tell(case, SERVER, provider="feed", pivot="ti.feed", verdict=Verdict.MALICIOUS)
    shown = words(case_bundle(case)["image/svg+xml"])
    for entry in (
        "made by hand",
        "3 nodes, 2 edges",
        "Shown: 3 of 3 nodes",
        "hosts 1",
        "processes 1",
        "malicious",
        "dashed",
    ):
        assert entry in shown


def test_a_verdict_is_a_sign_as_well_as_a_colour(case):
    tell(case, SERVER, provider="feed", pivot="ti.feed", verdict=Verdict.MALICIOUS)
    tree = ET.fromstring(case_bundle(case)["image/svg+xml"])
    assert [element.text for element in tree.iter()].count("!") == 2  # in the legend and at the node


def test_a_picture_of_too_much_shows_what_matters_and_says_what_it_left_out(case):
    web = [process(number) for number in range(60)]
    tell(case, SERVER, [link(one, Relation.CREATED, other) for one, other in itertools.pairwise(web)])
    tell(case, web[-1], provider="feed", pivot="ti.feed", verdict=Verdict.MALICIOUS)
    text = picture(fold(read_scene(case)), limit=10)
    assert "Shown: 10 of 61 nodes; 51 left out: too many for one picture" in words(text)
    assert "tool59.exe (59)" in words(text)


def test_the_picture_of_an_unchanged_case_is_the_same_picture(case):
    tell(case, SERVER, [link(process(1), Relation.COMMUNICATES_WITH, SERVER)])
    assert case_bundle(case) == case_bundle(case)
