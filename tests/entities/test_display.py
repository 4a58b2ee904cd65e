"""Attacker-written text is shown as text: in a terminal, in a notebook, in an error."""

from __future__ import annotations

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import Account, Fact, File, Finding, Link, Relation, Table, Url
from clew.entities.display import escape_html, finding_html, html_table, visible
from clew.errors import AskFailed, ClewError
from tests.support import HOSTILE, active, entities, hiding, texts

hostile = pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))


def shown_as_text(markup: str) -> None:
    assert active(markup) == []
    assert hiding(markup) == set()
    markup.encode()


def finding(value: str) -> Finding:
    """A finding with the value in every place that a source can fill."""
    subject = File(path=f"C:\\{value}", host="ws01")
    account = Account(f"CORP\\x{value.replace(chr(92), '/')}")
    return Finding(
        subject,
        pivot="ti.feed",
        provider="feed",
        reason=value,
        reference=value,
        facts=(Fact(value, value), Fact("number", 7), Fact("nothing", None)),
        links=(Link(subject, Relation.RELATED_TO, account),),
        parts=(Finding(account, reason=value, facts=(Fact(value, value),)),),
        returned=1,
        available=9,
        truncated_by=value,
    )


@given(st.one_of(st.text(), texts), st.integers(0, 50))
def test_nothing_hides_in_visible_text(text, limit):
    """`visible` leaves no control, bidirectional or invisible character, and keeps to its limit."""
    for shown in (visible(text), visible(text, limit)):
        assert hiding(shown) == set()
        assert "\n" not in shown
    assert limit == 0 or len(visible(text, limit)) <= limit


@pytest.mark.parametrize(
    "code", [0x115F, 0x1160, 0x3164, 0xFFA0, 0x2800, 0x034F, 0x180E, 0xFE0F, 0xE0041, 0xE0100, 0xE000]
)
def test_letters_that_draw_nothing_are_seen(code):
    """Characters that are letters, marks or tags by their class and draw nothing are written as escapes too."""
    number = f"u{code:04x}" if code < 0x10000 else f"U{code:08x}"
    assert visible(f"pay{chr(code)}pal") == f"pay\\{number}pal"


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E)))
def test_plain_text_is_shown_as_it_is(text):
    """What can be seen is not changed."""
    assert visible(text) == text


@given(st.one_of(st.text(), texts))
def test_escaped_text_is_only_text(text):
    """Parsed as HTML, escaped text is one text, both between tags and inside a quoted attribute."""
    assert html.unescape(escape_html(text)) == visible(text)
    assert active(f"<p>{escape_html(text)}</p>") == []
    assert active(f"<p title='{escape_html(text)}'></p>") == [f"title={visible(text)}"]
    assert active(f'<p title="{escape_html(text)}"></p>') == [f"title={visible(text)}"]


@given(entities)
def test_an_entity_is_shown_as_text(entity):
    """No field of an entity becomes markup in a notebook or a command to a terminal."""
    bundle = entity._repr_mimebundle_()
    shown_as_text(bundle["text/html"])
    assert hiding(bundle["text/plain"]) == set()
    assert escape_html(entity.label, 10)[:5] in bundle["text/html"]


@hostile
def test_a_finding_is_shown_as_text(value):
    """Nothing that a source says becomes markup in a notebook or a command to a terminal."""
    bundle = finding(value)._repr_mimebundle_()
    shown_as_text(bundle["text/html"])
    assert hiding(bundle["text/plain"]) == set()
    assert hiding(repr(finding(value))) == set()


@hostile
def test_a_table_is_shown_as_text(value):
    """No column name and no cell of a query's rows becomes markup; long cells are cut, and more rows are told."""
    table = Table((value, "b"), ((value, 1),) * 30)
    subject = Url("https://evil.example/")
    shown = finding_html(Finding(subject, table=table, returned=30))
    shown_as_text(shown)
    assert "10 more rows" in shown
    assert len(shown) < 40_000
    assert escape_html(value, 160) in shown
    shown_as_text(html_table((value,), [(None,)]))


def test_an_empty_table_is_not_shown():
    """No rows, no table."""
    assert html_table(("a",), []) == ""


@hostile
def test_a_finding_tells_what_was_cut(value):
    """Truncation is told in both forms, with how much there is."""
    cut = finding(value)
    assert "1 of 9" in str(cut)
    assert "1 of 9" in cut._repr_mimebundle_()["text/html"]
    assert "of unknown" in str(Finding(cut.subject, truncated_by="the vendor", returned=1))


@pytest.mark.parametrize("error", [ClewError, AskFailed])
def test_an_error_says_what_where_and_what_next(error):
    """An error's text holds what was wrong, where it was, and the next step."""
    kind = {"kind": "reply"} if error is AskFailed else {}
    assert (
        str(error("it broke", location="a.csv:7", next_step="mend it", **kind)) == "it broke (a.csv:7)\n  next: mend it"
    )
    assert str(error("it broke", **kind)) == "it broke"
