"""The imports of a package as a graph: who imports whom, when, and which modules stand in a circle."""

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator
from enum import IntEnum
from pathlib import Path
from typing import NamedTuple


class Moment(IntEnum):
    """When an import happens: with the module, when a function is called, or only for type checkers."""

    AT_IMPORT = 0
    IN_FUNCTION = 1
    FOR_CHECKERS = 2


class ImportEdge(NamedTuple):
    """One module imports another of the same package; where it does so twice, the earlier moment counts."""

    importer: str
    target: str
    moment: Moment


def module_name(file: Path, package: Path) -> str:
    """The dotted name of a file: `clew.graph.store`, and `clew.graph` for its `__init__`."""
    parts = file.relative_to(package.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def import_edges(package: Path) -> list[ImportEdge]:
    """Each pair of modules of `package` of which the first imports the second, sorted."""
    files = {module_name(file, package): file for file in sorted(package.rglob("*.py"))}
    moments: dict[tuple[str, str], Moment] = {}
    for importer, file in files.items():
        folder = importer if file.name == "__init__.py" else importer.rpartition(".")[0]
        for node, moment in _imports(ast.parse(file.read_bytes(), str(file)), Moment.AT_IMPORT):
            for target in _targets(node, folder, files):
                pair = importer, target
                if target != importer:
                    moments[pair] = min(moment, moments.get(pair, moment))
    return [ImportEdge(*pair, moment) for pair, moment in sorted(moments.items())]


def import_cycles(edges: Iterable[ImportEdge], *moments: Moment) -> list[frozenset[str]]:
    """The circles that imports at these moments close, as the modules of each; the largest first."""
    targets: dict[str, set[str]] = defaultdict(set)
    for edge in edges:
        if edge.moment in moments:
            targets[edge.importer].add(edge.target)
    reach = {module: _reachable(module, targets) for module in targets}
    circles = {
        frozenset(other for other in reach[module] if module in reach.get(other, ()))
        for module in targets
        if module in reach[module]
    }
    return sorted(circles, key=lambda circle: (-len(circle), sorted(circle)))


def _reachable(start: str, targets: dict[str, set[str]]) -> set[str]:
    modules, waiting = set[str](), [start]
    while waiting:
        fresh = targets.get(waiting.pop(), set()) - modules
        modules |= fresh
        waiting += fresh
    return modules


def _imports(tree: ast.AST, moment: Moment) -> Iterator[tuple[ast.Import | ast.ImportFrom, Moment]]:
    """Each import below `tree`, and when it happens."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node, moment
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _imports(node, max(moment, Moment.IN_FUNCTION))
        elif isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            for step in node.body:
                yield from _imports(ast.Module([step], []), Moment.FOR_CHECKERS)
            for step in node.orelse:
                yield from _imports(ast.Module([step], []), moment)
        elif isinstance(node, ast.stmt | ast.ExceptHandler | ast.match_case):
            yield from _imports(node, moment)


def _targets(node: ast.Import | ast.ImportFrom, folder: str, modules: Iterable[str]) -> Iterator[str]:
    """The modules that a statement in a module of the package `folder` imports."""
    if isinstance(node, ast.Import):
        yield from (name.name for name in node.names if name.name in modules)
        return
    origin_parts = folder.split(".")[: len(folder.split(".")) - node.level + 1] if node.level else []
    origin = ".".join([*origin_parts, *([node.module] if node.module else [])])
    for name in node.names:
        member = f"{origin}.{name.name}"
        if member in modules:
            yield member
        elif origin in modules:
            yield origin
