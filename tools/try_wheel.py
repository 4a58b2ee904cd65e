"""Try the wheel in a fresh environment, in a folder where the checkout is not seen.

`make test` runs all tests on the same files. What can be wrong with the wheel alone is tried here: a file that did not
get in, a dependency that is not declared, the command, data that is looked for beside the checkout, and a result that
depends on a library which only the tests bring. So there is

- every file of the package in the wheel, byte by byte what it is in the checkout: what a test says of the one holds for
  the other;
- every module imported, and every library that any function imports found, with what `clew[all]` installs alone;
- the installed command run: the tour, from its scene to the replay;
- `TESTS` run beside a test runner and nothing else: the front door and every page of the documentation whose examples
  run, the licences of what was installed, and of each room the tests that read its data.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# What the tests need beside the installed package; never `clew` itself.
BESIDE = ("tests", "tools", "docs", "pyproject.toml", "README.md", "CHANGELOG.md")
TESTS = (
    "tests/docs",
    "tests/architecture/test_distribution.py",
    "tests/architecture/test_imports.py",
    "tests/entities/test_parsing.py",
    "tests/providers/test_yaml_files.py",
    "tests/providers/local/test_command_line.py",
    "tests/feeds/test_warninglists.py",
    "tests/logs/test_views.py",
    "tests/providers/test_conformance.py",
    "tests/pivots/test_catalog.py",
    "tests/graph/test_case.py",
    "tests/pipelines/test_files.py",
    "tests/views/explorer/test_history_page.py",
    "tests/cli/test_commands.py",
    "tests/demo/test_scenario.py",
)
# Run with the installed package alone. What `all` leaves out on purpose is looked for by name where it is used.
LOOK = """
import ast, importlib, importlib.util, pkgutil, sys
from pathlib import Path
import clew
sys.argv = ["clew"]
for module in pkgutil.walk_packages(clew.__path__, "clew."):
    importlib.import_module(module.name)
trees = [ast.parse(file.read_bytes()) for file in Path(clew.__file__).parent.rglob("*.py")]
nodes = [node for tree in trees for node in ast.walk(tree)]
names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
names |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and not node.level}
absent = {name for name in names if importlib.util.find_spec(name.partition(".")[0]) is None}
sys.exit(f"imported, and not installed by clew[all]: {', '.join(sorted(absent))}" if absent else 0)
"""


def missing(wheel: Path) -> list[str]:
    """Files of the package that are not in the wheel as they are in the checkout."""
    with zipfile.ZipFile(wheel) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    files = ((path.relative_to(ROOT).as_posix(), path) for path in (ROOT / "clew").rglob("*") if path.is_file())
    return sorted(name for name, path in files if "__pycache__" not in name and contents.get(name) != path.read_bytes())


def install(python: Path, requirement: str) -> None:
    """Install with pip, from the root: PIP_CONSTRAINT is relative to it. Modules are compiled when they are used."""
    command = [python, "-m", "pip", "install", "--quiet", "--no-compile", requirement]
    subprocess.run(command, cwd=ROOT, check=True)


def failed_step(wheel: Path, scratch: Path) -> str:
    """What of the wheel does not work, in a word or two; nothing if all of it does."""
    venv.create(scratch / "venv", with_pip=True)
    programs = scratch / "venv" / "bin"
    work, tour = scratch / "work", scratch / "tour"
    work.mkdir()
    tour.mkdir()
    for name in BESIDE:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, work / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            shutil.copy(source, work / name)
    places = {f"XDG_{name}_HOME": str(scratch / name) for name in ("CACHE", "CONFIG", "DATA", "STATE")}
    shared = {"CLEW_SHARED_DATA": str(ROOT.parent / "shared" / "data")}
    environment = shared | {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | places

    def ends_well(folder: Path, *command: str | Path) -> bool:
        return subprocess.run(command, cwd=folder, env=environment, check=False).returncode == 0

    python = programs / "python"
    install(python, f"{wheel.resolve()}[all]")
    where = subprocess.check_output([python, "-c", "import clew; print(clew.__file__)"], cwd=work, env=environment)
    if not Path(where.decode().strip()).is_relative_to(scratch / "venv"):
        return f"the tests would see {where.decode().strip()}, not the wheel"
    if not ends_well(work, python, "-c", LOOK):
        return "imports"
    if not ends_well(tour, programs / "clew", "demo"):
        return "clew demo"
    install(python, f"{wheel.resolve()}[test]")
    return "" if ends_well(work, python, "-m", "pytest", "-n", "auto", *TESTS) else "tests"


def main(wheel: Path) -> int:
    """Returns 1 where something is wrong with the wheel, and says what."""
    absent = missing(wheel)
    if absent:
        print(f"{wheel.name} lacks, or has otherwise: {', '.join(absent)}", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="clew-wheel-") as folder:
        step = failed_step(wheel, Path(folder))
    if step:
        print(f"{wheel.name} fails: {step}", file=sys.stderr)
    return 1 if step else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
