"""What people arranged and what was known at a step, in the page of a case in a real browser."""

import pytest

from clew.entities import Domain, Relation, Verdict
from clew.pivots.workspace import Workspace
from clew.settings import Settings
from clew.views.investigation import Investigation
from tests.views.hand import SERVER, link, process, tell
from tests.views.hostile import PAYLOADS
from tests.views.looking import looked_at

pytestmark = pytest.mark.e2e

CLIENT, OTHER = process(1), process(2)
NAMES = [Domain(f"d{number}.example") for number in range(12)]
#: Where nodes are, by their ids, in pixels of the picture at its full size, as seen from the start.
RELATIVE = """ids => { const start = clew.place(0), scale = clew.scale();
  return ids.map((id) => { const { x, y } = clew.place(id);
    return [Math.round((x - start.x) / scale), Math.round((y - start.y) / scale)]; }); }"""


@pytest.fixture
def story(case):
    """Step 2 is the start, 3 a client, 4 a verdict, 5 twelve names, 6 a note that 7 takes back."""
    case.add(SERVER)
    tell(case, SERVER, [link(CLIENT, Relation.COMMUNICATES_WITH, SERVER)], ["the raw row"])
    tell(case, SERVER, pivot="ti.feed", provider="feed", verdict=Verdict.MALICIOUS, reason="listed as C2")
    tell(case, SERVER, [link(name, Relation.RESOLVES_TO, SERVER) for name in NAMES])
    case.note("a mistake")
    case.undo()
    return case


def words(view):
    return view.page.inner_text("#told").partition(": ")[2]


def at(view):
    return view.page.inner_text("#which")


def arrive(view, told):
    view.page.locator("#which", has_text=told).wait_for()


def test_the_slider_goes_back_by_keys_and_shows_what_was_known_then(browser, story, tmp_path):
    with looked_at(browser, story, tmp_path) as view:
        assert (at(view), words(view)) == ("7 of 7", "took back step 6")
        view.page.focus("#step")
        view.page.keyboard.press("ArrowLeft")
        arrive(view, "6 of 7")
        assert words(view) == "noted: a mistake (taken back by step 7)"
        view.page.keyboard.press("Home")
        arrive(view, "1 of 7")
        assert view.page.inner_text("#words") == "There was nothing in this case yet."
        for _ in range(3):
            view.page.keyboard.press("ArrowRight")
        arrive(view, "4 of 7")
        assert view.shown == "2 of 2 nodes that were known at step 4 shown"
        view.page.keyboard.press("End")
        arrive(view, "7 of 7")
        assert view.shown.startswith("2 of 14 nodes shown: 12 in 1 group")


def test_the_slider_tells_a_screen_reader_its_name_and_the_words_of_the_step(browser, story, tmp_path):
    with looked_at(browser, story, tmp_path) as view:
        slider = view.page.get_by_role("slider", name="As known at step")
        assert slider.get_attribute("aria-valuetext").startswith("step 7 of 7: ")
        view.page.get_by_role("button", name="One step back").click()
        assert "noted: a mistake (taken back by step 7)" in slider.get_attribute("aria-valuetext")


def test_brackets_go_a_step_back_and_on_and_the_last_step_is_one_press_away(browser, story, tmp_path):
    with looked_at(browser, story, tmp_path) as view:
        for _ in range(9):
            view.page.keyboard.press("[")
        assert at(view) == "1 of 7"
        assert view.page.is_disabled("#earlier")
        view.page.keyboard.press("]")
        assert at(view) == "2 of 7"
        view.page.click("#last")
        assert at(view) == "7 of 7"
        assert view.page.is_disabled("#later")


def test_a_step_in_the_list_is_gone_to_and_one_that_was_taken_back_looks_like_it(browser, story, tmp_path):
    with looked_at(browser, story, tmp_path) as view:
        view.page.click("text=All steps as a list")
        assert view.page.locator("[data-step].taken").all_inner_texts() == [view.page.inner_text("[data-step='6']")]
        view.page.click("[data-step='3']")
        assert at(view) == "3 of 7"
        assert view.page.get_attribute("[data-step='3']", "aria-current") == "step"


def test_verdicts_answers_and_edges_are_those_of_the_step(browser, story, tmp_path):
    with looked_at(browser, story, tmp_path) as view:
        view.click(0)
        assert "malicious" in view.panel
        assert "Edges (13)" in view.panel
        view.page.click("#step")
        for step, verdict, edges in ((4, True, 1), (3, False, 1), (2, False, 0)):
            view.page.evaluate("step => document.querySelector(`[data-step='${step}']`).click()", step)
            assert ("listed as C2" in view.panel, f"Edges ({edges})" in view.panel) == (verdict, True)
        assert view.page.inner_text("[data-kind=domain] .number") == "0"


