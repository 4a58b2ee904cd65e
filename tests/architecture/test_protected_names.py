"""A protected name belongs to its module."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import clew

PACKAGE = Path(clew.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
# Public, for all their underscore: what named tuples have besides their fields.
OF_NAMED_TUPLES = {"_asdict", "_fields", "_make", "_replace"}


def definitions(tree: ast.Module) -> Iterator[str]:
    """Every name that a module gives to something: functions, classes, variables, attributes, slots."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.name
            case ast.Attribute(attr=name, ctx=ast.Store()) | ast.Name(id=name, ctx=ast.Store()):
                yield name
            case _:
                pass


def is_protected(name: str) -> bool:
    """`_name`; neither `__name` nor `_repr_html_`, by which Python and IPython call."""
    return name.startswith("_") and not name.startswith("__") and not name.endswith("_")


def strays(source: str) -> Iterator[str]:
    """Each use of a protected attribute that the module does not define, as `line: expression`."""
    tree = ast.parse(source)
    own = {*definitions(tree), *OF_NAMED_TUPLES}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and is_protected(node.attr) and node.attr not in own:
            yield f"{node.lineno}: {ast.unparse(node)}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_protected_names_are_used_where_they_are_defined(file):
    """Neither on objects of other modules nor, through `self`, of a base class that stands elsewhere."""
    assert [*strays(file.read_text("utf-8"))] == []


def test_a_protected_name_of_another_module_is_seen():
    """Also behind `self`, where linters do not look."""
    source = "class A(B):\n    def f(self):\n        return self._theirs, other._theirs, self._own\n    _own = 1\n"
    assert [*strays(source)] == ["3: self._theirs", "3: other._theirs"]
    assert not [*strays("row._replace(a=1)\nself._repr_html_()\nself.__dict__\n")]


@pytest.mark.parametrize("room", ["pipelines", "views"])
def test_nobody_asks_whether_a_session_is_a_case(room):
    """What a session has to offer is in its protocol; the open case is `current_case`."""
    for file in sorted((PACKAGE / room).rglob("*.py")):
        assert "isinstance(session, Case)" not in file.read_text("utf-8"), file
