"""The law of names: what a thing is called says what it is, and nothing else is called so."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import pytest

import clew
from bare_words import bare_names, is_bare

PACKAGE = Path(clew.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
#: Words that say nothing about a module once there are two of them.
VAGUE = {"answers", "base", "reading", "related", "sources"}
#: What may stay, by reason: a file of the package, and the names in it.
ALLOWED: dict[str, dict[str, str]] = {}


def allowed() -> set[str]:
    """Every name that may stay, as `file name`."""
    return {f"{file} {name}" for files in ALLOWED.values() for file, names in files.items() for name in names.split()}


def bare() -> set[str]:
    """Every name of the package that breaks the law, as `file name`."""
    return {f"{file.relative_to(PACKAGE).as_posix()} {name.name}" for file in FILES for name in bare_names(file)}


def classes() -> list[tuple[str, ast.ClassDef]]:
    """Every class that stands in a module, with its file."""
    trees = [(file.relative_to(PACKAGE).as_posix(), ast.parse(file.read_bytes())) for file in FILES]
    return [(file, node) for file, tree in trees for node in tree.body if isinstance(node, ast.ClassDef)]


def test_no_name_is_a_bare_participle_or_particle():
    """But for those that users, cases and vendors know under it."""
    assert sorted(bare() - allowed()) == []


def test_no_exception_outlives_its_name():
    """What may stay is there; an exception that is needed no more goes."""
    assert sorted(allowed() - bare()) == []


@pytest.mark.parametrize("name", ["told", "_asked", "each", "Imported", "whole"])
def test_a_bare_name_is_recognised(name):
    assert is_bare(name)


@pytest.mark.parametrize("name", ["asked_at", "is_known", "feed", "findings", "merged_nodes"])
def test_a_name_that_says_what_it_is_is_not(name):
    assert not is_bare(name)


def test_no_two_public_classes_have_one_name():
    """Who reads the name of a class knows which."""
    names = Counter(node.name for _, node in classes() if not node.name.startswith("_"))
    assert {name for name, count in names.items() if count > 1} == set()


def test_no_two_modules_have_one_vague_name():
    """`base`, `reading` and the like are no names of modules where there is more than one of them."""
    stems = Counter(file.stem for file in FILES if file.name != "__init__.py")
    assert {stem for stem, count in stems.items() if count > 1 and stem in VAGUE} == set()


def test_no_class_is_more_than_one_can_know():
    """At most forty functions, and 350 lines."""
    functions = {
        f"{file} {node.name}": sum(isinstance(step, ast.FunctionDef | ast.AsyncFunctionDef) for step in node.body)
        for file, node in classes()
    }
    lines = {f"{file} {node.name}": (node.end_lineno or 0) - node.lineno for file, node in classes()}
    assert {name: count for name, count in functions.items() if count > 40} == {}
    assert {name: count for name, count in lines.items() if count > 350} == {}
