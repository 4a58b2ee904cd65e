"""The page of a case in a real browser, from a file, with no network."""

from contextlib import contextmanager
from itertools import product

import pytest

from clew.entities import Domain, Relation, Verdict
from clew.views.notebook.case_display import case_bundle
from tests.views.hand import SERVER, link, open_case, process, tell
from tests.views.hostile import PLACES, STRINGS
from tests.views.looking import View, looked_at, opened

pytestmark = pytest.mark.e2e

CLIENT = process(1)
PAINTED = """() => {
  const canvas = document.querySelector('#graph canvas');
  const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  let painted = 0;
  for (let at = 3; at < pixels.length; at += 4) painted += pixels[at] > 0;
  return painted;
}"""


@pytest.fixture
def small(case):
    case.add(SERVER)
    tell(case, SERVER, [link(CLIENT, Relation.COMMUNICATES_WITH, SERVER)], ["the raw row of the firewall"])
    tell(case, SERVER, pivot="ti.feed", provider="feed", verdict=Verdict.MALICIOUS, reason="listed as C2")
    tell(case, SERVER, [link(Domain(f"d{n}.example"), Relation.RESOLVES_TO, SERVER, n) for n in range(12)])
    return case


def test_the_page_opens_offline_and_paints(browser, small, tmp_path):
    with looked_at(browser, small, tmp_path) as view:
        assert view.page.evaluate(PAINTED) > 2_000
        assert view.shown == "2 of 14 nodes shown: 12 in 1 group (more than 10 alike with the same neighbours)"
        assert not view.page.is_visible("#words")


def test_a_click_on_a_node_shows_what_is_known_who_says_so_and_the_raw_text(browser, small, tmp_path):
    with looked_at(browser, small, tmp_path) as view:
        view.click(0)
        for words in ("198.51.100.7", "malicious", "listed as C2", "feed", "communicates with", "query.connections"):
            assert words in view.panel
        assert "the raw row of the firewall" in view.panel


def test_hovering_tells_fields_verdict_sources_and_times(browser, small, tmp_path):
    with looked_at(browser, small, tmp_path) as view:
        view.page.mouse.move(*view.spot(0))
        view.page.wait_for_selector("#tip:visible")
        tip = view.page.inner_text("#tip")
        for words in ("malicious", "listed as C2", "by logs", "seen 2026-03-17 12:00:00 to"):
            assert words in tip


def test_an_edge_in_the_list_shows_its_claims(browser, small, tmp_path):
    with looked_at(browser, small, tmp_path) as view:
        view.page.click("footer details:nth-of-type(2) summary")
        view.page.click("text=communicates-with")
        assert "the raw row of the firewall" in view.panel
        assert "2026-03-17 12:00:00" in view.panel


def test_a_group_opens_in_place_and_nothing_else_moves(browser, small, tmp_path):
    with looked_at(browser, small, tmp_path) as view:
        relative = """() => { const [a, b] = [clew.place(0), clew.place(1)], s = clew.scale();
                       return [Math.round((a.x - b.x) / s), Math.round((a.y - b.y) / s)]; }"""
        before = view.page.evaluate(relative)
        view.click(-1)
        view.page.wait_for_function("document.querySelector('#shown').textContent.startsWith('14 of 14')")
        assert view.page.evaluate(relative) == before
        assert "d11.example" in view.panel
        view.page.click("text=Fold again")
        assert view.shown.startswith("2 of 14 nodes shown: 12 in 1 group")


def test_search_counts_what_it_finds_and_enter_goes_there(browser, small, tmp_path):
    with looked_at(browser, small, tmp_path) as view:
        view.page.keyboard.press("/")
        view.page.keyboard.type("D7.EXAMPLE")
        assert view.page.inner_text("#found") == "1 found, 1 folded"
        view.page.keyboard.press("Enter")
        assert "d7.example" in view.page.inner_text("#panel h2")
        view.page.keyboard.press("Escape")
        assert view.page.input_value("#search") == ""


def test_a_filter_hides_a_kind_and_says_how_much_is_hidden_and_why(browser, small, tmp_path):
    with looked_at(browser, small, tmp_path) as view:
        view.page.click("[data-kind=process]")
        assert "1 of 14 nodes shown" in view.shown
        assert "1 hidden by kind (process)" in view.shown
        view.page.click("[data-kind=ip]")
        view.page.click("[data-kind=domain]")
        assert "Everything is hidden by the filters" in view.page.inner_text("#words")
        view.page.click("text=Show all")
        assert view.shown.startswith("2 of 14 nodes shown")


def test_keys_open_the_help_and_fit_the_picture(browser, small, tmp_path):
    with looked_at(browser, small, tmp_path) as view:
        view.page.keyboard.press("?")
        assert view.page.is_visible("#help")
        view.page.keyboard.press("Escape")
        assert not view.page.is_visible("#help")
        before = view.page.evaluate("clew.scale()")
        view.page.mouse.move(600, 500)
        view.page.mouse.wheel(0, -600)
        view.page.wait_for_function("before => clew.scale() > before", arg=before)
        view.page.keyboard.press("f")
        view.page.wait_for_function("before => Math.abs(clew.scale() - before) < 0.01", arg=before)


