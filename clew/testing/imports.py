"""What importing a module does besides defining things."""

from __future__ import annotations

import subprocess
import sys

# Runs in a process of its own: an audit hook cannot be taken away again.
_WATCH = """
import importlib, os, sys
seen = []
def watch(event, arguments):
    if event.startswith(("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "shutil.")):
        seen.append(f"{event}{arguments!r}")
    elif event == "open":
        path, mode = arguments[0], arguments[1]
        if mode and set(str(mode)) & set("wax+"):
            seen.append(f"open{(path, mode)!r}")
import clew.pivots
sys.addaudithook(watch)
sys.dont_write_bytecode = True
importlib.import_module(sys.argv[1])
print("\\n".join(seen), end="")
"""


def import_effects(module: str) -> str:
    """What importing the module opened, wrote or started; empty if nothing. Also what it failed with."""
    command = [sys.executable, "-B", "-c", _WATCH, module]
    process = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - this interpreter
    return f"importing {module}: {process.stdout or process.stderr}" if process.stdout or process.returncode else ""
