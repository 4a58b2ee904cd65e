"""The results browser, with real widgets."""

from __future__ import annotations

import sys
from html import unescape

import pytest
from hypothesis import given

import clew
from clew.entities import Domain, Fact, File, IpAddress, Link, Outcome, Relation, Severity, Verdict
from clew.errors import CaseError, MissingExtra, QueryError
from clew.views.notebook.result_browser import MANY_TABS, ResultBrowser, browse_results
from clew.views.notebook.result_browser_model import SUBJECTS_SHOWN
from clew.views.notebook.result_panels import source_html, summary_html
from tests.support import FEWER, hiding
from tests.views.hand import HOST, SERVER, open_case, tell
from tests.views.hostile import PLACES, STRINGS
from tests.views.notebook.test_results import ADDRESSES, assert_inert, findings, looked_up, said

ipywidgets = pytest.importorskip("ipywidgets")
BAD = looked_up(
    said(
        "feed",
        verdict=Verdict.MALICIOUS,
        severity=Severity.HIGH,
        facts=(Fact("score", 90),),
        subject=ADDRESSES[0],
        links=(Link(ADDRESSES[0], Relation.RELATED_TO, Domain("c2.example")),),
    ),
    said("vt", Outcome.FAILED, reason="no answer before the deadline", subject=ADDRESSES[0]),
    subject=ADDRESSES[0],
)
MUTE = looked_up(said("feed", Outcome.REFUSED, reason="TLP:RED", subject=ADDRESSES[1]), subject=ADDRESSES[1])
OURS = {"", "verdict", "severity", "outcome", "search", "subject", "Show the raw reply"}
CLEAN = said("feed", Outcome.NOTHING, subject=ADDRESSES[2])


@pytest.fixture
def browser():
    return browse_results([CLEAN, MUTE, BAD])


def parts(widget):
    """A widget and all that is in it."""
    yield widget
    for child in getattr(widget, "children", ()):
        yield from parts(child)


def html(widget):
    """All raw HTML of a widget and its parts, but for the constant style of its tabs."""
    raw = [part.value for part in parts(widget) if isinstance(part, ipywidgets.HTML)]
    return "".join(each for each in raw if each != MANY_TABS)


def titles(browser):
    return [*browser.tabs.titles]


def listed(browser):
    return [label for label, _ in browser.subjects.options]


def open_tab(browser, number):
    browser.tabs.selected_index = number
    return browser.tabs.children[number]


def show_raw(browser, number):
    """Press the button of a tab; the widgets that come of it."""
    box = open_tab(browser, number)
    (button,) = [part for part in parts(box) if isinstance(part, ipywidgets.Button)]
    button.click()
    return box.children[-1].children


def assert_shown_is_inert(browser):
    """No raw HTML but ours, no LaTeX, and every character of what is shown as text to be seen."""
    assert_inert(html(browser.panel))
    for part in parts(browser.panel):
        # What interprets HTML or LaTeX holds nothing but our own words.
        assert not isinstance(part, ipywidgets.HTMLMath | ipywidgets.Label)
        assert not getattr(part, "description_allow_html", False)
        assert getattr(part, "description", "") in OURS
        shown = [str(getattr(part, "value", "")), *getattr(part, "_options_labels", ()), *getattr(part, "titles", ())]
        assert {char for text in shown for char in hiding(text)} <= {"\u200b"}  # the placeholder of ipywidgets itself


def test_the_worst_subject_is_chosen_and_its_summary_open(browser):
    """Opening shows counts, the subjects in order, and the verdict of the worst with its reasons."""
    assert listed(browser) == [
        "! malicious (high), 1 of 2 answered: IpAddress 203.0.113.0",
        "\u00d7 no answer (1 refused): IpAddress 203.0.113.1",
        "\u00b7 nothing found: IpAddress 203.0.113.2",
    ]
    assert "3 subjects: 1 malicious, 2 unknown, 1 without any answer, 1 without all answers" in html(browser.panel)
    assert browser.selection.subject == ADDRESSES[0]
    assert titles(browser) == ["summary", "! feed", "\u00d7 vt"]
    assert browser.tabs.selected_index == 0
    assert html(browser.tabs) == summary_html(browser.selection)


def test_a_tab_shows_what_its_source_said(browser):
    """Each source has its tab, with its facts, its entities as code, and the finding itself for the next cell."""
    assert browser.finding is None
    box = open_tab(browser, 1)
    assert browser.finding == BAD.parts[0]
    assert html(box).startswith(source_html(BAD.parts[0]))
    (code,) = [part.value for part in parts(box) if isinstance(part, ipywidgets.Textarea)]
    assert eval(code, {"Domain": Domain}) == [Domain("c2.example")]
    assert "no answer before the deadline" in html(open_tab(browser, 2))
    assert [part for part in parts(browser.tabs.children[2]) if isinstance(part, ipywidgets.Textarea)] == []


