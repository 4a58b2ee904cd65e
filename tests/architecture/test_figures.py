"""The script that measures the source counts what its table says."""

import ast
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from import_graph import ImportEdge, Moment, import_cycles, import_edges
from measure_source import figures, is_explained, markdown
from source_files import function_size, local_names, nesting_depth, parameters, tuple_parts

TOOLS = Path(__file__).parents[2] / "tools"
EMPTY = '"""Nothing."""\n'


def package(folder: Path, **files: str) -> Path:
    """A package `house` of these files; `ti__shodan` is `ti/shodan.py`."""
    for name, code in {"__init__": "", **files}.items():
        path = folder / "house" / f"{name.replace('__', '/') if name != '__init__' else name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(code, "utf-8")
    return folder / "house"


def measures(folder: Path, **files: str) -> dict[str, str]:
    return {row.measure: row.value for row in figures(package(folder, **files))}


def function(code: str) -> ast.FunctionDef:
    return ast.parse(code).body[0]


def test_lines_of_a_function_leave_its_docstring_and_its_decorators_out():
    assert function_size(function('@cache\ndef f():\n    """One\n\n    two."""\n    x = 1\n    return x\n')) == 3
    assert function_size(function("def f(): return 1")) == 1


@pytest.mark.parametrize(
    ("body", "depth"),
    [
        ("pass", 0),
        ("if a: pass\n elif b: pass\n else: pass", 1),
        ("if a: pass\n else:\n  x = 1\n  if b: pass", 2),
        ("for a in b:\n  with c:\n   try: pass\n   except E:\n    while d: pass", 4),
        ("if a:\n  def g():\n   if b:\n    if c: pass", 1),
        ("x = [y for y in z if y]", 0),
    ],
)
def test_nesting_counts_blocks_and_no_elif(body, depth):
    assert nesting_depth(function(f"def f():\n {body}")) == depth


def test_parameters_are_those_that_a_caller_gives():
    assert [arg.arg for arg in parameters(function("def f(self, a, /, b, *c, d=1, **e): pass"))] == [*"abdce"]


def test_local_names_are_parameters_and_variables_of_every_kind():
    code = "def f(a, *, b):\n c = [d for d in a]\n with b as e: pass\n for g, h in c: pass\n return lambda i: (j := i)"
    assert local_names(function(code)) == {*"abcdeghij"}


@pytest.mark.parametrize(
    ("annotation", "docstring", "parts", "is_clear"),
    [
        ("tuple[int, str]", "The number and the text.", 2, True),
        ("tuple[int, str]", "What it is.", 2, False),
        ("tuple[int, str, int]", "The number, the text.", 3, False),
        ("tuple[int, str, int]", "A triple.\n\nReturns: number, text and size.", 3, True),
        ("tuple[int, ...]", "The numbers.", 0, True),
        ("list[tuple[int, str]]", "The rows.", 0, True),
    ],
)
def test_a_tuple_is_explained_where_its_docstring_names_as_many_parts(annotation, docstring, parts, is_clear):
    node = function(f'def f() -> {annotation}:\n    """{docstring}"""')
    assert (tuple_parts(node.returns), is_explained(node)) == (parts, is_clear)


def test_sizes_are_those_of_the_files(tmp_path):
    table = measures(tmp_path, a="x = 1\n" * 10, b="x = 1\n" * 30, ti__a="x = 1\n" * 20, ti__b="", ti__c="")
    assert table["files / lines"] == "6 / 60"
    assert table["lines of a file: median / p90 / max"] == "5 / 30 / 30"
    assert table["modules of a folder: median / largest"] == "3 / 3 (house)"
    assert table["modules that share their name"] == "4 of 5"
    assert table["public names of modules: all / a file"] == "3 / 0.5"


