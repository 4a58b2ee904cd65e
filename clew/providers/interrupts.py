"""Ctrl-C and SIGTERM at a moment of our choosing: between two answers, so that none that arrived is lost."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any

#: What a process that was terminated exits with, as shells count.
TERMINATED = 128 + signal.SIGTERM
#: Signals by the handler that they have unless somebody has plans of their own for them.
_DEFAULTS: Mapping[int, Callable[[int, FrameType | None], Any] | signal.Handlers] = {
    signal.SIGINT: signal.default_int_handler,
    signal.SIGTERM: signal.SIG_DFL,
}


class Interrupts:
    """The signals that came since `held` began."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._came: list[int] = []

    def note(self, number: int, frame: FrameType | None) -> None:
        """A signal came. A second one does not wait: whoever sends it means now."""
        if self._came:
            raise _meant(number)
        self._came.append(number)
        self._wake()

    def check(self) -> None:
        """Raises what the signal stands for: KeyboardInterrupt, or SystemExit."""
        if self._came:
            raise _meant(self._came[0])


@contextmanager
def held(wake: Callable[[], None]) -> Generator[Interrupts]:
    """Hold signals back inside of the block, where `check` lets them through.

    Signals that somebody else handles are left to them, and so are all of them outside of the main thread.

    Args:
        wake: called when one comes, in the middle of anything.
    """
    interrupts = Interrupts(wake)
    is_main = threading.current_thread() is threading.main_thread()
    ours = [number for number, usual in _DEFAULTS.items() if is_main and signal.getsignal(number) == usual]
    for number in ours:
        signal.signal(number, interrupts.note)
    try:
        yield interrupts
    finally:
        for number in ours:
            signal.signal(number, _DEFAULTS[number])


def _meant(number: int) -> BaseException:
    return KeyboardInterrupt() if number == signal.SIGINT else SystemExit(TERMINATED)
