"""One call as a list of steps: walked down to the exchange, and back up with what came of it.

A step is a generator. What stands before its `yield` happens on the way down. `yield` gives what the steps below it
came to, or raises their error; a step that yields once more has them done once more. What it returns goes to the step
above.
A step that returns without a `yield` answers by itself, and nothing below it happens.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any

from clew.providers.base import Ask, Provider
from clew.providers.web.api_keys import Secret
from clew.providers.web.clock import Deadline
from clew.providers.web.raw_response import RawResponse


@dataclass(slots=True)
class Call:
    """One ask on its way, for its steps to read.

    Attributes:
        source: who is asked, for people.
        deadline: when it is given up.
        secret: the key that goes with it; a step that gets another one puts it here.
        server: whose breaker and places are used: a provider may have many that have nothing to do with each other.
        account: whose quota is used where there is no key.
        repeatable: whether it may be sent twice.
    """

    ask: Ask
    provider: type[Provider]
    source: str
    deadline: Deadline
    secret: Secret | None = None
    server: str = ""
    account: str = ""
    repeatable: bool = True

    @property
    def key(self) -> str:
        """Whose replies these are: tells keys apart, and is empty where there is none."""
        return self.secret.fingerprint if self.secret else ""


#: From a call to its step: between two neighbours of a list goes what the lower returns and the upper takes.
Step = Callable[[Call], Generator[None, Any, Any]]


def walk(steps: Sequence[Step], exchange: Callable[[Call], RawResponse], call: Call) -> Any:
    """What the first step returns. `exchange` stands below the last one.

    Raises:
        BaseException: what the first step lets through, of its own or of any below it.
    """
    open_steps: list[Generator[None, Any, Any]] = []
    result: Any = None
    error: BaseException | None = None
    goes_down = True
    while goes_down or open_steps:
        is_bottom = goes_down and len(open_steps) == len(steps)
        if goes_down and not is_bottom:
            open_steps.append(steps[len(open_steps)](call))
        try:
            if is_bottom:
                result, error, goes_down = exchange(call), None, False
            else:
                _resume(open_steps[-1], result, error)
                result, error, goes_down = None, None, True
        except StopIteration as stop:
            open_steps.pop()
            result, error, goes_down = stop.value, None, False
        except BaseException as exception:  # noqa: BLE001 - it goes to the step above, and out of the first
            if not is_bottom:
                open_steps.pop()
            result, error, goes_down = None, exception, False
    try:
        if error is not None:
            raise error
        return result
    finally:
        del error  # it holds this frame, which would hold it


def _resume(step: Generator[None, Any, Any], result: Any, error: BaseException | None) -> None:
    """Let a step go on to its next `yield`. Raises StopIteration with what it returns, or what it raises."""
    if error is not None:
        step.throw(error)
    else:
        step.send(result)
