"""The import rule of the house holds, and the script that checks it sees what it should."""

import subprocess
import sys
from pathlib import Path

import pytest

import clew
from check_imports import violations

PACKAGE = Path(clew.__file__).parent
HEAVY = ("bokeh", "duckdb", "httpx", "maxminddb", "networkx", "pandas", "pyvis", "rich", "typer", "yaml")


def house(folder: Path, inner: str, code: str) -> list[str]:
    """What is wrong in a package `clew` that has a few rooms and this one file."""
    package = folder / "clew"
    for name in ("__init__.py", "errors.py", "entities/__init__.py", "graph/__init__.py", inner):
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(code if name == inner else "", "utf-8")
    return [text.removeprefix(str(package)) for text in violations(package)]


def test_every_room_imports_only_from_its_left():
    assert list(violations(PACKAGE)) == []


@pytest.mark.parametrize(
    ("inner", "code"),
    [
        ("graph/case.py", "import clew.entities.key\nfrom clew.graph import fold\nfrom clew.errors import CaseError"),
        ("graph/case.py", "from .fold import apply\nfrom ..entities import Key\nfrom clew import errors"),
        ("entities/static_menus.py", "if TYPE_CHECKING:\n    from clew.graph import case"),
        ("demo/tour.py", "import clew\nfrom clew import cli"),
        ("cli.py", "def main():\n    import clew"),
        ("errors.py", "import clewless\nfrom graph import clew"),
        ("__init__.py", "from clew.graph import case\nfrom .entities import Key"),
    ],
)
def test_an_allowed_import_is_let_through(tmp_path, inner, code):
    assert house(tmp_path, inner, code) == []


@pytest.mark.parametrize(
    ("inner", "code"),
    [
        ("entities/key.py", "import clew.graph"),
        ("entities/key.py", "from clew.graph.case import Case"),
        ("entities/key.py", "from clew import graph"),
        ("entities/key.py", "from ..graph import case"),
        ("entities/key.py", "from .. import graph"),
        ("entities/key.py", "def late():\n    from clew.graph import case"),
        ("entities/key.py", "if TYPE_CHECKING:\n    from clew.graph import case"),
        ("entities/key.py", "import importlib\nimportlib.import_module('clew.graph.case')"),
        ("entities/static_menus.py", "if TYPE_CHECKING:\n    pass\nelse:\n    from clew.graph import case"),
        ("graph/case.py", "import clew"),
        ("graph/case.py", "from clew import parse"),
        ("graph/case.py", "from clew.cli import main"),
        ("graph/case.py", "from clew.attic import lamp"),
        ("attic.py", ""),
    ],
)
def test_a_forbidden_import_is_found(tmp_path, inner, code):
    found = house(tmp_path, inner, code)
    assert len(found) == 1
    assert found[0].startswith(f"/{inner}:{max(1, code.count(chr(10)) + 1)}: ")


def test_import_clew_is_light():
    code = "import sys; before = set(sys.modules); import clew; print(*(set(sys.modules) - before))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "clew" in loaded
    assert sorted(set(HEAVY) & set(loaded)) == []
