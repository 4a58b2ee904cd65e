"""Ctrl-C and SIGTERM at a moment of our choosing: between two answers, so that none that arrived is lost."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any

#: What a process that was terminated exits with, as shells count.
EXIT_TERMINATED = 128 + signal.SIGTERM
#: Signals by the handler that they have unless somebody has plans of their own for them.
_DEFAULTS: Mapping[int, Callable[[int, FrameType | None], Any] | signal.Handlers] = {
    signal.SIGINT: signal.default_int_handler,
    signal.SIGTERM: signal.SIG_DFL,
}


class DeferredSignals:
    """The signals that came since `deferred_signals` began."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._pending: list[int] = []

    def handle(self, number: int, frame: FrameType | None) -> None:
        """A signal came. A second one does not wait: whoever sends it means now."""
        if self._pending:
            raise _signal_exception(number)
        self._pending.append(number)
        self._wake()

    def check(self) -> None:
        """Raises what the signal stands for: KeyboardInterrupt, or SystemExit."""
        if self._pending:
            raise _signal_exception(self._pending[0])


@contextmanager
def deferred_signals(wake: Callable[[], None]) -> Generator[DeferredSignals]:
    """Hold signals back inside of the block, where `check` lets them through.

    Signals that somebody else handles are left to them, and so are all of them outside of the main thread.

    Args:
        wake: called when one comes, in the middle of anything.
    """
    signals = DeferredSignals(wake)
    is_main = threading.current_thread() is threading.main_thread()
    ours = [number for number, handler in _DEFAULTS.items() if is_main and signal.getsignal(number) == handler]
    for number in ours:
        signal.signal(number, signals.handle)
    try:
        yield signals
    finally:
        for number in ours:
            signal.signal(number, _DEFAULTS[number])


def _signal_exception(number: int) -> BaseException:
    return KeyboardInterrupt() if number == signal.SIGINT else SystemExit(EXIT_TERMINATED)
