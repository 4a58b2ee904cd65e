"""The parent of the children that crash: gives them jobs, kills them, and keeps what they said."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.crash.workloads import WORKLOADS
from tests.graph.children import environment


@dataclass(slots=True)
class Said:
    """What a child said before its end.

    Attributes:
        did: the deeds that it acknowledged; `refused` are those that ended in an error of the case.
        broke: an error that is none of the case's; there must not be any.
        seconds: from its beginning to its end.
    """

    did: list[int] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)
    broke: str = ""
    done: bool = False
    seconds: float = 0.0

    def hear(self, line: str) -> None:
        what, _, rest = line.partition(" ")
        match what:
            case "did":
                self.did.append(int(rest))
            case "refused":
                number, kind = rest.split()
                self.refused[int(number)] = kind
            case "broke":
                self.broke = rest
            case _:
                self.done = what == "done"


def job_of(name: str, folder: Path, **changes: Any) -> dict[str, Any]:
    """The small form of a workload for a child that can be let down; as it stands, nothing goes wrong."""
    workload = WORKLOADS[name]
    given = {"path": str(folder / "x.clew"), "workload": name, "size": workload.small}
    return {**given, "at": 0, "fault": 0, "lasting": False, "record": "", **changes}


class Nursery:
    """A process that has clew loaded and forks for every job.

    Args:
        library: loaded before any other, to stand between the children and the system.
    """

    def __init__(self, library: Path | None = None) -> None:
        around = environment() | ({"LD_PRELOAD": str(library)} if library else {})
        # Idle threads of libraries do not outlive a fork; newer Pythons warn of them.
        around |= {"OPENBLAS_NUM_THREADS": "1", "PYTHONWARNINGS": "error,ignore::DeprecationWarning:__main__"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            env=around,
        )
        for _ in iter(self._line, "ready"):
            pass

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the nursery died"
        return line.rstrip("\n")

    def _start(self, job: dict[str, Any]) -> int:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        return int(self._line().removeprefix("pid "))

    def _rest(self) -> Iterator[str]:
        return iter(self._line, "end")

    def run(self, **job: Any) -> Said:
        """Do a job to its end, whatever that is."""
        said, began = Said(), time.perf_counter()
        self._start({"stays": False, **job})
        for line in self._rest():
            said.hear(line)
        said.seconds = time.perf_counter() - began
        return said

    def kill(self, delay: float, **job: Any) -> Said:
        """Begin a job and kill it without warning after so many seconds."""
        said = Said()
        # It waits for its end, so that nobody else can have its number by then.
        pid = self._start({"stays": True, **job})
        time.sleep(delay)
        os.kill(pid, signal.SIGKILL)
        for line in self._rest():
            said.hear(line)
        return said
