"""What importing a module does besides defining things."""

from __future__ import annotations

import json
import os
import subprocess
import sys

# Runs in a process of its own: an audit hook cannot be taken away again. Where a process can be forked, each module has
# a fork of one that has loaded what all providers need; elsewhere there is one module.
_WATCH = """
import importlib, json, os, sys, tempfile, traceback
def watch(event, arguments):
    if event.startswith(("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "shutil.")):
        seen.append(f"{event}{arguments!r}")
    elif event == "open":
        path, mode = arguments[0], arguments[1]
        if mode and set(str(mode)) & set("wax+"):
            seen.append(f"open{(path, mode)!r}")
def report(module):
    try:
        importlib.import_module(module)
    except BaseException:
        seen.append(traceback.format_exc())
    sys.__stdout__.flush()
    printed.seek(0)
    told = "\\n".join(filter(None, [*seen, printed.read().decode(errors="replace")]))
    os.write(reports, (json.dumps([module, told]) + "\\n").encode())
reports = os.dup(1)
import clew.pivots
seen = []
sys.dont_write_bytecode = True
for module in sys.argv[1:]:
    if len(sys.argv) > 2 and os.fork():
        os.wait()
        continue
    printed = tempfile.TemporaryFile()
    os.dup2(printed.fileno(), 1)
    sys.addaudithook(watch)
    report(module)
    os._exit(0)
"""
_effects: dict[str, str] = {}


def import_effects(module: str) -> str:
    """What importing the module opened, wrote or started; empty if nothing. Also what it failed with.

    Modules of its package that are loaded here are tried with it, each for itself, and asked for later.
    """
    if module not in _effects:
        package = module.rpartition(".")[0]
        siblings = [name for name in sys.modules if package and name.rpartition(".")[0] == package]
        _effects.update(_effects_by_module([module, *siblings] if hasattr(os, "fork") else [module]))
    return _effects[module] and f"importing {module}: {_effects[module]}"


def _effects_by_module(modules: list[str]) -> dict[str, str]:
    """The effects of each module, by its name; for one that ended its process, what was said."""
    names = [*dict.fromkeys(modules)]
    command = [sys.executable, "-B", "-c", _WATCH, *names]
    process = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - this interpreter
    reports = dict(json.loads(line) for line in process.stdout.splitlines())
    return {name: reports.get(name, process.stderr or "it ended the process") for name in names}