def test_every_node_and_edge_can_be_reached_without_the_picture(browser, small, tmp_path):
    with looked_at(browser, small, tmp_path) as view:
        assert view.page.locator("[data-node]").count() == 14
        assert view.page.locator("[data-edge]").count() == 13
        view.page.click("footer summary")
        view.page.focus("[data-node='1']")
        view.page.keyboard.press("Enter")
        assert "tool1.exe" in view.page.inner_text("#panel h2")


def test_an_empty_case_says_that_it_is_empty(browser, case, tmp_path):
    with looked_at(browser, case, tmp_path) as view:
        assert view.page.inner_text("#words") == "There is nothing in this case yet."


def test_without_scripts_the_page_says_so_and_lists_everything(browser, small, tmp_path):
    with opened_without_scripts(browser, small.to_html(tmp_path / "page.html")) as page:
        assert "a script that has not run" in page.inner_text("#words")
        assert page.locator("[data-node]").count() == 14


@contextmanager
def opened_without_scripts(browser, file):
    with browser.new_context(java_script_enabled=False, offline=True) as around:
        page = around.new_page()
        page.goto(file.as_uri())
        yield page


@pytest.mark.parametrize("place", PLACES)
def test_nothing_hostile_runs_whatever_is_clicked(browser, case, tmp_path, place):
    case.add(SERVER)
    PLACES[place](case, STRINGS)
    with looked_at(browser, case, tmp_path) as view:
        suspicious = "script,iframe,img,object,embed,link,base,form,[onerror],[onload],[href]"
        elements = f"document.querySelectorAll('{suspicious}').length"
        before = view.page.evaluate(elements)
        view.page.evaluate("document.querySelectorAll('footer details').forEach((each) => { each.open = true; })")
        nodes = view.page.locator("[data-node]").count()
        for node in range(nodes):
            # Through the page's own handlers, faster than a pointer would.
            view.page.evaluate("id => document.querySelector(`[data-node='${id}']`).click()", node)
            view.page.evaluate("document.querySelectorAll('#panel details').forEach((each) => { each.open = true; })")
        steps = view.page.locator("[data-step]").count()
        for step in range(steps, 0, -max(1, steps // 20)):
            view.page.evaluate("step => document.querySelector(`[data-step='${step}']`).click()", step)
        view.page.click("#last:enabled")
        for node in range(min(nodes, 5)):
            view.page.mouse.move(*view.spot(node))
        view.page.fill("#search", "<script>")
        assert view.page.evaluate(elements) == before


def test_a_hostile_title_and_a_picture_of_it_stay_still(browser, tmp_path):
    title = "</title></h1><img src=x onerror=window.__pwned=1><script>window.__pwned=1</script>"
    with open_case(tmp_path, title) as case:
        tell(case, SERVER)
        with looked_at(browser, case, tmp_path) as view:
            assert view.page.title() == title
            assert view.page.inner_text("h1") == title
        bundle = case_bundle(case)
        file = tmp_path / "bundle.html"
        file.write_text(f"<!DOCTYPE html><meta charset=utf-8>{bundle['text/html']}{bundle['image/svg+xml']}", "utf-8")
        with opened(browser, file) as view:
            assert view.page.locator("script, img").count() == 0


def test_a_timeline_shows_hostile_labels_as_text(browser, tmp_path):
    from bokeh.embed import file_html
    from bokeh.resources import INLINE

    text = "<img src=x onerror=window.__pwned=1><b>bold"
    with open_case(tmp_path, f"$$\\href{{javascript:1}}{{x}}$$ {text}") as case:
        tell(case, SERVER, [link(process(1, image=text), Relation.COMMUNICATES_WITH, SERVER)])
        file = tmp_path / "timeline.html"
        file.write_text(file_html(case.timeline_plot(), INLINE, "timeline"), "utf-8")
    with browser.new_context(viewport={"width": 1000, "height": 400}, offline=True) as around:
        view = View(around.new_page())
        view.watch()
        view.page.goto(file.as_uri())
        view.page.wait_for_selector(".bk-Figure")
        view.page.wait_for_timeout(1_000)
        # The one dot is in the middle.
        plot = view.page.locator(".bk-Figure").bounding_box()
        for x, y in product(range(int(plot["width"] / 2) - 60, int(plot["width"] / 2) + 40, 4), (80, 90, 100)):
            view.page.mouse.move(plot["x"] + x, plot["y"] + y)
            if view.page.locator(".bk-Tooltip").count():
                break
        view.page.wait_for_timeout(500)
        assert f"process {text} (1)" in view.page.locator(".bk-Tooltip").evaluate("each => each.shadowRoot.textContent")
        assert view.page.locator("img").count() == 0
        assert view.page.evaluate("window.__pwned") is None
        assert [url for url in view.requests if not url.startswith(("file:", "data:", "blob:"))] == []


def test_the_incident_is_painted_within_two_seconds_and_weighs_less_than_three_megabytes(browser, incident, tmp_path):
    with looked_at(browser, incident, tmp_path) as view:
        assert (tmp_path / "page.html").stat().st_size <= 3_000_000
        assert int(view.page.evaluate("document.documentElement.dataset.painted")) < 2_000
        assert view.page.evaluate(PAINTED) > 20_000
        view.click(0)
        assert "malicious" in view.panel
        assert '"EventID"' in view.panel or "EventID" in view.panel
