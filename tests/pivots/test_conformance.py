"""What every pivot of every entity is held to."""

from __future__ import annotations

import ast
import asyncio
import dataclasses
import inspect
import pydoc
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import clew.entities.static_menus
from clew.entities import ENTITY_TYPES, Alert, AttackTechnique, Entity, Finding, Incident, Outcome, Vulnerability
from clew.errors import QueryError
from clew.pivots.binding import Menu
from clew.pivots.execution import aexecute, execute
from clew.pivots.invocation import Invocation, Pivot
from clew.pivots.menu_access import MenuAccess
from clew.pivots.menu_table import MENUS
from clew.pivots.registry import find_pivot, pivots_for
from clew.pivots.workspace import Workspace
from clew.providers.base import Provider
from clew.providers.exchange import Answer
from clew.settings import Settings
from tests.support import ENTITIES, FEWER

AT = datetime(2026, 3, 17, 9, 15, tzinfo=UTC)
KINDS = [*ENTITY_TYPES.values()]
PIVOTS = {f"{cls.__name__}.{name}": (cls, pivot) for cls in KINDS for name, pivot in pivots_for(cls).items()}
each_pivot = pytest.mark.parametrize(("cls", "pivot"), PIVOTS.values(), ids=PIVOTS)
each_kind = pytest.mark.parametrize("cls", KINDS, ids=lambda cls: cls.__name__)


def default_arguments(pivot: Pivot) -> dict[str, object]:
    return {name: parameter.default for name, parameter in pivot.signature.parameters.items()}


#: What logs and detections name, and nobody is asked about yet.
WITHOUT_MENUS = {Alert, AttackTechnique, Incident, Vulnerability}


def test_every_entity_has_pivots():
    """No entity is a dead end but those that are listed, and the table of menus knows no other entities."""
    assert set(MENUS) == set(KINDS) - WITHOUT_MENUS
    assert all(bool(pivots_for(cls)) == (cls in MENUS) for cls in KINDS)
    assert len(PIVOTS) > 80


def test_the_static_view_is_the_dynamic_view():
    """What type checkers see of the menus is what is placed on the entities."""
    tree = ast.parse(Path(clew.entities.static_menus.__file__).read_text("utf-8"))
    (condition,) = [node for node in tree.body if isinstance(node, ast.If)]
    seen = {
        node.name: {
            row.target.id: ast.unparse(row.annotation)
            for row in node.body
            if isinstance(row, ast.AnnAssign) and isinstance(row.target, ast.Name)
        }
        for node in condition.body
        if isinstance(node, ast.ClassDef) and node.name != "EntityMenus"
    }
    placed = {
        f"{cls.__name__.removesuffix('Address')}Menus": {
            name: f"MenuAccess[{where.partition(':')[2]}]" for name, where in menus.items()
        }
        for cls, menus in MENUS.items()
    }
    assert seen == placed
    assert {f"{cls.__name__.removesuffix('Address')}Menus" for cls in MENUS} <= {
        base.__name__ for cls in KINDS for base in cls.__bases__
    }


@each_kind
def test_a_menu_is_for_its_entity(cls):
    """The space behind each menu is of that entity, and is called what the menu is called."""
    for name in MENUS.get(cls, ()):
        space = getattr(cls, name)
        assert issubclass(space, Menu)
        assert space.entity() is cls
        assert space.menu == name
        assert inspect.getdoc(space)


@each_pivot
def test_a_pivot_says_what_it_answers(cls, pivot):
    """A name of two words, one line of at most 72 characters that ends with a period, and more on request."""
    assert re.fullmatch(r"[a-z]+\.[a-z][a-z0-9_]*", pivot.name)
    assert 10 < len(pivot.about) <= 72
    assert pivot.about.endswith(".")
    assert pivot.about[0].isupper()
    assert "\n" not in pivot.about
    assert pivot.help.startswith(pivot.about)
    assert find_pivot(cls, pivot.name) is pivot


@each_pivot
def test_a_pivot_takes_named_arguments_with_defaults(cls, pivot):
    """Every parameter is keyword-only, annotated, explained and optional; what comes back is a finding."""
    for name, parameter in pivot.signature.parameters.items():
        assert parameter.kind is inspect.Parameter.KEYWORD_ONLY
        assert parameter.annotation is not inspect.Parameter.empty
        assert parameter.default is not inspect.Parameter.empty
        assert re.fullmatch(r"[a-z][a-z_]*", name)
        assert f"{name}: " in pivot.help or pivot.name == "ti.lookup"
    assert "Finding" in str(pivot.signature.return_annotation)


@each_pivot
def test_a_pivot_knows_whom_it_asks(cls, pivot):
    """Who is asked, how often, and whether that is much, is known without asking."""
    assert pivot.providers
    assert all(issubclass(provider, Provider) and provider.name and provider.title for provider in pivot.providers)
    assert type(pivot.broad) is bool
    assert type(pivot.calls) is int
    assert pivot.calls >= 0
    assert not any(provider.leaves for provider in pivot.providers) or pivot.calls > 0


