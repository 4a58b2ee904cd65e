"""The import rule of the house: a module imports from its own room and from the rooms to its left, never upward.

Imports inside functions count. Imports for type checkers count too, but in the one file that is the static view of the
menus. Only the demonstration and the command line come in by the front door, `import clew`.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

# From left to right; rooms of one floor know nothing of each other, but at the top.
FLOORS = (
    ("errors",),
    ("settings", "plugins", "yaml_files", "sqlite"),
    ("entities",),
    ("transforms",),
    ("feeds", "logs"),
    ("providers",),
    ("pivots",),
    ("graph",),
    ("pipelines", "analysis"),
    ("views",),
    ("__init__", "__main__", "cli", "demo", "testing"),
)
RANK = {room: rank for rank, floor in enumerate(FLOORS) for room in floor}
BY_THE_FRONT_DOOR = ("__main__", "cli", "demo")
LOOKS_UPWARD = Path("entities", "static_menus.py")


def violations(package: Path) -> Iterator[str]:
    """Each import below `package` that breaks the rule, as `file:line: what is wrong`."""
    for file in sorted(package.rglob("*.py")):
        inner = file.relative_to(package)
        own = inner.parts[0].removesuffix(".py")
        if own not in RANK:
            yield f"{file}:1: {own!r} is no room of the house; give it a place in {Path(__file__).name}"
            continue
        tree = ast.parse(file.read_bytes(), str(file))
        for node in nodes(tree, exempt=inner == LOOKS_UPWARD):
            for target in _targets(node, (package.name, *inner.parts[:-1]), package):
                wrong = _wrong(own, target.split("."))
                if wrong:
                    yield f"{file}:{node.lineno}: {own} may not import {target}: {wrong}"


def nodes(tree: ast.AST, *, exempt: bool) -> Iterator[ast.AST]:
    """Every node; those under `if TYPE_CHECKING` are left out where they are exempt."""
    for node in ast.iter_child_nodes(tree):
        if exempt and isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            for other in node.orelse:
                yield other
                yield from nodes(other, exempt=exempt)
            continue
        yield node
        yield from nodes(node, exempt=exempt)


def _targets(node: ast.AST, here: tuple[str, ...], package: Path) -> list[str]:
    """The modules of the package that `node` imports; `here` is the package that it stands in."""
    match node:
        case ast.Import(names=names):
            found = [name.name for name in names]
        case ast.ImportFrom(module=module, names=names, level=level):
            base = [*here[: len(here) - level + 1]] if level else []
            origin = ".".join([*base, *([module] if module else [])])
            found = [_member(origin, name.name, package) for name in names]
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[ast.Constant(value=str(text)), *_]):
            found = [text] if name in ("import_module", "__import__") else []
        case _:
            found = []
    return [target for target in found if target.split(".")[0] == package.name]


def _member(origin: str, name: str, package: Path) -> str:
    """What `from origin import name` reaches: a room where the origin is the package itself."""
    is_room = origin == package.name and ((package / name).is_dir() or (package / f"{name}.py").is_file())
    return f"{origin}.{name}" if is_room else origin


def _wrong(own: str, target: list[str]) -> str:
    """What is wrong with importing `target` from the room `own`; nothing if it is allowed."""
    if len(target) == 1:
        return "" if own in BY_THE_FRONT_DOOR else "the front door is for users; name the module"
    if target[1] not in RANK:
        return "there is no such room"
    if RANK[target[1]] == RANK[own] < len(FLOORS) - 1 and target[1] != own:
        return "it is a room on the same floor"
    return "it is a room to the right" if RANK[target[1]] > RANK[own] else ""


def main() -> int:
    """Print what breaks the rule below the package that is named, or below `clew`."""
    found = list(violations(Path(sys.argv[1] if len(sys.argv) > 1 else "clew")))
    print("\n".join(found) or "imports: every room imports only from its left")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
