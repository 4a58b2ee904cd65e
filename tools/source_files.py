"""The files of a package, parsed: what tools that measure the source read off a syntax tree."""

import ast
import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.TryStar, ast.Match)


@dataclass(frozen=True)
class SourceFile:
    """A Python file of a package; `package` is the folder of the package."""

    path: Path
    package: Path

    @cached_property
    def text(self) -> str:
        """What stands in it."""
        return self.path.read_text("utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax tree."""
        return ast.parse(self.text, str(self.path))

    @property
    def line_count(self) -> int:
        """Physical lines."""
        return self.text.count("\n")

    @cached_property
    def comments(self) -> list[str]:
        """Each comment, those behind code included."""
        tokens = tokenize.generate_tokens(io.StringIO(self.text).readline)
        return [token.string for token in tokens if token.type == tokenize.COMMENT]

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """Every node of the tree."""
        return [*ast.walk(self.tree)]

    @property
    def functions(self) -> list[FunctionNode]:
        """Functions and methods, those inside others included."""
        return [node for node in self.nodes if isinstance(node, FunctionNode)]

    @property
    def docstring_lines(self) -> int:
        """How many lines are docstrings."""
        documentable = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
        return sum(docstring_size(node) for node in self.nodes if isinstance(node, documentable))


def source_files(package: Path) -> list[SourceFile]:
    """All Python files below the folder of a package, sorted."""
    return [SourceFile(path, package) for path in sorted(package.rglob("*.py"))]


def docstring_size(node: ast.Module | ast.ClassDef | FunctionNode) -> int:
    """The lines of the docstring of a node."""
    return line_span(node.body[0]) if ast.get_docstring(node, clean=False) is not None else 0


def line_span(node: ast.stmt) -> int:
    """The lines from the first to the last of a statement, without its decorators."""
    return (node.end_lineno or node.lineno) - node.lineno + 1


def function_size(function: FunctionNode) -> int:
    """The lines from `def` to the end, without the docstring."""
    return line_span(function) - docstring_size(function)


def nesting_depth(node: ast.AST) -> int:
    """How deep blocks stand in one another; `elif` goes no deeper, and definitions inside are not looked into."""
    depths = [0]
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef | FunctionNode | ast.Lambda):
            continue
        is_elif = isinstance(node, ast.If) and isinstance(child, ast.If) and node.orelse == [child]
        depths.append(nesting_depth(child) + (isinstance(child, BLOCKS) and not is_elif))
    return max(depths)


def parameters(function: FunctionNode) -> list[ast.arg]:
    """The parameters of a function, without `self` and `cls`."""
    spec = function.args
    positional = [*spec.posonlyargs, *spec.args]
    receiver = positional[:1] if positional and positional[0].arg in {"self", "cls"} else []
    return [*positional[len(receiver) :], *spec.kwonlyargs, *filter(None, (spec.vararg, spec.kwarg))]


def local_names(function: FunctionNode) -> set[str]:
    """The names of parameters and variables of a function, those of comprehensions and of functions inside included."""
    nodes = [*ast.walk(function)]
    variables = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return (variables | {node.arg for node in nodes if isinstance(node, ast.arg)}) - {"self", "cls"}


def module_names(tree: ast.Module) -> Iterator[str]:
    """The names of the functions, classes and variables that a module defines, each once."""
    names: dict[str, None] = {}
    for node in tree.body:
        if isinstance(node, ast.ClassDef | FunctionNode):
            names[node.name] = None
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for name in (name for target in targets for name in ast.walk(target)):
                if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store):
                    names[name.id] = None
    yield from names


def tuple_parts(annotation: ast.expr | None) -> int:
    """How many values the `tuple[A, B]` of an annotation has; 0 where it is none, or `tuple[A, ...]`."""
    match annotation:
        case ast.Subscript(value=ast.Name(id="tuple"), slice=ast.Tuple(elts=parts)):
            is_open = any(isinstance(part, ast.Constant) and part.value is Ellipsis for part in parts)
            return 0 if is_open else len(parts)
        case _:
            return 0
