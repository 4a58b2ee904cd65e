"""The figures that the source is held to, read off the source."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

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


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_bytes(), str(file))


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


@cache
def marked_nodes() -> list[tuple[Path, ast.AST]]:
    """Every node that one of the laws is about."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Call, ast.ExceptHandler)
    return [(file, node) for file in FILES for node in ast.walk(tree(file)) if isinstance(node, kinds)]


def places(*kinds: type[ast.AST]) -> Iterator[tuple[str, ast.AST]]:
    """Every node of these kinds, by where it stands."""
    for file, node in marked_nodes():
        if isinstance(node, kinds):
            yield f"{file.relative_to(PACKAGE)}:{node.lineno}", node


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
    functions = places(ast.FunctionDef, ast.AsyncFunctionDef)
    assert {f"{place} {node.name}": size(node) for place, node in functions if size(node) > MAX_FUNCTION} == {}


def test_nothing_prints_pickles_or_evaluates():
    calls = {place: ast.unparse(node.func) for place, node in places(ast.Call)}
    assert {place: name for place, name in calls.items() if FORBIDDEN.fullmatch(name)} == {}


@pytest.mark.parametrize("name", ["print", "yaml.load", "pickle.loads", "builtins.eval", "loop.run_until_complete"])
def test_a_forbidden_call_is_recognised(name):
    assert FORBIDDEN.fullmatch(name)


@pytest.mark.parametrize("name", ["console.print", "yaml.safe_load", "re.compile", "session.execute", "json.load"])
def test_an_innocent_call_is_not(name):
    assert not FORBIDDEN.fullmatch(name)


def test_every_except_says_what_it_expects():
    assert [place for place, node in places(ast.ExceptHandler) if node.type is None] == []


def test_a_missing_library_is_never_passed_over():
    handlers = places(ast.ExceptHandler)
    silent = [
        place
        for place, node in handlers
        if node.type is not None
        and {"ImportError", "ModuleNotFoundError"} & set(re.findall(r"\w+", ast.unparse(node.type)))
        and all(isinstance(step, ast.Pass) for step in node.body)
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
        for node in nodes(tree(file), exempt=True)
        if re.match(
            r"(?:from|import) httpx\b", ast.unparse(node) if isinstance(node, ast.Import | ast.ImportFrom) else ""
        )
    }
    assert len(speakers) == 1


def test_the_package_is_typed_in_its_own_files():
    assert (PACKAGE / "py.typed").is_file()
    assert list(PACKAGE.rglob("*.pyi")) == []
