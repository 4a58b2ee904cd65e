"""Programs beside the test: other writers, other users, and processes to be killed."""

import os
import subprocess
import sys
from pathlib import Path

BEGIN = """if True:
    import os, sys
    from pathlib import Path
    from clew.errors import CaseError
    from clew.graph.case import Case
    from clew.pivots.workspace import Workspace
    from clew.settings import Settings

    def opened(path):
        return Case.open(path, workspace=Workspace(Settings(cache=Path(path).parent / "cache")))
"""
HOLDER = """if True:
    import sqlite3, sys
    connection = sqlite3.connect(sys.argv[1], isolation_level=None)
    connection.execute(sys.argv[2])
    print("held", flush=True)
    sys.stdin.readline()
    connection.execute("ROLLBACK")
    connection.close()
"""


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "PYTHONWARNINGS": "error"}


def python(code: str, *arguments: object, timeout: float = 60) -> list[str]:
    """The lines that a program of its own prints; it must end well."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(
        command, env=environment(), timeout=timeout, capture_output=True, text=True, check=False, cwd=Path.home()
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def start(code: str, *arguments: object) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1, env=environment()
    )


def go(process: "subprocess.Popen[str]") -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()
