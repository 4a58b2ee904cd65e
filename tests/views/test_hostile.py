"""What an attacker wrote is shown, and is never more than text."""

import xml.etree.ElementTree as ET

import pytest

from clew.views.explorer import case_page as explorer
from clew.views.explorer.grouping import fold
from clew.views.explorer.scene import read_scene
from clew.views.explorer.svg import picture
from clew.views.notebook.case_display import case_bundle
from tests.support import active, hiding
from tests.views.hand import SERVER, open_case, tell
from tests.views.hostile import PAYLOADS, PLACES, STRINGS, naughty
from tests.views.reading import ADDRESS, Page, strings

DRAWN = {"svg", "title", "rect", "text", "path", "circle", "polygon", "g"}


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """A page that nobody wrote anything hostile into."""
    with open_case(tmp_path_factory.mktemp("plain")) as case:
        tell(case, SERVER)
        return Page(explorer.page_text(case))


def assert_inert(page, plain):
    assert page.active() == []
    assert page.running() == plain.running()
    assert page.policy == plain.policy
    # There are more entries in legend and lists, and nothing else.
    grown = {tag for tag in page.elements if page.elements[tag] != plain.elements[tag]}
    assert grown <= {"li", "button", "svg", "span", "circle", "polygon", "text"}
    known = {name for _, name, _ in plain.attributes}
    assert {name for _, name, _ in page.attributes} - known <= {
        "points",
        "data-edge",
        "x",
        "y",
        "text-anchor",
        "font-size",
        "stroke-width",
    }
    shown = [*page.words, *(value for _, _, value in page.attributes), *strings(page.case)]
    assert ascii({char for text in shown for char in hiding(text)}) == "set()"


def drawing(text):
    tree = ET.fromstring(text)
    elements = {element.tag.rpartition("}")[2] for element in tree.iter()}
    attributes = {name for element in tree.iter() for name in element.attrib}
    shown = [element.text or "" for element in tree.iter()]
    return elements, attributes, shown


@pytest.mark.parametrize("place", PLACES)
def test_hostile_text_anywhere_in_a_case_is_text_in_its_page(case, plain, place):
    case.add(SERVER)
    PLACES[place](case, STRINGS)
    assert_inert(Page(explorer.page_text(case)), plain)


@pytest.mark.parametrize("place", PLACES)
def test_hostile_text_anywhere_in_a_case_is_text_in_a_notebook(case, place):
    case.add(SERVER)
    PLACES[place](case, STRINGS)
    bundle = case_bundle(case)
    elements, attributes, shown = drawing(bundle["image/svg+xml"])
    assert elements <= DRAWN
    assert not {name for name in attributes if name.startswith("on") or "href" in name or name == "style"}
    assert active(bundle["text/html"]) == []
    assert {char for text in (*bundle.values(), *shown) for char in hiding(text)} == set()


@pytest.mark.parametrize("title", PAYLOADS[:12], ids=range(12))
def test_a_hostile_title_is_text(tmp_path, plain, title):
    with open_case(tmp_path, title) as case:
        tell(case, SERVER)
        assert_inert(Page(explorer.page_text(case)), plain)
        bundle = case_bundle(case)
        assert drawing(picture(fold(read_scene(case))))[0] <= DRAWN
        assert active(bundle["text/html"]) == []
        assert [value for value in bundle.values() if hiding(value)] == []


@pytest.mark.parametrize("place", ["command_lines", "paths", "notes", "evidence"])
def test_a_list_of_naughty_strings_is_text(case, plain, place, shared_data):
    case.add(SERVER)
    PLACES[place](case, naughty(shared_data("hostile-strings")))
    assert_inert(Page(explorer.page_text(case)), plain)


def test_hostile_text_is_shown_and_not_dropped(case):
    case.add(SERVER)
    PLACES["command_lines"](case, [*PAYLOADS[:3], "evil\u202egnp.exe"])
    shown = strings(Page(explorer.page_text(case)).case)
    assert {*PAYLOADS[:3], r"evil\u202egnp.exe"} <= set(shown)


def test_nothing_in_a_picture_or_a_table_is_an_address_that_could_be_followed(case):
    case.add(SERVER)
    PLACES["urls"](case, ["a"])
    bundle = case_bundle(case)
    for element in ET.fromstring(bundle["image/svg+xml"]).iter():
        assert [value for value in element.attrib.values() if ADDRESS.search(value)] == []
    assert active(bundle["text/html"]) == []
