"""Both type checkers see every pivot: they accept what is right, and refuse what is wrong, line by line."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import clew

HERE = Path(__file__).parent
ROOT = Path(clew.__file__).parents[1]
MARK = re.compile(r"# E: ([\w-]+)$")


def marked() -> dict[int, str]:
    """The lines that have to be refused, with mypy's code."""
    lines = (HERE / "refused.py.txt").read_text("utf-8").splitlines()
    return {number: found[1] for number, line in enumerate(lines, start=1) if (found := MARK.search(line))}


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Both files as modules, in a folder that belongs to no project."""
    shutil.copy(HERE / "accepted.py", tmp_path / "accepted.py")
    shutil.copy(HERE / "refused.py.txt", tmp_path / "refused.py")
    settings: dict[str, object] = {
        "typeCheckingMode": "strict",
        "pythonVersion": "3.11",
        "extraPaths": [str(ROOT)],
        "include": ["."],
    }
    # A line that only names an attribute is there to be refused.
    settings |= {"reportUnusedExpression": False, "reportUnusedCallResult": False}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings))
    return tmp_path


def run(module: str, *arguments: str) -> str:
    """What a checker prints; it ends with 1 where it refuses something."""
    environment = os.environ | {"PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


def test_there_is_enough_to_refuse() -> None:
    """Wrong types, misspelt names, foreign menus and misbound operations are all among the marked lines."""
    assert {"arg-type", "call-arg", "attr-defined", "assignment", "unused-coroutine"} <= set(marked().values())
    assert len(marked()) > 40


@pytest.mark.types
def test_mypy_sees_every_pivot(files: Path) -> None:
    """`mypy --strict` reports the marked lines with their codes, and nothing else."""
    pytest.importorskip("mypy")
    # With the settings of the project, and so with what `make types` has just found out about clew.
    told = run("mypy", "--output=json", *map(str, sorted(files.glob("*.py"))))
    errors: list[dict[str, Any]] = [json.loads(line) for line in told.splitlines() if line.startswith("{")]
    found = {(Path(each["file"]).name, each["line"], each["code"]) for each in errors if each["severity"] == "error"}
    assert found == {("refused.py", number, code) for number, code in marked().items()}


@pytest.mark.types
def test_pyright_sees_every_pivot(files: Path) -> None:
    """Pyright, strict, reports the marked lines, and nothing else."""
    pytest.importorskip("pyright")
    told = json.loads(run("pyright", "--outputjson", "--pythonpath", sys.executable, "-p", str(files)))
    errors = [each for each in told["generalDiagnostics"] if each["severity"] == "error"]
    found = {(Path(each["file"]).name, each["range"]["start"]["line"] + 1) for each in errors}
    assert found == {("refused.py", number) for number in marked()}
