"""`%load_ext clew` in a real IPython."""

from __future__ import annotations

import atexit
import base64
import subprocess
import sys
from collections.abc import Iterator

import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from clew import Domain, IpAddress
from clew.pipelines import DisplayStep, Pipeline
from tests.support import HOSTILE

REPORT = (
    "beacons to hxxps://c2[.]evil[.]example/gate\nand 198[.]51[.]100[.]7, then 198.51.100.7 again, drops report.docx"
)


@pytest.fixture
def shell(tmp_path, monkeypatch) -> Iterator[InteractiveShell]:
    """IPython as a notebook has it, with no history and no file of its own."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    config = Config()
    config.HistoryManager.enabled = False  # a thread and a database that outlive the test
    made = InteractiveShell.instance(config=config)
    made.run_line_magic("load_ext", "clew")
    yield made
    made.atexit_operations()
    atexit.unregister(made.atexit_operations)
    InteractiveShell.clear_instance()


def test_indicators_of_a_cell_are_a_table(shell):
    """Each indicator is one row, refanged, with its count and the entity itself."""
    found = shell.run_cell_magic("ioc", "", REPORT)
    assert found.drop(columns="entity").to_dict("records") == [
        {"kind": "url", "value": "https://c2.evil.example/gate", "count": 1},
        {"kind": "domain", "value": "c2.evil.example", "count": 1},
        {"kind": "ip", "value": "198.51.100.7", "count": 2},
    ]
    assert found["entity"].tolist()[1:] == [Domain("c2.evil.example"), IpAddress("198.51.100.7")]
    told = IpAddress.net.kind.over(found[found["kind"] == "ip"], column="entity")
    assert told["ip_kind"].tolist() == ["documentation"]


def test_a_table_is_kept_under_a_name(shell):
    """With --out the table is a variable and nothing is shown; --types chooses."""
    assert shell.run_cell_magic("ioc", "--out found --types IpAddress,domain", REPORT) is None
    assert shell.user_ns["found"]["kind"].tolist() == ["domain", "ip"]
    assert shell.run_cell_magic("b64", "--out=decoded", "dwBoAG8AYQBtAGkA") is None
    assert shell.user_ns["decoded"]["text"].tolist() == ["whoami"]


def test_layers_of_base64_are_rows(shell):
    """What is encoded in what was decoded stands on the row below it."""
    inner = base64.b64encode(b"http://198.51.100.7/a.ps1").decode()
    outer = base64.b64encode(f"IEX (FromBase64String('{inner}'))".encode("utf-16-le")).decode()
    found = shell.run_cell_magic("b64", "", f"powershell -enc {outer}\nthen aGVsbG8= and words")
    assert found["layer"].tolist() == [1, 2, 1]
    assert found["text"].tolist() == [f"IEX (FromBase64String('{inner}'))", "http://198.51.100.7/a.ps1", "hello"]
    assert found["encoded"].tolist() == [outer, inner, "aGVsbG8="]


@pytest.mark.parametrize("magic", ["ioc", "b64"])
def test_a_cell_with_nothing_is_an_empty_table(shell, magic):
    """Nothing found is a table with no rows and the same columns, and hostile cells are only text."""
    empty = shell.run_cell_magic(magic, "", "nothing here")
    full = shell.run_cell_magic(magic, "", f"{REPORT} dwBoAG8AYQBtAGkA")
    assert len(empty) == 0
    assert empty.columns.tolist() == full.columns.tolist()
    for cell in HOSTILE:
        assert isinstance(shell.run_cell_magic(magic, "", cell), pd.DataFrame)


@pytest.mark.parametrize(
    ("magic", "line", "says"),
    [
        ("ioc", "--types hash", "there is no entity 'hash'"),
        ("ioc", "--types host", "no text says what is a host"),
        ("ioc", "--tpyes ip", "'--tpyes' is no option with a value"),
        ("ioc", "--out", "'--out' is no option with a value"),
        ("ioc", "--out 1x", "'1x' is no name of a variable"),
        ("ioc", "--out class", "'class' is no name of a variable"),
        ("ioc", '--out "x', "No closing quotation"),
        ("b64", "--types ip", "'--types' is no option with a value"),
        ("b64", "ip", "'ip' is no option with a value"),
    ],
)
def test_a_wrong_line_is_told_in_a_line(shell, magic, line, says, capsys):
    """A mistake in the line of a magic is a message, and no traceback."""
    result = shell.run_cell(f"%%{magic} {line}\ntext")
    assert says in str(result.error_in_exec)
    shown = "".join(capsys.readouterr())
    assert says in shown
    assert "Traceback" not in shown


def test_tables_have_clew_and_display_steps_show(shell, capsys):
    """The extension extends pandas, and in IPython a display step displays."""
    shell.user_ns |= {"pd": pd, "shown": Pipeline("p", (DisplayStep("<b>{rows}\u202e rows", 1),))}
    result = shell.run_cell("_ = pd.DataFrame({'a': [7, 8]}).clew.run(shown)")
    result.raise_error()
    shown = capsys.readouterr().out
    assert "<b>2\\u202e rows (1 of 2 rows)" in shown
    assert "7" in shown
    assert "8" not in shown


def test_the_magics_explain_themselves(shell):
    """`%%ioc?` says how to write it."""
    assert "--types ip,domain" in shell.find_cell_magic("ioc").__doc__


def test_loading_clew_loads_no_ipython():
    """`import clew` has the hook of the extension, and loads nothing for it."""
    code = "import sys, clew; print('IPython' in sys.modules, callable(clew.load_ipython_extension))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told == "False True\n"
