"""The pivot browser, with real widgets."""

from __future__ import annotations

import atexit
import sys
from html import unescape

import pytest

import clew
from clew.entities import ENTITY_TYPES, Host, IpAddress, Verdict
from clew.errors import MissingExtra
from clew.pivots.catalog import search
from clew.pivots.description import EXAMPLES
from clew.views.notebook.pivot_browser import browse
from tests.support import active, hiding
from tests.views.hand import SERVER, tell
from tests.views.hostile import PLACES, STRINGS

ipywidgets = pytest.importorskip("ipywidgets")
CLASSES = [*EXAMPLES]
TYPED = [text for text in STRINGS if len(text) < 1_000]


@pytest.fixture
def browser():
    opened = browse()
    opened.entities.index = CLASSES.index(IpAddress)
    return opened


def choose(browser, name):
    """Choose a pivot by its label, as a click does."""
    browser.pivots.index = [label for label, _ in browser.pivots.options].index(name)


def fill(browser, **texts):
    fields = {field.description: field for field in browser.fields.children}
    for name, text in texts.items():
        fields[name].value = text


def html(widget):
    """All raw HTML of a widget and its parts."""
    own = widget.value if isinstance(widget, ipywidgets.HTML) else ""
    return own + "".join(map(html, getattr(widget, "children", ())))


def words(widget):
    """All text of a widget and its parts that is shown as text."""
    own = [str(getattr(widget, name, "")) for name in ("description", "placeholder", "value")]
    own += getattr(widget, "_options_labels", ())
    own = [text for text in own if text != "\u200b"]  # the placeholder that ipywidgets itself has
    return own + [text for child in getattr(widget, "children", ()) for text in words(child)]


def test_an_entity_a_pivot_and_fields_make_a_line(browser):
    """Type an address, choose a pivot, fill a field: the line is the call."""
    browser.subject_text.value = "198.51.100[.]7"
    choose(browser, "ti.abuseipdb")
    fill(browser, max_age_days="30")
    assert browser.code == browser.line.value == "IpAddress('198.51.100.7').ti.abuseipdb(max_age_days=30)"
    assert not browser.insert.disabled
    assert browser.problem.value == ""


def test_every_pivot_of_every_entity_is_shown_with_its_documentation(browser):
    """Each class lists its pivots; each pivot shows its card, what leaves among it, and has a field per parameter."""
    for number, cls in enumerate(CLASSES):
        browser.entities.index = number
        assert [label for label, _ in browser.pivots.options] == [card.name for card in cls.pivots()]
        for place, card in enumerate(cls.pivots()):
            browser.pivots.index = place
            assert browser.about.value == card._repr_html_()
            assert card.leaves in unescape(browser.about.value)
            assert [field.description for field in browser.fields.children] == [each.name for each in card.parameters]
            assert browser.code == card.example


def test_what_is_searched_for_is_listed_with_its_entity(browser):
    """A search goes over all pivots; no hit shows nothing and has no line; without words the list is as before."""
    browser.words.value = "logons"
    assert [label for label, _ in browser.pivots.options] == [f"{card.entity}.{card.name}" for card in search("logons")]
    choose(browser, "Host.query.logons")
    assert browser.code == f"{EXAMPLES[Host]}.query.logons()"
    browser.words.value = "no such words"
    assert (browser.pivots.options, browser.about.value, browser.fields.children) == ((), "", ())
    assert (browser.code, browser.insert.disabled) == ("", True)
    browser.words.value = ""
    assert browser.code == f"{EXAMPLES[IpAddress]}.ti.lookup()"


def test_a_mistake_is_shown_and_not_raised(browser):
    """What is no entity, and what a parameter does not take, is said in place of the line; then it can be put right."""
    choose(browser, "ti.abuseipdb")
    browser.subject_text.value = "</p><b>198.51.100.300"
    assert "198.51.100.300" in browser.problem.value
    assert active(browser.problem.value) == []
    assert (browser.code, browser.insert.disabled) == ("", True)
    browser.subject_text.value = "198.51.100.30"
    fill(browser, max_age_days="a month")
    assert "max_age_days cannot be" in unescape(browser.problem.value)
    assert browser.code == ""
    fill(browser, max_age_days="31")
    assert browser.problem.value == ""
    assert browser.code == "IpAddress('198.51.100.30').ti.abuseipdb(max_age_days=31)"


