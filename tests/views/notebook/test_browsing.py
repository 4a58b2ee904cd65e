"""What the pivot browser offers, and the line of code that it writes."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from datetime import timedelta
from inspect import Parameter, Signature
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

import clew
from clew.entities import ENTITY_TYPES, Account, Entity, Finding, Host, IpAddress, Process, Relation, Url, Verdict
from clew.errors import EntityError, QueryError
from clew.pivots.catalog import search
from clew.pivots.description import EXAMPLES
from clew.pivots.invocation import Invocation, Pivot
from clew.pivots.menu_table import MENUS
from clew.pivots.registry import find_pivot, pivots_for
from clew.pivots.session import session_variable
from clew.views.notebook.pivot_browser_model import (
    ENTITIES_SHOWN,
    CallDraft,
    ParameterField,
    PivotSelection,
    SubjectEntry,
    SubjectList,
    entity_code,
)
from tests.support import ENTITIES, FEWER, HOSTILE, entities, hiding, texts
from tests.views.hand import NOON, SERVER, link, process, tell

NAMES = {name: getattr(clew, name) for name in clew.__all__ if isinstance(getattr(clew, name), type)}
PIVOTS = {
    f"{cls.__name__}.{name}": (cls, pivot) for cls in ENTITY_TYPES.values() for name, pivot in pivots_for(cls).items()
}
HIDDEN = "blank \u3164 drawn \u2800 variant \ufe0f"
#: By type: what is meant, and the text that means it.
TYPED: dict[str, st.SearchStrategy[tuple[object, str]]] = {
    "bool": st.booleans().map(lambda truth: (truth, str(truth))),
    "float | None": st.floats(0.5, 10**6).map(lambda number: (number, str(number))),
    "int": st.integers(0, 10**6).map(lambda number: (number, str(number))),
    "int | None": st.integers(0, 10**6).map(lambda number: (number, str(number))),
    "str": (texts | st.just(HIDDEN)).map(lambda text: (text, text)),
    "str | None": (texts | st.just(HIDDEN)).map(lambda text: (text, text)),
    "TimeLike | None": st.sampled_from(["2026-03-17T09:00Z", "-2d@d", "now", "2026-03-17 09:00+02:00"]).map(
        lambda text: (text, text)
    ),
}


def typed_as(kind: str, pivot: Pivot) -> st.SearchStrategy[tuple[object, str]]:
    """What is meant, and the text that means it, for a type of a parameter of the pivot."""
    if kind == "Sequence[str] | None":
        rows = [row.name.rpartition(".")[2] for row in pivot.source_pivots({})]
        return st.lists(st.sampled_from(rows), min_size=1, unique=True).map(lambda names: (names, " , ".join(names)))
    if kind.startswith("Literal["):
        return st.sampled_from(ast.literal_eval(kind.removeprefix("Literal"))).map(lambda value: (value, value))
    return TYPED[kind]


class Listener:
    """A session that keeps what it is asked, and asks nobody."""

    def __init__(self) -> None:
        self.heard: list[Invocation] = []

    def perform(self, invocation: Invocation, pivot: object) -> Finding:
        self.heard.append(invocation)
        return Finding(invocation.subject, pivot=invocation.pivot)


@pytest.fixture(scope="module")
def run() -> Iterator[Callable[[str], Invocation]]:
    """Runs a line as a notebook would that has imported the names of `clew`, and gives the call that it made."""
    listener = Listener()

    def run(code: str) -> Invocation:
        token = session_variable.set(listener)
        try:
            eval(code, dict(NAMES))
        finally:
            session_variable.reset(token)
        return listener.heard.pop()

    yield run
    assert listener.heard == []


def literals(call: ast.Call) -> bool:
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    return all(isinstance(each, ast.Constant | ast.List) for each in given)


def assert_inert(code: str, cls: type[Entity], name: str) -> None:
    """The line is `Entity(literals).menu.pivot(literals)`, one line, with every character to be seen."""
    assert code.splitlines() == [code]
    assert hiding(code) == set()
    outer = ast.parse(code, mode="eval").body
    assert isinstance(outer, ast.Call)
    verb = outer.func
    assert isinstance(verb, ast.Attribute)
    assert isinstance(verb.value, ast.Attribute)
    assert f"{verb.value.attr}.{verb.attr}" == name
    inner = verb.value.value
    assert isinstance(inner, ast.Call)
    assert isinstance(inner.func, ast.Name)
    assert inner.func.id == cls.__name__
    assert literals(inner)
    assert literals(outer)


def test_a_line_is_what_an_analyst_would_write():
    """A call is written with the arguments that differ from their defaults, and no others."""
    draft = CallDraft(IpAddress, find_pivot(IpAddress, "ti.abuseipdb"), SERVER, {"max_age_days": "30"})
    assert draft.code == "IpAddress('198.51.100.7').ti.abuseipdb(max_age_days=30)"
    draft = CallDraft(Host, find_pivot(Host, "query.logons"), None, {"logon_type": "", "limit": "1000", "start": "-2d"})
    assert draft.code == "Host(\"ws01.corp.example\").query.logons(start='-2d')"


@pytest.mark.parametrize(("cls", "pivot"), PIVOTS.values(), ids=PIVOTS)
def test_with_nothing_typed_the_line_is_the_example(cls, pivot, run):
    """Without an entity and with all fields as they come, the line is the example of the card, and it runs."""
    draft = CallDraft(cls, pivot)
    assert draft.code == draft.description.example
    made = run(draft.code)
    assert (made.pivot, type(made.subject)) == (pivot.name, cls)
    assert pivot.complete(made.arguments) == pivot.complete({})


@pytest.mark.parametrize(("cls", "pivot"), PIVOTS.values(), ids=PIVOTS)
@FEWER
@given(data=st.data())
def test_the_line_makes_the_call_that_the_fields_say(cls, pivot, run, data):
    """For every pivot: running the line is the call of that entity, field by field, with what is typed, and no more."""
    subject = data.draw(ENTITIES[cls.kind])
    fields = CallDraft(cls, pivot).fields
    typed = {each.name: data.draw(st.none() | typed_as(each.type, pivot), each.name) for each in fields}
    said = {name: both for name, both in typed.items() if both is not None}
    code = CallDraft(cls, pivot, subject, {name: text for name, (_, text) in said.items()}).code
    assert_inert(code, cls, pivot.name)
    made = run(code)
    assert (made.pivot, made.subject, made.subject.filled_fields()) == (pivot.name, subject, subject.filled_fields())
    assert pivot.complete(made.arguments) == pivot.complete({name: value for name, (value, _) in said.items()})


@given(entities)
def test_an_entity_is_written_so_that_it_comes_back(entity):
    """The code of an entity makes it again, with all its fields, from the names of `clew` alone."""
    again = eval(entity_code(entity), dict(NAMES))
    assert type(again) is type(entity)
    assert again.filled_fields() == entity.filled_fields()


@pytest.mark.parametrize("text", [*HOSTILE, HIDDEN], ids=range(len(HOSTILE) + 1))
def test_hostile_text_is_a_literal(text, run):
    """What an attacker wrote into an entity is a literal of the line, and stands there for all to see."""
    subject = process(1, command_line=text) if text.strip() else process(1, image=text)
    code = CallDraft(Process, find_pivot(Process, "transform.decode"), subject).code
    assert_inert(code, Process, "transform.decode")
    assert not {"\u3164", "\u2800", "\ufe0f"} & set(code)
    assert run(code).subject.filled_fields() == subject.filled_fields()


@pytest.mark.parametrize(
    ("entity", "code"),
    [
        (Account("S-1-5-18", host="ws01"), "Account('S-1-5-18', host='ws01')"),
        (Account("ws01", host="ws01"), "Account('ws01', host='ws01')"),
        (Host("ws01", netbios="WS01", os="ws01"), "Host('ws01', netbios='ws01', os='ws01')"),
        (Process(pid=4, started=NOON, host="ws01"), "Process('4@2026-03-17T12:00:00.000000Z', host='ws01')"),
        (Url("hxxp://evil[.]example"), "Url('http://evil.example/', original='hxxp://evil[.]example')"),
    ],
)
def test_an_entity_is_written_shortly(entity, code):
    """What follows from the rest is left out; what does not, is not."""
    assert entity_code(entity) == code


@pytest.mark.parametrize(
    ("annotation", "default", "shown", "text", "value"),
    [
        ("bool", False, "False", "True", True),
        ("bool | None", None, "None", "False", False),
        (bool, True, "True", "False", False),
        ("int", 90, "90", " 7 ", 7),
        (int | None, None, "", "7", 7),
        ("float", 0.5, "0.5", "1e3", 1000.0),
        ("str", "", "", " as typed ", " as typed "),
        ("str | None", "C2", "C2", "", None),
        ("list[str] | None", ["a", "b"], "a, b", "c,, d ", ["c", "d"]),
        ("Sequence[str]", (), "", "a", ["a"]),
        ("TimeLike", timedelta(days=-1), "datetime.timedelta(days=-1)", "-1d", "-1d"),
        ("int | str", 1, "1", "'a'", "a"),
        ("dict[str, int]", {"a": 1}, "{'a': 1}", "{'b': 2}", {"b": 2}),
        ("tuple[int, ...] | None", None, "", "(1, 2)", (1, 2)),
    ],
)
def test_a_field_reads_what_its_type_says(annotation, default, shown, text, value):
    """A field shows its default and reads whole numbers, numbers, truths, texts, times and lists; else literals."""
    pivot = SimpleNamespace(
        signature=Signature([Parameter("one", Parameter.KEYWORD_ONLY, default=default, annotation=annotation)]),
        complete=lambda arguments: {"one": default, **arguments},
        name="net.kind",
    )
    (field,) = CallDraft(IpAddress, pivot).fields
    assert field.text == shown
    assert field.choices in {(), ("False", "True"), ("False", "None", "True")}
    assert CallDraft(IpAddress, pivot, SERVER).code == "IpAddress('198.51.100.7').net.kind()"
    code = CallDraft(IpAddress, pivot, SERVER, {"one": text}).code
    assert code == f"IpAddress('198.51.100.7').net.kind(one={value!r})"
    assert field.value(text) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("int", "thirty"),
        ("int", "1.5"),
        ("int", ""),
        ("int | None", "x"),
        ("int", "9" * 5000),
        ("float", "nan"),
        ("float", "1e999"),
        ("bool", ""),
        ("TimeLike | None", "yesterday"),
        ("TimeLike | None", "2026-03-17T09:00"),
        ("dict[str, int]", "open('f')"),
        ("list[float]", "[1e999]"),
        ("set[int]", "["),
        ("set[int]", "a\x00b"),
        ("set[int]", "{[]}"),
        ("set[int]", "(" * 5000),
    ],
)
def test_a_field_refuses_what_its_parameter_does_not_take(kind, text):
    """What a parameter does not take is an error that names it, and is never run."""
    with pytest.raises(QueryError, match=r"^one ") as refused:
        ParameterField("one", kind, "").value(text)
    assert len(str(refused.value)) < 400


@given(st.sampled_from(["int", "float | None", "bool", "str", "TimeLike", "list[str]", "set[int]"]), texts)
def test_whatever_is_typed_is_a_value_that_can_be_written_or_an_error(kind, text):
    """A field never raises but its own error, and gives nothing that Python could not read back."""
    try:
        value = ParameterField("one", kind, "").value(text)
    except QueryError:
        return
    assert ast.literal_eval(repr(value)) == value


def test_a_source_that_the_menu_has_not_is_refused():
    """A look-up can name its sources; another name is an error that says which there are."""
    look_up = find_pivot(IpAddress, "ti.lookup")
    assert CallDraft(IpAddress, look_up, SERVER, {"providers": "feed, abuseipdb"}).arguments == {
        "providers": ["feed", "abuseipdb"]
    }
    with pytest.raises(QueryError, match=r"no provider 'oracle'; it has abuseipdb, .*feed"):
        _ = CallDraft(IpAddress, look_up, SERVER, {"providers": "oracle"}).code


def test_a_pivot_of_another_class_has_no_line():
    """An entity is never quietly replaced by an example: a pivot that it has not is an error."""
    with pytest.raises(EntityError, match=r"Host\.query\.logons is no pivot of 198\.51\.100\.7, of IpAddress"):
        _ = CallDraft(Host, find_pivot(Host, "query.logons"), SERVER).code


@pytest.mark.parametrize(
    ("cls", "text", "entity"),
    [
        (IpAddress, "198.51.100[.]7", SERVER),
        (Account, "198.51.100.7", SERVER),
        (Host, "ws01", Host("ws01")),
        (Host, "ws01.corp.example", Host("ws01.corp.example")),
        (IpAddress, "host:ws01", Host("ws01")),
        (Host, r"CORP\alice", Account(r"CORP\alice")),
        (Process, "url:https://evil.example/", Url("https://evil.example/")),
        (IpAddress, "  ", None),
    ],
)
def test_what_is_typed_is_of_the_class_or_what_it_looks_like(cls, text, entity):
    """A text is an entity of the chosen class where it can be, else what `parse` takes it for; its pivots are shown."""
    choice = PivotSelection(SubjectEntry("", cls), text)
    assert choice.subject == entity
    assert {card.entity for card in choice.catalog} == {type(entity).__name__ if entity else cls.__name__}


@given(st.sampled_from([*ENTITY_TYPES.values()]), texts)
def test_whatever_is_typed_is_an_entity_or_an_error(cls, text):
    """No text breaks the choice: where it is no entity, the pivots of the class stay."""
    choice = PivotSelection(SubjectEntry("", cls), text)
    try:
        shown = type(choice.subject) if choice.subject else cls
    except EntityError:
        shown = cls
    assert {card.entity for card in choice.catalog} == ({shown.__name__} if shown in MENUS else set())


def test_words_are_searched_for_in_all_pivots():
    """With words, the pivots are those that the catalogue finds, of any entity."""
    assert PivotSelection(SubjectEntry("", Host), words=" abuse ").catalog == search("abuse")
    assert PivotSelection(SubjectEntry("", Host), words="no such words").catalog == ()


def test_without_a_case_the_classes_are_listed():
    """Each entity class is an entry without a subject, and nothing is left out."""
    shelf = SubjectList.of(None)
    assert [(entry.label, entry.subject) for entry in shelf.entries] == [(cls.__name__, None) for cls in EXAMPLES]
    assert shelf.note == ""


def test_entities_of_a_case_come_with_the_most_suspicious_first(case):
    """After the classes: malicious, suspicious, benign, unknown; whose verdict is known says it."""
    for number, verdict in enumerate((Verdict.BENIGN, Verdict.UNKNOWN, Verdict.MALICIOUS, Verdict.SUSPICIOUS)):
        tell(case, IpAddress(f"203.0.113.{number}"), verdict=verdict, provider="feed", pivot="ti.feed")
    listed = [entry.label for entry in SubjectList.of(case).entries[len(ENTITY_TYPES) :]]
    assert listed == [
        "IpAddress 203.0.113.2, malicious",
        "IpAddress 203.0.113.3, suspicious",
        "IpAddress 203.0.113.0, benign",
        "IpAddress 203.0.113.1",
    ]


def test_a_long_list_is_cut_and_says_so(case):
    """More entities than fit are counted, and the worst of them are not what is left out."""
    tell(case, SERVER, [link(process(number), Relation.COMMUNICATES_WITH, SERVER) for number in range(ENTITIES_SHOWN)])
    tell(case, SERVER, provider="feed", pivot="ti.feed", verdict=Verdict.MALICIOUS)
    shelf = SubjectList.of(case)
    assert len(shelf.entries) == len(ENTITY_TYPES) + ENTITIES_SHOWN
    assert shelf.entries[len(ENTITY_TYPES)].subject == SERVER
    assert shelf.note == "the 200 most suspicious of 201 entities; type any other"
