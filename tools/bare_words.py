"""The law of names: what a thing is called says what it is.

A function, a class, a module or a variable is not named by a bare participle or particle (`told`, `asked`, `whole`,
`each`): nobody can search for such a word, and in the next file it means something else. A participle beside its noun
(`merged_nodes`, `is_known`) is fine.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_LINES = Path(__file__).with_suffix(".txt").read_text("utf-8").splitlines()
WORDS = frozenset(word for line in _LINES if not line.startswith("#") for word in line.split())
# Words that end like a participle and are none.
NOUNS = frozenset(
    {"embed", "exceed", "feed", "hundred", "indeed", "need", "newsfeed", "proceed", "seed", "speed", "succeed"}
)


class BareName(NamedTuple):
    """A name that breaks the law: where it stands, what it names, and the name."""

    where: str
    kind: str
    name: str


def is_bare(name: str) -> bool:
    """Whether a name is one bare participle or particle.

    >>> [is_bare(name) for name in ("told", "_asked", "each", "asked_at", "is_known", "feed", "Imported", "findings")]
    [True, True, True, False, False, False, True, False]
    """
    word = name.strip("_")
    if "_" in word or re.search(r"[a-z][A-Z]", word):
        return False
    word = word.lower()
    regular = len(word) > 4 and word.endswith("ed") and word not in NOUNS
    return regular or word in WORDS


def bare_names(file: Path) -> Iterator[BareName]:
    """The names in a file that break the law, each once a scope."""
    if is_bare(file.stem):
        yield BareName(f"{file}:1", "module", file.stem)
    tree = ast.parse(file.read_bytes(), str(file))
    yield from _in_scope(tree, file, "")


def _in_scope(scope: ast.AST, file: Path, path: str) -> Iterator[BareName]:
    names = dict(reversed([*_variables(scope)]))
    kind = "attribute" if isinstance(scope, ast.ClassDef) else "variable"
    for name, line in sorted(names.items(), key=lambda item: item[1]):
        if is_bare(name):
            yield BareName(f"{file}:{line}", kind, f"{path}{name}")
    for node in _children(scope):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            if is_bare(node.name):
                kind = "class" if isinstance(node, ast.ClassDef) else "function"
                yield BareName(f"{file}:{node.lineno}", kind, f"{path}{node.name}")
            yield from _in_scope(node, file, f"{path}{node.name}.")


def _children(scope: ast.AST) -> Iterator[ast.AST]:
    """What stands in a scope, without what stands in the scopes within it."""
    for node in ast.iter_child_nodes(scope):
        yield node
        if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _children(node)


def _variables(scope: ast.AST) -> Iterator[tuple[str, int]]:
    if isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef):
        spec = scope.args
        for arg in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs, *filter(None, (spec.vararg, spec.kwarg))):
            yield arg.arg, arg.lineno
    for node in _children(scope):
        match node:
            case ast.Name(id=name, ctx=ast.Store()):
                yield name, node.lineno
            case ast.Attribute(value=ast.Name(id="self"), attr=name, ctx=ast.Store()):
                yield name, node.lineno
            case ast.arg(arg=name):
                yield name, node.lineno
            case ast.ExceptHandler(name=str(name)):
                yield name, node.lineno
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                yield name, node.lineno
            case _:
                pass


def main() -> int:
    """Print what breaks the law in the files and folders that are named, or in `clew`."""
    roots = [Path(text) for text in sys.argv[1:]] or [Path("clew")]
    files = sorted(file for root in roots for file in ([root] if root.is_file() else root.rglob("*.py")))
    broken = [name for file in files for name in bare_names(file)]
    for name in broken:
        print(f"{name.where}: {name.kind} {name.name}")
    print(f"{len(broken)} bare names in {len(files)} files")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
