"""What the source of the package measures, as a Markdown table: sizes, nesting, imports, comments, names.

Lines are physical lines; those of a function begin at its `def` and leave its docstring out. Functions inside others
and methods count, lambdas do not. A percentile is the value at that place of the sorted list, without interpolation.
"""

import ast
import re
import statistics
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from bare_words import is_bare
from import_graph import ImportEdge, Moment, import_cycles, import_edges
from source_files import (
    FunctionNode,
    SourceFile,
    function_size,
    local_names,
    module_names,
    nesting_depth,
    parameters,
    source_files,
    tuple_parts,
)

SUPPRESSION = re.compile(r"#\s*(?:type:\s*ignore|pyright:\s*ignore|noqa|pragma:\s*no cover|fmt:|yapf:)", re.IGNORECASE)
FORMATTER_OFF = re.compile(r"#\s*fmt:\s*(?:skip|off)")
BROAD = re.compile(r"\b(?:Base)?Exception\b")
PART_END = re.compile(r"[,;:.]\s|\band\b|\bor\b|\bwith\b|\bthen\b")
GENERATED_HEAD = re.compile(r"^Generated from .* Do not edit\.$", re.MULTILINE)
LONG_FUNCTION, DEEP, MANY_PARAMETERS = 50, 4, 6


class Figure(NamedTuple):
    """A line of the table: what is measured, what it should be, and what it is."""

    measure: str
    goal: str
    value: str


def figures(package: Path) -> list[Figure]:
    """All that is measured of the package in a folder."""
    files, edges = source_files(package), import_edges(package)
    measures = (_sizes, _functions, _typing, _habits, _texts, _names, _plugins)
    rows = [row for measure in measures for row in measure(files)]
    return [Figure(*row) for row in (*rows, *_imports(edges))]


def markdown(table: Sequence[Figure]) -> str:
    """The figures as a Markdown table."""
    return "".join(f"| {' | '.join(row)} |\n" for row in (Figure._fields, ("---", "---", "---"), *table))