def test_habits_are_counted_once_each(tmp_path):
    code = """
        try:
            print(console.print("no"))  # a comment
        except (OSError, Exception):  # noqa: BLE001
            x = {}  # fmt: skip
        except ValueError: ...
        def told(asked, answer: int): ...
        class Found: ...
    """
    table = measures(tmp_path, a=dedent(code).lstrip(), b="class Found: ...\nclass Other: ...\n")
    assert table["broad excepts"] == "1"
    assert table["prints"] == "1"
    assert table["suppressions a 1,000 lines"] == "222.22 (2)"
    assert table["`fmt: skip` and `fmt: off`"] == "1"
    assert table["comments a line of code"] == "33.3 %"
    assert table["arguments annotated"] == "50.0 %"
    assert table["names of classes in more than one file"] == "1 of 2"
    assert table["functions named by a bare participle or particle"] == "100.0 %"
    assert table["local names that are one"] == "50.0 %"


def test_files_with_an_operation_are_found_by_its_decorator(tmp_path):
    vendor = "class Vendor:\n    @operation(calls=1)\n    def ip(self): ...\n"
    head = '"""Rows.\n\nGenerated from rows.yaml. Do not edit.\n"""\n'
    table = measures(tmp_path, a=vendor, b=head + vendor, c=EMPTY)
    assert table["files with an operation"] == "1"
    assert table["... their lines: median / p90 / max"] == "3 / 3 / 3"


def test_each_import_is_an_edge_of_the_moment_when_it_happens(tmp_path):
    house = package(
        tmp_path,
        a="from house import b\nimport house.ti.shodan\nimport os\n",
        b="def late():\n    from . import a\n    from .ti.shodan import Shodan\n",
        ti____init__="",
        ti__shodan="if TYPE_CHECKING:\n    from ..a import A\nelse:\n    from house.b import B\n",
    )
    assert import_edges(house) == [
        ImportEdge("house.a", "house.b", Moment.AT_IMPORT),
        ImportEdge("house.a", "house.ti.shodan", Moment.AT_IMPORT),
        ImportEdge("house.b", "house.a", Moment.IN_FUNCTION),
        ImportEdge("house.b", "house.ti.shodan", Moment.IN_FUNCTION),
        ImportEdge("house.ti.shodan", "house.a", Moment.FOR_CHECKERS),
        ImportEdge("house.ti.shodan", "house.b", Moment.AT_IMPORT),
    ]


def test_circles_are_those_that_the_imports_of_a_moment_close():
    edges = [
        ImportEdge("a", "b", Moment.AT_IMPORT),
        ImportEdge("b", "c", Moment.AT_IMPORT),
        ImportEdge("c", "a", Moment.IN_FUNCTION),
        ImportEdge("d", "c", Moment.AT_IMPORT),
        ImportEdge("c", "d", Moment.FOR_CHECKERS),
    ]
    assert import_cycles(edges, Moment.AT_IMPORT) == []
    assert import_cycles(edges, Moment.AT_IMPORT, Moment.IN_FUNCTION) == [{"a", "b", "c"}]
    assert import_cycles(edges, Moment.AT_IMPORT, Moment.FOR_CHECKERS) == [{"c", "d"}]
    assert import_cycles(edges, *Moment) == [{"a", "b", "c", "d"}]


def test_the_table_is_markdown(tmp_path):
    house = package(tmp_path, a=EMPTY, ti__b=EMPTY)
    command = [sys.executable, str(TOOLS / "measure_source.py"), str(house)]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert lines[:2] == ["| measure | goal | value |", "| --- | --- | --- |"]
    assert all(line.count("|") == 4 for line in lines)
    assert lines[2] == "| files / lines | - | 3 / 2 |"


def test_a_package_that_is_not_there_is_said(tmp_path):
    command = [sys.executable, str(TOOLS / "measure_source.py"), str(tmp_path / "none")]
    outcome = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (outcome.returncode, outcome.stdout) == (1, "")
    assert "there is no package" in outcome.stderr


def test_an_empty_package_has_figures_too(tmp_path):
    assert markdown(figures(package(tmp_path))).count("\n") == len(figures(package(tmp_path))) + 2
