"""The raw replies behind results: as they were received, bounded, and safe to look at."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import Outcome
from clew.errors import CaseError
from clew.views.notebook import raw_replies as replies
from clew.views.notebook.case_results import latest_results
from clew.views.notebook.raw_replies import Replies, indent_json
from tests.support import HOSTILE, hiding, texts
from tests.views.hand import SERVER, tell
from tests.views.notebook.test_results import ADDRESSES, said


def test_rows_of_logs_are_shown_as_they_were_read(case):
    """Of logs the raw text of every row is there, in a case that is open and in one as it was."""
    tell(case, SERVER, raw=["<Event>1</Event>", '{"EventID":3}'])
    for reading in (case, case.at(len(case.history))):
        (result,) = latest_results(reading).results
        shown = Replies(reading).preview(result.parts[0])
        assert (shown.text, shown.note) == ('<Event>1</Event>\n{\n "EventID": 3\n}', "")


def test_many_rows_are_all_there_and_few_are_shown(case):
    """What is shown has a bound, and says what it leaves out; the whole is there for who asks."""
    raw = [f"row {number:05}" for number in range(2 * replies.ROWS)]
    tell(case, SERVER, raw=raw)
    (result,) = latest_results(case).results
    kept = Replies(case)
    assert kept.texts(result.parts[0]) == raw
    shown = kept.preview(result.parts[0])
    assert shown.text == "\n".join(raw)[: replies.CHARACTERS * 10 // 9]
    assert shown.note == "7 more characters and 17,777 more rows: .raw has all of it"


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_reply_is_shown_with_every_character_to_be_seen(case, text):
    """Escapes, controls and invisible characters of a raw reply are seen, and command nothing."""
    if any("\ud800" <= char <= "\udfff" for char in text):
        text = ascii(text)
    tell(case, SERVER, raw=[text, json.dumps({"a": [text]}, ensure_ascii=False)])
    (result,) = latest_results(case).results
    assert hiding(Replies(case).preview(result.parts[0]).text) == set()


def test_why_a_raw_reply_is_not_there_is_said(case):
    """Without a case, of another case, and of an ask that got nothing: three reasons, each with what to do."""
    tell(case, SERVER, raw=["row"])
    (result,) = latest_results(case).results
    with pytest.raises(CaseError, match=r"without a case the raw reply is not kept\n.*clew\.Investigation\.open"):
        Replies(None).texts(result.parts[0])
    with pytest.raises(CaseError, match=r"this case does not have the raw reply"):
        Replies(case).texts(said("feed", evidence=("0" * 64,)))
    with pytest.raises(CaseError, match=r"no raw reply behind this: nothing was received"):
        Replies(case).texts(said("feed", Outcome.SKIPPED))


def test_what_a_case_receives_later_is_found(case):
    """A case that goes on is looked into again."""
    tell(case, SERVER, raw=["first"])
    kept = Replies(case)
    assert kept.texts(latest_results(case).results[0].parts[0]) == ["first"]
    tell(case, ADDRESSES[0], raw=["second"])
    later = next(result for result in latest_results(case).results if result.subject == ADDRESSES[0])
    assert kept.texts(later.parts[0]) == ["second"]


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)


@given(_json, st.sampled_from([None, 0, 3]), st.booleans())
def test_broken_lines_change_no_value_of_json(value, indent, ascii_only):
    """JSON with line breaks means the same, and has the same characters but for white space between its words."""
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    shown, rest = indent_json(text, len(text) * 30 + 30)
    assert (json.loads(shown), rest) == (value, 0)
    assert json.dumps(json.loads(shown)) == json.dumps(value)
    assert "".join(shown.split()) == "".join(text.split())


def test_numbers_and_doubled_keys_stay_as_they_were_received():
    """What a parser would forget is shown: digits, escapes, the first of two keys."""
    shown, _ = indent_json('{"a":1.50,"a":1E2,"b":"\\u0041 , {"}', 100)
    assert shown == '{\n "a": 1.50,\n "a": 1E2,\n "b": "\\u0041 , {"\n}'


@given(texts | _json.map(json.dumps), st.integers(0, 60))
def test_what_is_shown_and_what_is_left_out_is_all(text, limit):
    """Up to the bound, and the rest is counted exactly, but for white space between words of JSON."""
    shown, rest = indent_json(text, limit)
    assert len(shown) <= limit
    left = text[len(text) - rest :] if rest else ""
    assert "".join((shown + left).split()) == "".join(text.split())


@pytest.mark.parametrize(
    "text", ["[" * 100_000 + "]" * 100_000, "[INFO]  two  blanks", "[1, 2", "9" * 10_000, '["' + "\\" * 9_999]
)
def test_what_is_no_json_stays_as_it_is(text):
    """Text that only begins like JSON, or is too deep to be any, is shown as it came."""
    assert indent_json(text, len(text)) == (text, 0)
