"""What a rule says about an event: each modifier, absent fields, null, numbers, case and escapes."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

pytest.importorskip("sigma")

from hypothesis import given
from hypothesis import strategies as st

from clew.errors import QueryError
from clew.logs.engines.event_store import EventBatch
from clew.logs.event_mapper import LocatedEvent
from clew.logs.sigma.candidates import CandidateScan
from clew.logs.sigma.detections import RuleState
from clew.logs.sigma.event_fields import EventFields
from clew.logs.sigma.rule_files import rule_files
from clew.logs.sigma.rule_set import Rule, RuleSet, load_rules
from tests.support import FEWER

HEAD = "title: Made up\nlogsource: {product: windows}\n"


def rules(detection: Any, **placeholders: list[str]) -> RuleSet:
    """The set of one rule with that detection."""
    text = HEAD + yaml.safe_dump({"detection": detection}, allow_unicode=False)
    return load_rules(rule_files(text), placeholders)


def rule(detection: Any, **placeholders: list[str]) -> Rule:
    """The rule with that detection, which can run."""
    rule_set = rules(detection, **placeholders)
    assert not rule_set.failures, rule_set.failures
    return rule_set.rules[0]


def selection(**fields: Any) -> dict[str, Any]:
    """A detection of one selection; `__` in a name is a bar."""
    return {"a": {name.replace("__", "|"): value for name, value in fields.items()}, "condition": "a"}


def view(event: dict[str, Any]) -> EventFields:
    """An event as conditions see it."""
    return EventFields(LocatedEvent("windows", {}, event, event), {})


def is_candidate(made_rule: Rule, event: dict[str, Any]) -> bool:
    """Whether the scan for literals lets an event through, in either spelling of JSON."""
    scan = CandidateScan([made_rule.condition.clauses])
    raws = [json.dumps(event, ensure_ascii=is_ascii).encode("utf-8", "surrogatepass") for is_ascii in (True, False)]
    return all([*scan.candidates(EventBatch(0, raw, (len(raw),)))] for raw in raws)


def matches(made_rule: Rule, event: dict[str, Any]) -> bool:
    """Whether a rule matches an event; whatever it matches is a candidate."""
    is_match = made_rule.condition.test(view(event))
    assert not is_match or is_candidate(made_rule, event)
    return is_match


TABLE: list[tuple[str, dict[str, Any], dict[str, Any], bool]] = [
    ("case is ignored", selection(A="CMD.exe"), {"A": "cmd.EXE"}, True),
    ("a value is whole", selection(A="cmd"), {"A": "cmd.exe"}, False),
    ("a percent sign is itself", selection(A="50%"), {"A": "500"}, False),
    ("a percent sign is found", selection(A="50%"), {"A": "50%"}, True),
    ("an underscore is itself", selection(A="a_c"), {"A": "abc"}, False),
    ("a star is anything", selection(A="a*c"), {"A": "aXXc"}, True),
    ("a star is nothing too", selection(A="a*c"), {"A": "ac"}, True),
    ("pieces do not overlap", selection(A="ab*ba"), {"A": "aba"}, False),
    ("pieces stand in their order", selection(A="*a*b*c*"), {"A": "c b a"}, False),
    ("a question mark is one character", selection(A="a?c"), {"A": "abc"}, True),
    ("a question mark is not none", selection(A="a?c"), {"A": "ac"}, False),
    ("an escaped star is itself", selection(A="a\\*c"), {"A": "abc"}, False),
    ("an escaped star is found", selection(A="a\\*c"), {"A": "a*c"}, True),
    ("a backslash is one", selection(A__endswith="\\cmd.exe"), {"A": "C:\\cmd.exe"}, True),
    ("two backslashes are one", selection(A="C:\\\\x"), {"A": "C:\\x"}, True),
    ("quotes are found", selection(A__contains='say "hello there"'), {"A": 'x say "hello there" y'}, True),
    ("a line break is found", selection(A__contains="one\ntwo"), {"A": "one\ntwo"}, True),
    ("contains", selection(A__contains="bc"), {"A": "aBCd"}, True),
    ("startswith", selection(A__startswith="ab"), {"A": "xab"}, False),
    ("endswith", selection(A__endswith="ab"), {"A": "xAB"}, True),
    ("one of several", selection(A__contains=["x", "yy"]), {"A": "ayya"}, True),
    ("many of one field", selection(A__endswith=["1", "2", "3", "\\four"]), {"A": "is\\FOUR"}, True),
    ("all of several", selection(A__contains__all=["aa", "bb"]), {"A": "bbaa"}, True),
    ("all is not one", selection(A__contains__all=["aa", "bb"]), {"A": "aa"}, False),
    ("re finds a place", selection(A__re="b+c"), {"A": "abbc"}, True),
    ("re minds case", selection(A__re="B+c"), {"A": "abbc"}, False),
    ("re with i does not", selection(A__re__i="B+c"), {"A": "abbc"}, True),
    ("re with s passes lines", selection(A__re__s="a.b"), {"A": "a\nb"}, True),
    ("re with m ends at lines", selection(A__re__m="^b$"), {"A": "a\nb\nc"}, True),
    ("re of a code", selection(A__re="\\x41bcd"), {"A": "Abcd"}, True),
    ("cased", selection(A__cased="Abc"), {"A": "abc"}, False),
    ("cased is found", selection(A__contains__cased="Abc"), {"A": "xAbc"}, True),
    ("cidr", selection(A__cidr="192.0.2.0/24"), {"A": "192.0.2.77"}, True),
    ("cidr of another", selection(A__cidr="192.0.2.0/24"), {"A": "192.0.3.1"}, False),
    ("cidr of a mapped address", selection(A__cidr="192.0.2.0/24"), {"A": "::ffff:192.0.2.1"}, True),
    ("cidr of six", selection(A__cidr="2001:db8::/32"), {"A": "2001:DB8::1"}, True),
    ("cidr of no address", selection(A__cidr="192.0.2.0/24"), {"A": "192.0.2.x"}, False),
    ("base64", selection(A__base64__contains="hello"), {"A": "x aGVsbG8= y"}, True),
    ("base64offset", selection(A__base64offset__contains="needle"), {"A": "xxx" + "bmVlZGxl"}, True),
    ("wide base64", selection(A__wide__base64offset__contains="ab"), {"A": "YQBiA"}, True),
    ("windash", selection(A__windash__contains=" -enc"), {"A": "x /enc y"}, True),
    ("windash with all", selection(A__windash__contains__all=[" -aa", " -bb"]), {"A": "x /aa \u2013bb"}, True),
    ("exists", selection(A__exists=True), {"A": ""}, True),
    ("exists not", selection(A__exists=False), {"B": "1"}, True),
    ("fieldref", selection(A__fieldref="B"), {"A": "Same", "B": "sAME"}, True),
    ("fieldref that is absent", selection(A__fieldref="B"), {"A": "x"}, False),
    ("fieldref at the end", selection(A__fieldref__endswith="B"), {"A": "C:\\x", "B": "x"}, True),
    ("gt", selection(A__gt=5), {"A": "6"}, True),
    ("gte", selection(A__gte=5), {"A": 5}, True),
    ("lt", selection(A__lt=5), {"A": 5}, False),
    ("lte of no number", selection(A__lte=5), {"A": "few"}, False),
    ("neq", selection(A__neq=5), {"A": 6}, True),
    ("neq of what is absent", selection(A__neq=5), {}, True),
    ("a sigma in any place", selection(A__contains="\u03c3\u03b1"), {"A": "\u03a3\u0391"}, True),
    ("hour", selection(A__hour=9), {"A": "2026-03-17T09:15:00Z"}, True),
    ("a number is decimal text", selection(A=16), {"A": "16"}, True),
    ("a number is no hexadecimal text", selection(A=16), {"A": "0x10"}, False),
    ("a number is not true", selection(A=1), {"A": True}, False),
    ("the number of an event", selection(EventID=4688), {"EventID": "4688"}, True),
    ("true", selection(A=True), {"A": "True"}, True),
    ("false is not absent", selection(A=False), {}, False),
    ("null is absent", selection(A=None), {"B": "x"}, True),
    ("null is null", selection(A=None), {"A": None}, True),
    ("null is not empty", selection(A=None), {"A": ""}, False),
    ("empty is empty", selection(A=""), {"A": ""}, True),
    ("empty is not absent", selection(A=""), {}, False),
    ("a star is not absent", selection(A="*"), {}, False),
    ("each item of a list", selection(A="b"), {"A": ["a", "B"]}, True),
    ("blanks in names", selection(ThreatName="x"), {"Threat Name": "x"}, True),
    ("a path of names", selection(**{"a.b": "x"}), {"a": {"b": "X"}}, True),
    ("a name in data of its own", selection(Operation="x"), {"Failure": {"Operation": "x"}}, True),
    ("letters beyond ASCII ignore case", selection(A__contains="\u00c4"), {"A": "x\u00e4y"}, True),
    ("a sign of its own", selection(A__contains="\U0001f600"), {"A": "x \U0001f600"}, True),
    ("the sign of kelvin is a k", selection(A="kelvin"), {"A": "\u212aelvin"}, True),
    ("words anywhere", {"a": ["needle"], "condition": "a"}, {"A": {"B": ["a NEEDLE here"]}}, True),
    ("words nowhere", {"a": ["needle"], "condition": "a"}, {"needle": "x"}, False),
    ("all words", {"a": {"|all": ["one", "two"]}, "condition": "a"}, {"A": "one", "B": "two"}, True),
]


@pytest.mark.parametrize(("law", "detection", "event", "is_match"), TABLE, ids=[row[0] for row in TABLE])
def test_a_value_says_what_sigma_says(
    law: str, detection: dict[str, Any], event: dict[str, Any], is_match: bool
) -> None:
    """Each row of the table holds; what matches is never lost by the scan for literals."""
    assert matches(rule(detection), event) is is_match, law


def test_a_filter_keeps_events_that_lack_its_field() -> None:
    """`not filter` is true where the field is not there."""
    made_rule = rule({"a": {"A": "x"}, "filter": {"B|startswith": "safe"}, "condition": "a and not filter"})
    assert matches(made_rule, {"A": "x"})
    assert matches(made_rule, {"A": "x", "B": None})
    assert not matches(made_rule, {"A": "x", "B": "safely"})


def test_conditions_count_selections() -> None:
    """`1 of`, `all of` and parentheses mean what they say."""
    parts = {"sel_1": {"A": "x"}, "sel_2": {"B": "y"}, "other": {"C": "z"}}
    one, both = rule({**parts, "condition": "1 of sel_*"}), rule({**parts, "condition": "all of sel_* or other"})
    assert matches(one, {"B": "y"})
    assert not matches(both, {"B": "y"})
    assert matches(both, {"C": "z"})


def test_a_placeholder_is_replaced_by_its_values_as_they_stand() -> None:
    """A star in a value of a placeholder is a star; without values the rule is not converted, and says so."""
    detection = selection(User__expand="CORP\\\\%admins%")
    made_rule = rule(detection, admins=["alice", "b*b"])
    assert matches(made_rule, {"User": "corp\\ALICE"})
    assert matches(made_rule, {"User": "corp\\b*b"})
    assert not matches(made_rule, {"User": "corp\\bob"})
    failure = rules(detection).failures[0]
    assert failure.state is RuleState.NOT_CONVERTED
    assert "%admins%" in failure.reason


def test_what_cannot_be_evaluated_is_told() -> None:
    """A rule that is no rule costs itself alone, and its outcome says why."""
    texts = [
        HEAD + "detection: {a: {A|nonsense: 1}, condition: a}\n",
        HEAD + "detection: {a: {A|re: '(?<=x)y'}, condition: a}\n",
        HEAD + "detection: {a: {A: 1}, condition: a and b}\n",
        "title: t\nlogsource: {product: nobody, service: nothing}\ndetection: {a: {A: 1}, condition: a}\n",
        HEAD + "detection: [\n",
        HEAD + "detection: {a: {A: 1}, condition: a}\n",
    ]
    rule_set = load_rules(rule_files(texts), {})
    assert len(rule_set.rules) == 1
    assert len(rule_set.failures) == len(texts) - 1
    assert all(failure.reason for failure in rule_set.failures)


def test_where_no_rule_is_there_is_an_error() -> None:
    """A text without any rule is refused."""
    with pytest.raises(QueryError, match="no Sigma rule"):
        load_rules(rule_files("just: text\n"), {})


_TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=12) | st.sampled_from(
    ["cmd.exe", "C:\\users\\x", "\\u0041bc", '"', "a/b", "K\u212a", "\u0130x", "<a>&#", "x\ny"]
)


@FEWER
@given(value=_TEXTS.filter(bool), around=_TEXTS, form=st.sampled_from(["", "|contains", "|endswith", "|startswith"]))
def test_no_match_is_lost_by_looking_for_literals(value: str, around: str, form: str) -> None:
    """Whatever a condition is true of is a candidate, in either spelling of JSON."""
    made_rule = rule({"a": {f"A{form}": value}, "condition": "a"})
    for event in ({"A": value}, {"A": value + around}, {"A": around + value.upper()}, {"A": [around, value.lower()]}):
        assert matches(made_rule, event) in (True, False)


@FEWER
@given(
    event=st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | _TEXTS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3),
    )
)
def test_hostile_values_are_values(event: Any) -> None:
    """No value of a field makes a condition fail."""
    detection = {
        "a": {"A|re": "x+"},
        "b": {"A|cidr": "192.0.2.0/24"},
        "c": {"A|gt": 3},
        "d": {"A|hour": 3},
        "e": {"A|fieldref": "A"},
        "f": ["word"],
        "condition": "1 of them or not a",
    }
    assert rule(detection).condition.test(view({"A": event})) in (True, False)