def test_only_what_is_looked_at_is_made(browser):
    """A tab is empty until it is opened, and made once; the widgets of a subject go with it."""
    assert browser.tabs.children[1].children == ()
    made = open_tab(browser, 1).children
    open_tab(browser, 0)
    assert open_tab(browser, 1).children is made
    gone = [*parts(browser.tabs.children[1])]
    browser.subjects.index = 2
    assert titles(browser) == ["summary", "\u00b7 feed"]
    assert "nothing found" in html(browser.tabs)
    assert all(widget.comm is None for widget in gone)


def test_filters_and_words_choose_the_subjects(browser):
    """Lists and words narrow what is listed; what stays chosen is not thrown away; nothing chosen is everything."""
    browser.subjects.index = 1
    open_tab(browser, 1)
    browser.severities.value = ("high",)
    assert listed(browser)[1] == "\u00d7 no answer (1 refused): IpAddress 203.0.113.1"
    assert browser.selection.subject == ADDRESSES[1]
    assert "2 of 3 subjects" in browser.note.value
    browser.outcomes.value = ("failed",)
    assert browser.selection.subject == ADDRESSES[0]
    assert browser.note.value == "<p>1 of 3 subjects; 1 that some source gave no answer about are filtered out</p>"
    browser.severities.value = browser.outcomes.value = ()
    browser.verdicts.value = ("benign", "suspicious")
    assert listed(browser) == ["\u00d7 no answer (1 refused): IpAddress 203.0.113.1"]
    browser.verdicts.value = ()
    browser.words.value = "203.0.113[.]2"
    assert browser.selection.subject == ADDRESSES[2]
    browser.words.value = "no such words"
    assert (listed(browser), browser.selection, browser.finding, titles(browser)) == ([], None, None, [])
    browser.words.value = ""
    assert len(listed(browser)) == 3
    assert "203.0.113.0" in html(browser.tabs)


def test_without_findings_there_is_nothing_to_choose(case):
    """No findings, and a case in which nobody was asked, are shown as that."""
    for browser in (browse_results([]), browse_results(case), browse_results()):
        assert (listed(browser), titles(browser), browser.selection) == ([], [], None)
        assert "there are no findings to show" in html(browser.panel)
        browser.verdicts.value = ("malicious",)
        browser.words.value = "x"
        assert listed(browser) == []
        with pytest.raises(CaseError, match="no source is chosen"):
            _ = browser.raw


def test_one_finding_without_parts_is_enough():
    """What a pivot gives back can be looked at as it is."""
    browser = browse_results(CLEAN)
    assert titles(browser) == ["summary", "\u00b7 feed"]
    open_tab(browser, 1)
    assert browser.finding == CLEAN


def test_answers_that_are_none_alone_are_never_a_good_sign():
    """Failed, refused and skipped stand in the list, the summary and the tabs, under whatever severity."""
    mute = [
        said("feed", outcome, subject=one, reason="why")
        for one, outcome in zip(ADDRESSES, (Outcome.FAILED, Outcome.REFUSED, Outcome.SKIPPED), strict=False)
    ]
    browser = browse_results(mute)
    browser.severities.value = ("high",)
    assert [label.split(":")[0] for label in listed(browser)] == [
        "\u00d7 no answer (1 failed)",
        "\u00d7 no answer (1 refused)",
        "\u00d7 no answer (1 skipped)",
    ]
    for number, outcome in enumerate(("failed", "refused", "skipped")):
        browser.subjects.index = number
        assert f"<b>no answer (1 {outcome})</b>" in html(browser.tabs)
        assert titles(browser) == ["summary", "\u00d7 feed"]
        assert outcome in html(open_tab(browser, 1))


def test_a_case_is_looked_through_with_its_raw_replies(tmp_path):
    """A case that was closed and opened again has everything: verdicts, tabs, and the raw rows when asked for."""
    with open_case(tmp_path) as case:
        tell(case, SERVER, raw=['{"EventID":3,"Image":"a<b>.exe"}'], provider="logs", reason="3 rows")
        tell(case, SERVER, provider="feed", pivot="ti.feed", verdict=Verdict.MALICIOUS)
    with open_case(tmp_path) as case:
        browser = browse_results(case)
        assert titles(browser) == ["summary", "! feed", "\u00b7 logs"]
        text, note = show_raw(browser, 2)
        assert (text.value, note.value) == ('{\n "EventID": 3,\n "Image": "a<b>.exe"\n}', "")
        assert browser.raw == ['{"EventID":3,"Image":"a<b>.exe"}']
        (said_so,) = show_raw(browser, 1)
        assert "nothing was received" in said_so.value


def test_findings_know_their_raw_replies_in_the_open_case(case):
    """Findings that were recorded in the open case, or in the one that is given, have their raw replies."""
    tell(case, SERVER, raw=["a row"])
    found = [*case.history][-1].event.finding
    for browser in (browse_results(found), browse_results([found], case=case)):
        text, _ = show_raw(browser, 1)
        assert text.value == "a row"


