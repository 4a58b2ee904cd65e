"""The values of JSON documents, one behind another, read as a stream: a list at the top is not held in memory."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, TextIO

from clew.logs.formats.log_format import unreadable

_CHUNK = 1 << 20
#: The largest value that is held in memory, in characters.
MAX_VALUE = 512 * 1024 * 1024
_BLANK = re.compile(r"[\s,]*")
_NUMBER_OR_WORD = re.compile(r"[-+\w.]*")


def iterate_values(text: TextIO) -> Iterator[Any]:
    """Each value of a text of JSON documents; of a list at the top, its items.

    Raises:
        ConnectError: the text is no JSON from some place on, or one value is larger than `MAX_VALUE`.
    """
    yield from _Values(text).iterate()


class _Values:
    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._decoder = json.JSONDecoder()
        self._buffer = ""
        self._position = 0
        self._offset = 0
        self._is_at_end = False

    def iterate(self) -> Iterator[Any]:
        is_in_list = False
        while True:
            sign = self._next_sign()
            if not sign:
                if is_in_list:
                    raise self._error("the list does not end")
                return
            if sign == "[" and not is_in_list:
                is_in_list = True
                self._position += 1
            elif sign == "]" and is_in_list:
                is_in_list = False
                self._position += 1
            else:
                yield self._value()

    def _next_sign(self) -> str:
        """The character at which the next value begins; none at the end."""
        while True:
            blank = _BLANK.match(self._buffer, self._position)
            self._position = blank.end() if blank else self._position
            if self._position < len(self._buffer):
                return self._buffer[self._position]
            if not self._read_more(_CHUNK):
                return ""

    def _value(self) -> Any:
        size = _CHUNK
        while True:
            try:
                value, end = self._decoder.raw_decode(self._buffer, self._position)
            except json.JSONDecodeError as error:
                if self._read_more(size):
                    size *= 2
                    continue
                raise self._error(f"{error.msg} at character {self._offset + error.pos:,}") from None
            except RecursionError:
                raise self._error("it is nested too deeply") from None
            is_open = end == len(self._buffer) and _NUMBER_OR_WORD.fullmatch(self._buffer, self._position)
            if is_open and self._read_more(_CHUNK):
                continue
            self._position = end
            return value

    def _read_more(self, size: int) -> bool:
        """Whether there is more text; it is at the end of the buffer then."""
        try:
            chunk = "" if self._is_at_end else self._text.read(size)
        except UnicodeDecodeError as error:
            raise self._error(f"no UTF-8: {error.reason}") from None
        if not chunk:
            self._is_at_end = True
            return False
        self._offset += self._position
        self._buffer = self._buffer[self._position :] + chunk
        self._position = 0
        if len(self._buffer) > MAX_VALUE:
            raise self._error(f"one value is larger than {MAX_VALUE:,} characters")
        return True

    @staticmethod
    def _error(reason: str) -> Exception:
        return unreadable(f"not usable JSON: {reason}")