def timeless(answer: Answer) -> Answer:
    """An answer without the moments at which something on this machine replied."""
    exchanges = tuple(dataclasses.replace(each, at=AT) for each in answer.exchanges)
    replies = {key: dataclasses.replace(reply, at=AT) for key, reply in answer.replies.items()}
    return Answer(dataclasses.replace(answer.finding, asked_at=None), exchanges, replies)


@each_pivot
@FEWER
@given(data=st.data())
def test_synchronous_and_asynchronous_are_the_same(cls, pivot, data):
    """Both forms of a pivot give one answer, for any subject; with no sources it is an outcome with a reason."""
    subject = data.draw(ENTITIES[cls.kind])
    invocation = Invocation(pivot.name, subject, default_arguments(pivot))

    def runner():
        return Workspace(Settings(offline=True)).runner(clock=lambda: AT)

    answer = execute(runner(), invocation, pivot)
    assert timeless(asyncio.run(aexecute(runner(), invocation, pivot))) == timeless(answer)
    finding = answer.finding
    assert (finding.subject, finding.pivot) == (subject, pivot.name)
    assert isinstance(finding, Finding)
    assert finding.outcome is not Outcome.FAILED
    assert finding.reason
    asked = len(answer.exchanges)
    # An ask that gets no answer ends an operation: of several, later ones are not made. A subject that a source cannot
    # be asked about, such as a hash of another kind, ends it before the first.
    skipped = asked == 0 and finding.outcome is Outcome.SKIPPED
    assert skipped or finding.outcome is Outcome.FOUND or asked == pivot.calls or asked < pivot.calls > 1


@each_pivot
def test_a_call_shows_what_it_is(cls, pivot):
    """Editors and `help` see the real signature and description; the repr names the subject and the question."""
    subject = SAMPLES[cls.kind]
    menu_name, _, name = pivot.name.partition(".")
    space = getattr(subject, menu_name)
    call = getattr(space, name)
    assert name in dir(space)
    assert repr(space).startswith(f"<{menu_name} pivots of {subject.key}: ")
    assert name in repr(space)
    assert pivot.name in repr(call)
    assert str(subject.key) in repr(call)
    assert pivot.about in repr(call)
    assert inspect.signature(call).parameters.keys() == pivot.signature.parameters.keys()
    assert all(parameter in pydoc.render_doc(call) for parameter in pivot.signature.parameters)


@each_pivot
def test_an_invocation_is_the_whole_call(cls, pivot):
    """A call as a value holds every argument, defaults included; a misspelt one is an error at once."""
    subject = SAMPLES[cls.kind]
    menu_name, _, name = pivot.name.partition(".")
    call = getattr(getattr(subject, menu_name), name)
    made = call.invocation()
    assert (made.pivot, made.subject) == (pivot.name, subject)
    assert set(made.arguments) == set(pivot.signature.parameters)
    with pytest.raises(TypeError):
        call.invocation(misspelt=1)
    with pytest.raises(TypeError):
        call.invocation("positional")
    with pytest.raises(TypeError):
        call(misspelt=1)


@each_kind
def test_an_unknown_pivot_is_named(cls):
    """A pivot that an entity has not is an error that says which it has."""
    with pytest.raises(QueryError) as refused:
        find_pivot(cls, "ti.magic")
    assert "has no pivot 'ti.magic'" in refused.value.message
    assert all(name in refused.value.next_step for name in pivots_for(cls))


@each_kind
def test_an_entity_has_no_other_menus(cls):
    """A menu of another entity is no attribute."""
    every = {name for menus in MENUS.values() for name in menus}
    for name in every - set(MENUS.get(cls, ())):
        with pytest.raises(AttributeError):
            getattr(SAMPLES[cls.kind], name)
    assert {name for name, value in vars(cls).items() if isinstance(value, MenuAccess)} == set(MENUS.get(cls, ()))


def test_an_entity_that_is_none_has_no_pivots():
    """The base of all entities has no menus."""
    assert pivots_for(Entity) == {}


SAMPLES: dict[str, Entity] = {
    "account": ENTITY_TYPES["account"]("CORP\\alice"),
    "alert": ENTITY_TYPES["alert"]("defender:da637-1"),
    "asn": ENTITY_TYPES["asn"]("AS64500"),
    "certificate": ENTITY_TYPES["certificate"]("c" * 64),
    "domain": ENTITY_TYPES["domain"]("evil.example"),
    "file": ENTITY_TYPES["file"]("a" * 64),
    "host": ENTITY_TYPES["host"]("ws01"),
    "incident": ENTITY_TYPES["incident"]("defender:42"),
    "ip": ENTITY_TYPES["ip"]("8.8.4.4"),
    "process": ENTITY_TYPES["process"]("b34bc01c-7fae-5f63-1000-000000000400", host="ws01"),
    "technique": ENTITY_TYPES["technique"]("T1059.001"),
    "url": ENTITY_TYPES["url"]("https://evil.example/a"),
    "vulnerability": ENTITY_TYPES["vulnerability"]("CVE-2021-44228"),
}
