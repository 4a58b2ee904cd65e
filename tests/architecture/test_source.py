"""The figures that the source is held to, read off the source."""

import ast
import io
import re
import tokenize
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

import clew
from check_imports import nodes

PACKAGE = Path(clew.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
MAX_FILE = 400
MAX_FUNCTION = 50
SUPPRESSION = re.compile(r"#\s*(?:type:\s*ignore|pyright:\s*ignore|noqa|pragma:\s*no cover|fmt:|yapf:)", re.IGNORECASE)
WITH_CODE = re.compile(r"type:\s*ignore\[[\w, -]+\]|pyright:\s*ignore\[[\w, -]+\]|noqa:\s*[A-Z]+\d+", re.IGNORECASE)
GENERATED = re.compile(r"^Generated from .* Do not edit\.$", re.MULTILINE)
# Each runs what a stranger wrote, or hides a second event loop.
FORBIDDEN = re.compile(
    r"(?:.*\.)?(?:__import__|eval|exec|run_until_complete)|print|yaml\.(?:unsafe_|full_)?load(?:_all)?"
    r"|(?:c?[Pp]ickle|dill|marshal|nest_asyncio|shelve)\..*"
)


def lines(file: Path) -> int:
    return file.read_bytes().count(b"\n")


def is_generated(file: Path) -> bool:
    """A file that a tool of the project writes says so at its head; it may be as long as its source makes it."""
    return GENERATED.search(file.read_text("utf-8")[:400]) is not None


def size(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from `def` to the end, without the docstring."""
    first = function.body[0]
    documented = ast.get_docstring(function, clean=False) is not None
    return function.end_lineno - function.lineno + 1 - (first.end_lineno - first.lineno + 1 if documented else 0)


class SourceFacts(NamedTuple):
    """What the laws are about, by where it stands."""

    sizes: dict[str, int]
    calls: dict[str, str]
    # What a handler expects, None for anything; and whether it passes over it.
    handlers: list[tuple[str, str | None, bool]]


@cache
def source_facts() -> SourceFacts:
    """Read in one pass, file by file; the trees are let go, as they are millions of objects."""
    facts = SourceFacts({}, {}, [])
    for file in FILES:
        for node in ast.walk(ast.parse(file.read_bytes(), str(file))):
            place = f"{file.relative_to(PACKAGE)}:{getattr(node, 'lineno', 0)}"
            match node:
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    facts.sizes[f"{place} {node.name}"] = size(node)
                case ast.Call():
                    facts.calls[f"{place}:{node.end_lineno}:{node.end_col_offset}"] = ast.unparse(node.func)
                case ast.ExceptHandler():
                    expected = None if node.type is None else ast.unparse(node.type)
                    is_silent = all(isinstance(step, ast.Pass) for step in node.body)
                    facts.handlers.append((place, expected, is_silent))
                case _:
                    pass
    return facts


@cache
def suppressions() -> dict[str, str]:
    """Every comment that tells a checker to look away."""
    found = {}
    for file in FILES:
        if not SUPPRESSION.search(file.read_text("utf-8")):
            continue
        for token in tokenize.tokenize(io.BytesIO(file.read_bytes()).readline):
            if token.type == tokenize.COMMENT and SUPPRESSION.search(token.string):
                found[f"{file.relative_to(PACKAGE)}:{token.start[0]}"] = token.string
    return found


def test_no_file_is_longer_than_one_can_read():
    too_long = {str(file.relative_to(PACKAGE)): lines(file) for file in FILES if not is_generated(file)}
    assert {name: count for name, count in too_long.items() if count > MAX_FILE} == {}


def test_no_function_is_longer_than_a_screen():
    assert {name: count for name, count in source_facts().sizes.items() if count > MAX_FUNCTION} == {}


def test_nothing_prints_pickles_or_evaluates():
    assert {place: name for place, name in source_facts().calls.items() if FORBIDDEN.fullmatch(name)} == {}


@pytest.mark.parametrize("name", ["print", "yaml.load", "pickle.loads", "builtins.eval", "loop.run_until_complete"])
def test_a_forbidden_call_is_recognised(name):
    assert FORBIDDEN.fullmatch(name)


@pytest.mark.parametrize("name", ["console.print", "yaml.safe_load", "re.compile", "session.execute", "json.load"])
def test_an_innocent_call_is_not(name):
    assert not FORBIDDEN.fullmatch(name)


def test_every_except_says_what_it_expects():
    assert [place for place, expected, _ in source_facts().handlers if expected is None] == []


def test_a_missing_library_is_never_passed_over():
    silent = [
        place
        for place, expected, is_silent in source_facts().handlers
        if is_silent and {"ImportError", "ModuleNotFoundError"} & set(re.findall(r"\w+", expected or ""))
    ]
    assert silent == []


def test_every_suppression_names_what_it_suppresses():
    assert {place: text for place, text in suppressions().items() if not WITH_CODE.search(text)} == {}


def test_suppressions_are_rare():
    allowed = sum(map(lines, FILES)) // 1000 + 5
    assert len(suppressions()) <= allowed, suppressions()


def test_one_module_alone_speaks_http():
    speakers = {
        str(file.relative_to(PACKAGE))
        for file in FILES
        if "httpx" in file.read_text("utf-8")
        for node in nodes(ast.parse(file.read_bytes()), exempt=True)
        if re.match(
            r"(?:from|import) httpx\b", ast.unparse(node) if isinstance(node, ast.Import | ast.ImportFrom) else ""
        )
    }
    assert len(speakers) == 1


def test_the_package_is_typed_in_its_own_files():
    assert (PACKAGE / "py.typed").is_file()
    assert list(PACKAGE.rglob("*.pyi")) == []