def test_without_a_case_it_is_said_how_to_keep_raw_replies():
    """The button says why there is none, and what to do."""
    browser = browse_results(said("feed", evidence=("0" * 64,)))
    (note,) = show_raw(browser, 1)
    assert "without a case the raw reply is not kept" in note.value
    assert "clew.Investigation.open" in unescape(note.value)


def test_a_case_that_was_closed_meanwhile_is_told(tmp_path):
    """What was read stays; the raw reply is not there any more, and nothing breaks."""
    with open_case(tmp_path) as case:
        tell(case, SERVER, raw=["a row"])
        browser = browse_results(case)
    (note,) = show_raw(browser, 1)
    assert "closed" in note.value


def test_looking_asks_nobody_and_records_nothing(case):
    """Choosing, filtering and reading leave the case as it was."""
    tell(case, SERVER, raw=["a row"])
    steps = len(case.history)
    browser = browse_results(case)
    browser.words.value = "198"
    show_raw(browser, 1)
    assert len(case.history) == steps


def test_thousands_of_findings_are_listed_up_to_a_bound():
    """Of 5,000 the worst are listed, and only the chosen one is made."""
    many = [
        said("feed", Outcome.NOTHING, subject=IpAddress(f"198.18.{number // 250}.{number % 250}"))
        for number in range(5_000)
    ]
    browser = browse_results(iter([*many, BAD]))
    assert len(listed(browser)) == SUBJECTS_SHOWN
    assert "the 200 worst are listed: filter or search for the others" in browser.note.value
    assert browser.selection.subject == ADDRESSES[0]
    assert len([*parts(browser.tabs)]) == 1 + 3 + 1
    browser.words.value = "198.18.19.249"
    assert listed(browser) == ["\u00b7 nothing found: IpAddress 198.18.19.249"]


@FEWER
@given(findings)
def test_whatever_the_findings_the_widgets_are_inert(told):
    """Whatever anybody wrote: every subject, tab and raw reply is shown as text."""
    browser = browse_results(told)
    for subject in range(len(listed(browser))):
        browser.subjects.index = subject
        for tab in range(1, len(titles(browser))):
            show_raw(browser, tab)
            assert_shown_is_inert(browser)


@pytest.mark.parametrize("place", ["paths", "reasons", "providers", "evidence", "deeds", "merges"])
def test_hostile_text_anywhere_in_a_case_is_text(case, place):
    """What an attacker wrote into a case is text in lists, tabs, panels, code and raw replies."""
    PLACES[place](case, STRINGS)
    browser = browse_results(case)
    for subject in range(len(listed(browser))):
        browser.subjects.index = subject
        for tab in range(1, len(titles(browser))):
            show_raw(browser, tab)
        assert_shown_is_inert(browser)


def test_hostile_text_in_names_of_subjects_is_text():
    """A file can be called anything; in the list it stands after the verdict, where it cannot pretend to one."""
    files = [File(path=text, host=HOST) for text in STRINGS if text.strip()]
    browser = browse_results([said("feed", Outcome.NOTHING, subject=one) for one in files])
    assert all(label.startswith("\u00b7 nothing found: File ") for label in listed(browser))
    for subject in range(len(listed(browser))):
        browser.subjects.index = subject
        assert_shown_is_inert(browser)


@pytest.mark.parametrize("text", STRINGS, ids=range(len(STRINGS)))
def test_hostile_text_that_is_searched_for_is_text(browser, text):
    """What an analyst pastes without looking finds what it finds."""
    browser.words.value = text[:1_000]
    assert_inert(html(browser.panel))


def test_it_is_displayed_as_its_panel_and_has_a_text(browser):
    """A notebook shows the widgets; a terminal, and a notebook without widgets, the worst in text."""
    bundle = browser._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert bundle["text/plain"] == repr(browser)
    assert repr(browser).splitlines()[1] == "  ! malicious (high), 1 of 2 answered: IpAddress 203.0.113.0"


def test_what_cannot_be_looked_at_is_an_error_that_says_what_can(browser):
    """Without a case something has to be given, and a frame has no findings."""
    with pytest.raises(CaseError, match=r"no case is open\n.*clew\.browse_results\(case\)"):
        browse_results()
    with pytest.raises(QueryError, match=r"results are findings, not str\n.*give the case"):
        browse_results(["status", "verdict"])


def test_it_stands_at_the_front_door():
    """`clew.browse_results` is loaded when it is named."""
    assert clew.browse_results is browse_results
    assert isinstance(clew.browse_results([]), ResultBrowser)


def test_a_missing_library_is_named(monkeypatch):
    """Without ipywidgets the error says what to install."""
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    with pytest.raises(MissingExtra, match=r"pip install 'clew\[notebook\]'"):
        clew.browse_results([BAD])