def test_what_was_not_known_yet_says_in_which_step_it_came_and_goes_there(browser, story, tmp_path):
    with looked_at(browser, story, tmp_path) as view:
        view.page.evaluate("document.querySelector(`[data-step='2']`).click()")
        view.page.evaluate("document.querySelector(`[data-node='1']`).click()")
        assert "Not known yet at step 2: it came in step 3." in view.panel
        view.page.click("text=Go to step 3")
        assert at(view) == "3 of 7"
        assert "the raw row" in view.panel
        view.page.fill("#search", "d7.example")
        assert view.page.inner_text("#found") == "0 found"


def test_nothing_moves_when_another_step_is_looked_at(browser, story, tmp_path):
    with looked_at(browser, story, tmp_path) as view:
        before = view.page.evaluate(RELATIVE, [1])
        for step in (3, 5, 2, 7):
            view.page.evaluate("step => document.querySelector(`[data-step='${step}']`).click()", step)
        assert view.page.evaluate(RELATIVE, [1]) == before


def test_hidden_nodes_are_out_of_the_picture_and_can_be_shown_and_hidden_again(browser, story, tmp_path):
    story.layout.hide(CLIENT)
    with looked_at(browser, story, tmp_path) as view:
        assert "1 hidden by hand" in view.shown
        assert view.shown.startswith("1 of 14 nodes shown")
        before = view.page.evaluate(RELATIVE, [-1])
        view.page.get_by_role("button", name="Hidden by hand (1)").click()
        assert "hidden by hand" not in view.shown
        assert view.page.inner_text("#panel h2") == "Hidden by hand"
        assert CLIENT.label in view.panel
        assert view.page.evaluate(RELATIVE, [-1]) == before
        view.page.click("#byhand")
        assert "1 hidden by hand" in view.shown
        view.page.click(f"#panel >> text={CLIENT.label}")
        view.page.click("text=Hidden by hand: show it")
        assert view.shown.startswith("2 of 14 nodes shown")


def test_what_hangs_on_a_collapsed_node_is_counted_unfolds_and_folds_again(browser, case, tmp_path):
    case.add(SERVER)
    tell(case, SERVER, [link(one, Relation.COMMUNICATES_WITH, SERVER) for one in (CLIENT, OTHER)])
    tell(case, CLIENT, [link(CLIENT, Relation.QUERIED, name) for name in NAMES[:3]])
    case.layout.collapse(CLIENT)
    client = next(number for number, node in enumerate(case.node_list()) if node.key == CLIENT.key)
    with looked_at(browser, case, tmp_path) as view:
        assert view.shown == "3 of 6 nodes shown: 3 folded by hand"
        before = view.page.evaluate(RELATIVE, [1, 2])
        view.click(client)
        view.page.click("text=Unfold 3 that hang on this alone")
        assert view.shown == "6 of 6 nodes shown"
        assert view.page.evaluate(RELATIVE, [1, 2]) == before
        view.page.click("text=Fold 3 again")
        assert view.shown == "3 of 6 nodes shown: 3 folded by hand"


def test_what_was_put_somewhere_stands_there_in_the_browser_too(browser, story, tmp_path):
    story.layout.move(SERVER, 100, 200)
    story.layout.move(CLIENT, -500, 640)
    with looked_at(browser, story, tmp_path) as view:
        assert view.page.evaluate(RELATIVE, [1]) == [[-600, 440]]
        view.click(1)
        assert "Stands where it was put by hand." in view.panel


def test_hostile_words_of_steps_run_nothing(browser, tmp_path):
    analyst = PAYLOADS[0]
    around = Workspace(Settings(cache=tmp_path, analyst=analyst))
    with Investigation.open(tmp_path / "case.clew", title=PAYLOADS[2], workspace=around) as case:
        case.add(SERVER)
        for payload in PAYLOADS:
            case.note(payload, about=SERVER)
            case.tag(SERVER, payload)
        case.undo(3)
        with looked_at(browser, case, tmp_path) as view:
            for step in range(len(case.history), 0, -1):
                view.page.keyboard.press("[")
                assert view.page.locator("#history *").count() == 8, step
            view.page.click("text=All steps as a list")
            assert analyst in view.page.inner_text("[data-step='2']")
            assert view.page.locator("[data-step] *").count() == 0


def test_a_case_of_one_step_has_no_slider(browser, case, tmp_path):
    with looked_at(browser, case, tmp_path) as view:
        assert not view.page.is_visible("#step")