def test_typing_on_keeps_the_pivot_and_its_fields(browser):
    """Another entity of the same class is asked the same; one of another class shows the pivots of that."""
    choose(browser, "query.connections")
    fill(browser, limit="7")
    browser.subject_text.value = "198.51.100.8"
    assert browser.code == "IpAddress('198.51.100.8').query.connections(limit=7)"
    browser.subject_text.value = "c2.example"
    assert browser.code == "Domain('c2.example').ti.lookup()"


def test_choosing_from_the_list_replaces_what_is_typed(browser):
    """A class keeps what is typed where it can be one of it, and forgets it where not."""
    browser.subject_text.value = "ws01"
    browser.entities.index = CLASSES.index(Host)
    assert browser.code == "Host('ws01').query.alerts()"
    browser.entities.index = CLASSES.index(IpAddress)
    assert browser.subject_text.value == ""
    assert browser.code == f"{EXAMPLES[IpAddress]}.ti.lookup()"


def test_a_case_lends_its_entities(case):
    """The entities of the given case are listed, else those of the open one; choosing one makes it the subject."""
    tell(case, SERVER, verdict=Verdict.MALICIOUS, provider="feed", pivot="ti.feed")
    for browser in (browse(case), browse()):
        listed = [label for label, _ in browser.entities.options]
        assert listed[len(ENTITY_TYPES) :] == ["IpAddress 198.51.100.7, malicious"]
        browser.subject_text.value = "ws01.corp.example"
        browser.entities.index = len(ENTITY_TYPES)
        assert (browser.subject_text.value, browser.code) == ("", "IpAddress('198.51.100.7').ti.lookup()")


def test_browsing_asks_nobody_and_records_nothing(case):
    """Looking, typing and writing lines leaves the case as it was."""
    case.add(SERVER)
    steps = len(case.history)
    browser = browse()
    for number in range(len(browser.entities.options)):
        browser.entities.index = number
    assert len(case.history) == steps


@pytest.mark.parametrize("place", ["command_lines", "paths", "accounts", "urls", "systems"])
def test_hostile_text_anywhere_in_a_case_is_text_in_the_browser(case, place):
    """What an attacker wrote into a case is text in lists, fields and the line, and never markup."""
    PLACES[place](case, STRINGS)
    browser = browse(case)
    for number in range(len(ENTITY_TYPES), len(browser.entities.options)):
        browser.entities.index = number
        assert browser.code
        assert active(html(browser.panel)) == []
        assert {char for text in words(browser.panel) for char in hiding(text)} == set()


@pytest.mark.parametrize("text", TYPED, ids=range(len(TYPED)))
def test_hostile_text_that_is_typed_is_text(browser, text):
    """What an analyst pastes without looking is never markup, neither as an entity nor as an argument."""
    browser.subject_text.value = text
    assert active(html(browser.panel)) == []
    browser.subject_text.value = ""
    browser.entities.index = CLASSES.index(Host)
    choose(browser, "query.processes")
    fill(browser, image=text, limit=text)
    assert active(html(browser.panel)) == []
    assert hiding(browser.code) == set()


def test_it_is_displayed_as_its_panel(browser):
    """A notebook shows the widgets."""
    assert "application/vnd.jupyter.widget-view+json" in browser._repr_mimebundle_()


def test_the_line_is_inserted_as_the_next_input(browser, tmp_path, monkeypatch):
    """In IPython the button hands the line over as the next input, to be run or not by whoever reads it."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False  # a thread and a database that outlive the test
    shell = InteractiveShell.instance(config=config)
    try:
        browser.insert.click()
        assert shell.rl_next_input == browser.code == f"{EXAMPLES[IpAddress]}.ti.lookup()"
        assert "new cell" in browser.problem.value
    finally:
        shell.atexit_operations()
        atexit.unregister(shell.atexit_operations)
        InteractiveShell.clear_instance()


def test_without_ipython_the_line_is_there_to_copy(browser):
    """Where nothing can be inserted, that is said, and the line stays."""
    browser.insert.click()
    assert "copy the line" in browser.problem.value
    assert browser.code


def test_a_missing_library_is_named(monkeypatch):
    """Without ipywidgets the error says what to install."""
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    with pytest.raises(MissingExtra, match=r"pip install 'clew\[notebook\]'"):
        clew.browse()