def percentile(values: Sequence[int], percent: int) -> int:
    """The value at that place of the sorted list.

    >>> percentile([5, 1, 4, 2, 3], 95), percentile([5, 1, 4, 2, 3], 50), percentile([], 95)
    (5, 3, 0)
    """
    return sorted(values)[min(len(values) * percent // 100, len(values) - 1)] if values else 0


def _sizes(files: Sequence[SourceFile]) -> Iterator[tuple[str, str, str]]:
    lines = [file.line_count for file in files]
    folders = Counter(file.path.parent for file in files)
    largest, count = folders.most_common(1)[0] if folders else (Path(), 0)
    yield "files / lines", "-", f"{len(files)} / {sum(lines):,}"
    yield "lines of a file: median / p90 / max", "120 / - / 400", _spread(lines)
    yield "modules of a folder: median / largest", "-", f"{_median([*folders.values()])} / {count} ({largest.name})"


def _functions(files: Sequence[SourceFile]) -> Iterator[tuple[str, str, str]]:
    functions = [function for file in files for function in file.functions]
    sizes = [function_size(function) for function in functions]
    depths = [nesting_depth(function) for function in functions]
    counts = [len(parameters(function)) for function in functions]
    long = sum(size > LONG_FUNCTION for size in sizes)
    yield f"functions over {LONG_FUNCTION} lines", "0", f"{long} of {len(functions):,}"
    yield "lines of a function: mean / median / p95 / max", "-", f"{_mean(sizes, 1)} / {_spread(sizes, 95)}"
    yield "nesting: mean / max", "-", f"{_mean(depths, 2)} / {max(depths, default=0)}"
    yield f"functions nested {DEEP} deep or more", "-", str(sum(depth >= DEEP for depth in depths))
    p95 = f"{percentile(counts, 95)} / {max(counts, default=0)}"
    yield "parameters: mean / p95 / max", "-", f"{_mean(counts, 2)} / {p95}"
    yield f"functions of {MANY_PARAMETERS} parameters or more", "-", str(sum(n >= MANY_PARAMETERS for n in counts))


def _typing(files: Sequence[SourceFile]) -> Iterator[tuple[str, str, str]]:
    arguments = [argument for file in files for function in file.functions for argument in parameters(function)]
    comments = [comment for file in files for comment in file.comments]
    lines = sum(file.line_count for file in files)
    suppressions = sum(1 for comment in comments if SUPPRESSION.search(comment))
    yield "arguments annotated", "100 %", _share(sum(arg.annotation is not None for arg in arguments), len(arguments))
    yield "suppressions a 1,000 lines", "<= 1", f"{suppressions / max(lines, 1) * 1000:.2f} ({suppressions})"
    yield "`fmt: skip` and `fmt: off`", "0", str(sum(1 for comment in comments if FORMATTER_OFF.search(comment)))


def _imports(edges: Sequence[ImportEdge]) -> Iterator[tuple[str, str, str]]:
    at_import, in_function, for_checkers = Moment
    yield (
        "import edges at import / in functions / for checkers",
        "-",
        " / ".join(f"{sum(edge.moment is moment for edge in edges):,}" for moment in Moment),
    )
    yield "circles of imports at import", "0", _circles(import_cycles(edges, at_import))
    yield "... with those in functions", "0", _circles(import_cycles(edges, at_import, in_function))
    yield "... with those for type checkers", "-", _circles(import_cycles(edges, at_import, for_checkers))


def _habits(files: Sequence[SourceFile]) -> Iterator[tuple[str, str, str]]:
    nodes = [node for file in files for node in file.nodes]
    handlers = [node.type for node in nodes if isinstance(node, ast.ExceptHandler)]
    yield "broad excepts", "0", str(sum(type_ is None or bool(BROAD.search(ast.unparse(type_))) for type_ in handlers))
    calls = [node.func for node in nodes if isinstance(node, ast.Call)]
    yield "prints", "0", str(sum(isinstance(name, ast.Name) and name.id == "print" for name in calls))


def _texts(files: Sequence[SourceFile]) -> Iterator[tuple[str, str, str]]:
    lines, docstrings = sum(file.line_count for file in files), sum(file.docstring_lines for file in files)
    blank = sum(not line.strip() for file in files for line in file.text.splitlines())
    public = [
        node
        for file in files
        for node in file.nodes
        if isinstance(node, ast.ClassDef | FunctionNode) and not node.name.startswith("_")
    ]
    comments = sum(len(file.comments) for file in files)
    yield "comments a line of code", "-", _share(comments, lines - blank - docstrings)
    yield "docstrings of all lines", "-", _share(docstrings, lines)
    yield "public classes and functions with a docstring", "-", _share(sum(map(_has_docstring, public)), len(public))
    tuples = [node for node in public if isinstance(node, FunctionNode) and tuple_parts(node.returns) > 1]
    silent = sum(not is_explained(function) for function in tuples)
    yield "public functions that return a tuple and do not say which is which", "0", f"{silent} of {len(tuples)}"


def _names(files: Sequence[SourceFile]) -> Iterator[tuple[str, str, str]]:
    public = [name for file in files for name in module_names(file.tree) if not name.startswith("_")]
    yield "public names of modules: all / a file", "-", f"{len(public):,} / {len(public) / max(len(files), 1):.1f}"
    classes = {(node.name, file.path) for file in files for node in file.tree.body if isinstance(node, ast.ClassDef)}
    yield "names of classes in more than one file", "0", _repetitions([name for name, _ in classes])
    stems = Counter(file.path.stem for file in files if file.path.stem != "__init__")
    namesakes = sum(count for count in stems.values() if count > 1)
    yield "modules that share their name", "-", f"{namesakes} of {stems.total()}"
    functions = [function for file in files for function in file.functions]
    bare = sum(is_bare(function.name) for function in functions)
    yield "functions named by a bare participle or particle", "-", _share(bare, len(functions))
    names = [name for function in functions for name in local_names(function)]
    yield "local names that are one", "-", _share(sum(map(is_bare, names)), len(names))


def _plugins(files: Sequence[SourceFile]) -> Iterator[tuple[str, str, str]]:
    sources = [file for file in files if not GENERATED_HEAD.search(file.text[:400])]
    sizes = [file.line_count for file in sources if any(map(_is_operation, file.functions))]
    yield "files with an operation", "-", str(len(sizes))
    yield "... their lines: median / p90 / max", "80 / - / 150", _spread(sizes)


def is_explained(function: FunctionNode) -> bool:
    """Whether the docstring of a function that returns several values names as many parts as it returns."""
    text = ast.get_docstring(function) or ""
    parts = len(PART_END.findall(text.strip())) + 1
    return bool(text) and (parts >= tuple_parts(function.returns) or "Returns:" in text)


def _is_operation(function: FunctionNode) -> bool:
    """Whether a function is decorated as an operation of a provider."""
    names = [node.func if isinstance(node, ast.Call) else node for node in function.decorator_list]
    return any(isinstance(name, ast.Name) and name.id == "operation" for name in names)


def _has_docstring(node: ast.ClassDef | FunctionNode) -> bool:
    return ast.get_docstring(node) is not None


def _spread(values: Sequence[int], percent: int = 90) -> str:
    return f"{_median(values)} / {percentile(values, percent)} / {max(values, default=0)}"


def _median(values: Sequence[int]) -> str:
    return f"{statistics.median(values or [0]):g}"


def _mean(values: Sequence[int], digits: int) -> str:
    return f"{statistics.fmean(values or [0]):.{digits}f}"


def _share(part: int, total: int) -> str:
    return f"{part / max(total, 1) * 100:.1f} %"


def _repetitions(names: Sequence[str]) -> str:
    counts = Counter(names)
    return f"{sum(count > 1 for count in counts.values())} of {len(counts)}"


def _circles(circles: Sequence[frozenset[str]]) -> str:
    return " + ".join(str(len(circle)) for circle in circles) + " modules" if circles else "0"


def main() -> int:
    """Print the figures of the package that is named, or of `clew`."""
    package = Path(sys.argv[1] if len(sys.argv) > 1 else "clew")
    if not package.is_dir():
        print(f"there is no package {package}; name the folder of one", file=sys.stderr)
        return 1
    print(markdown(figures(package)), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
