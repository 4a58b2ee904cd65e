"""A child that does what it is told with cases, and may die of it. It loads clew once, then forks for every job."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from clew.errors import CaseError
from tests.crash.workloads import WORKLOADS, opened

Job = dict[str, Any]


def say(text: str) -> None:
    """One line to the parent, unbuffered: whatever was said before a kill arrives."""
    os.write(1, f"{text}\n".encode())


def attempt(number: int, do: Callable[[], Any], mark: Callable[[bytes], object]) -> Any:
    """Acknowledge what was done; an error of the case is told, and any other ends the child."""
    try:
        result = do()
    except CaseError as error:
        say(f"refused {number} {type(error).__name__}")
        return None
    mark(str(number).encode())
    say(f"did {number}")
    return result


def work(job: Job, mark: Callable[[bytes], object]) -> None:
    """Open the case (twice, if the first attempt was refused), do every deed, close it."""
    path = Path(job["path"])
    deeds = WORKLOADS[job["workload"]].deeds(job["size"])
    case = attempt(0, lambda: opened(path), mark) or attempt(0, lambda: opened(path), mark)
    if case is not None:
        for number, deed in enumerate(deeds, 1):
            attempt(number, lambda deed=deed: (deed.do(case), True), mark)
        attempt(len(deeds) + 1, case.close, mark)


def arm(job: Job) -> Callable[[bytes], object]:
    """Tell the library between this process and the system what is to go wrong; returns what writes into its record."""
    if "fault" not in job:
        return lambda _: None
    faults = ctypes.CDLL(None)
    record = os.open(job["record"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC) if job["record"] else -1
    faults.faults_arm.argtypes = (ctypes.c_char_p, ctypes.c_long, ctypes.c_int, ctypes.c_int, ctypes.c_int)
    faults.faults_arm(os.fsencode(Path(job["path"]).parent), job["at"], job["fault"], job["lasting"], record)
    return faults.faults_mark


def perform(job: Job) -> None:
    """A job from beginning to end, in a process of its own."""
    say(f"pid {os.getpid()}")
    try:
        work(job, arm(job))
    except BaseException as error:  # noqa: BLE001 - told to the parent, whatever it is
        say(f"broke {error!r}")
    say("done")
    if job["stays"]:
        time.sleep(60)  # it is killed long before; should nobody be left to do that, it ends by itself


def warm() -> None:
    """Load all that the workloads need, so that no child spends its life on that."""
    with tempfile.TemporaryDirectory() as folder:
        for name, workload in WORKLOADS.items():
            path = Path(folder) / name / "x.clew"
            path.parent.mkdir()
            if workload.before:
                shutil.copyfile(workload.before, path)
            work({"path": path, "workload": name, "size": workload.small}, lambda _: None)


def main() -> None:
    """A line is a job, a fork does it, and its end is told."""
    warm()
    say("ready")
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            perform(json.loads(line))
            os._exit(0)
        os.waitpid(pid, 0)
        say("end")


if __name__ == "__main__":
    main()
