"""What stands in texts that hold more than one thing: the first word of a command, the parts of a request line."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

_ADDRESS = re.compile(r"[0-9.]+|[0-9A-Fa-f.:%]*:[0-9A-Fa-f.:%]*")
#: Method, target and version; what is no HTTP has none of them.
_REQUEST = re.compile(r"([A-Z][A-Z_-]{1,24}) (.*?)(?: HTTP/[0-9.]{1,4})?", re.DOTALL)
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,10}://([^/?#]*)(.*)", re.DOTALL)
_AUTHORITY = re.compile(r"(?:[^@]*@)?(\[[0-9A-Fa-f:.]+\]|[^:\[\]/\s]+)(?::[0-9]{0,5})?")
_WORD = re.compile(r"\s*(?:\"([^\"]+)\"|'([^']+)'|(\S+))")


def first_word(text: str) -> str | None:
    """The program of a command line.

    >>> first_word("/usr/bin/id -u")
    '/usr/bin/id'
    """
    match = _WORD.match(text)
    return (match[1] or match[2] or match[3]) if match else None


def session_number(text: str) -> str | None:
    """A session of the Linux audit system; the number of none is none."""
    return None if text in ("4294967295", "-1", "unset") else text


def host_not_ip(text: str) -> str | None:
    """The name of a machine, in lower case; None for an address."""
    return None if _ADDRESS.fullmatch(text) else text.rstrip(".").lower()


def request_method(text: str) -> str | None:
    """The method of a request line.

    >>> request_method("GET /a?b=c HTTP/1.1")
    'GET'
    """
    match = _REQUEST.fullmatch(text)
    return match[1] if match else None


def request_target(text: str) -> str:
    """What a request line asks for; of a line that is no request, all of it: it is what was sent.

    >>> request_target("GET /a?b=c HTTP/1.1")
    '/a?b=c'
    """
    match = _REQUEST.fullmatch(text)
    return match[2] if match else text


def request_path(text: str) -> str:
    """The same without the host, where a proxy was asked for a whole URL.

    >>> request_path("GET http://www.example/a HTTP/1.1")
    '/a'
    """
    return url_path(request_target(text))


def url_path(text: str) -> str:
    """What of a URL follows its host; a text without one is that itself."""
    match = _URL.fullmatch(text)
    return match[2] or "/" if match else text


def request_url(text: str) -> str | None:
    """The URL of a request line that has all of it, as those to a proxy do."""
    target = request_target(text)
    return target if _URL.fullmatch(target) else None


def url_host(text: str) -> str | None:
    """The name in a URL, or in a host with or without its port, in lower case; None for a path and for an address.

    >>> url_host("https://user@www.Example:8443/a"), url_host("/a")
    ('www.example', None)
    """
    match = _URL.fullmatch(text)
    authority = _AUTHORITY.fullmatch(match[1] if match else text)
    name = authority[1].rstrip(".").lower() if authority else ""
    return None if not name or name.startswith("[") or _ADDRESS.fullmatch(name) else name


_FUNCTIONS: tuple[Callable[[str], str | None], ...] = (
    *(first_word, session_number, host_not_ip),
    *(request_method, request_path, url_host, url_path),
)
#: The functions by the names that schemas use; each takes a text that is not empty.
TEXT_FUNCTIONS: Mapping[str, Callable[[str], str | None]] = MappingProxyType(
    {function.__name__: function for function in _FUNCTIONS}
)
