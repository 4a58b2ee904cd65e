"""The law of several values: who gets more than one at once is told which is which."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import clew

PACKAGE = Path(clew.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
#: What does not say it yet: a file of the package, and the functions in it. Nothing is added here.
NOT_YET: dict[str, str] = {}


def tuples(annotation: ast.expr) -> Iterator[ast.Subscript]:
    """Every `tuple[A, B]` in an annotation; `tuple[A, ...]` is many of one kind, and needs no words."""
    for node in ast.walk(annotation):
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "tuple":
            members = node.slice.elts if isinstance(node.slice, ast.Tuple) else []
            if len(members) > 1 and not any(isinstance(member, ast.Constant) for member in members):
                yield node


def public_functions(node: ast.Module | ast.ClassDef, prefix: str = "") -> Iterator[tuple[str, ast.FunctionDef]]:
    """The functions and methods that are for others, by their names."""
    for item in node.body:
        if not isinstance(item, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) or item.name.startswith("_"):
            continue
        if isinstance(item, ast.ClassDef):
            yield from public_functions(item, f"{prefix}{item.name}.")
        else:
            yield f"{prefix}{item.name}", item


def is_silent(function: ast.FunctionDef) -> bool:
    """Whether it gives several values at once, and does not say which is which."""
    documentation = ast.get_docstring(function) or ""
    is_told = "\nReturns:\n" in documentation or "\nYields:\n" in documentation
    return function.returns is not None and any(tuples(function.returns)) and not is_told


def silent_functions() -> dict[str, str]:
    """The functions that do not say it, by their files."""
    found = {
        str(file.relative_to(PACKAGE)): " ".join(
            name for name, function in public_functions(ast.parse(file.read_bytes())) if is_silent(function)
        )
        for file in FILES
    }
    return {file: names for file, names in found.items() if names}


def test_several_values_have_names():
    """A public function gives a class with names, or its docstring has `Returns:` or `Yields:` with what each is."""
    assert silent_functions() == NOT_YET


def test_the_law_sees_what_it_is_about():
    """A pair is seen inside a list and inside a generator; many of one kind are no pair."""
    source = """
def pair() -> tuple[int, str]: ...
def pairs() -> list[tuple[int, str | None]]: ...
def steps() -> Generator[Ask, Reply, tuple[Reply, str]]: ...
def cells() -> tuple[str, ...]: ...
def told() -> tuple[int, str]:
    '''Both.

    Returns:
        The number, and the name.
    '''
def _own() -> tuple[int, str]: ...
class Box:
    def halves(self) -> tuple[int, int]: ...
"""
    silent = [name for name, function in public_functions(ast.parse(source)) if is_silent(function)]
    assert silent == ["pair", "pairs", "steps", "Box.halves"]
