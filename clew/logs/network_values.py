"""What sensors of the network write: lists of addresses and names, fingerprints, versions of TLS, mail addresses."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from email.utils import getaddresses
from types import MappingProxyType
from typing import Any, cast

from clew.entities.certificate import FINGERPRINTS

_VERSION = re.compile(r"(dtls|tls|ssl) ?v?(\d)(?:[._]?(\d))?(?:[._]0)?", re.IGNORECASE)
_DIGEST = re.compile(r"[0-9a-f]+")
#: In a record, what was asked for: a name that may look like an address.
_QUESTIONS = frozenset({"rrname", "name", "question", "rrtype", "type", "class"})
_BLANKS = re.compile(r"[;,\s]+")


def _texts(value: Any) -> list[str]:
    items: list[Any] = cast("Any", value) if isinstance(value, list) else [value]
    return [text for item in items if item is not None and (text := str(item).strip()) not in ("", "-")]


def first_text(value: Any) -> str | None:
    """The first item of a list; a text as it is."""
    return next(iter(_texts(value)), None)


def domain_list(value: Any) -> str | None:
    """Names in the DNS, in lower case without the final dot, separated by semicolons."""
    items = (item for text in _texts(value) for item in _BLANKS.split(text))
    return ";".join(dict.fromkeys(item.rstrip(".").lower() for item in items if item)) or None


def answer_texts(value: Any) -> Iterator[str]:
    """What the records of a DNS answer say: texts, objects with `rdata` or `data`, lists of them by type of record."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        items: list[Any] = cast("Any", value)
        for item in items:
            yield from answer_texts(item)
    elif isinstance(value, dict):
        for name, item in cast("dict[str, Any]", value).items():
            if name not in _QUESTIONS:
                yield from answer_texts(item)


def _fingerprint(algorithm: str) -> Callable[[Any], str | None]:
    length = FINGERPRINTS[algorithm]

    def fingerprint(value: Any) -> str | None:
        digest = (first_text(value) or "").lower().replace(":", "")
        return digest if len(digest) == length and _DIGEST.fullmatch(digest) else None

    return fingerprint


def tls_version(value: Any) -> str | None:
    """A version of TLS or SSL in one spelling; what is none of theirs stays as it is.

    >>> tls_version("TLSv12"), tls_version("TLS 1.2"), tls_version("TLSv1"), tls_version("SSLv3")
    ('TLS 1.2', 'TLS 1.2', 'TLS 1.0', 'SSL 3.0')
    """
    text = first_text(value)
    match = _VERSION.fullmatch(text) if text else None
    if text in ("1.0", "1.1", "1.2", "1.3"):  # ECS: the protocol is a field of its own
        return f"TLS {text}"
    return f"{match[1].upper()} {match[2]}.{match[3] or 0}" if match else text


def mail_addresses(value: Any) -> str | None:
    """The addresses of mail headers, without the names before them, separated by semicolons.

    >>> mail_addresses(['"A, B" <a@corp.example>', "<c@corp.example>"])
    'a@corp.example;c@corp.example'
    """
    addresses = (address for _, address in getaddresses(_texts(value)) if "@" in address)
    return ";".join(dict.fromkeys(addresses)) or None


def before_slash(value: Any) -> str | None:
    """The principal of `name/REALM`."""
    text = first_text(value) or ""
    return (text.rpartition("/")[0] if "/" in text else text) or None


def after_slash(value: Any) -> str | None:
    """The realm of `name/REALM`; None where there is none."""
    _, slash, realm = (first_text(value) or "").rpartition("/")
    return realm or None if slash else None


def reply_outcome(value: Any) -> str | None:
    """What a reply code of FTP, SMTP or HTTP says of the command: 2xx success, 4xx and 5xx failure."""
    code = first_text(value) or ""
    return {"2": "success", "4": "failure", "5": "failure"}.get(code[:1]) if len(code) == 3 else None


#: Functions of schemas, as those of `cell_values`.
NETWORK_FUNCTIONS: Mapping[str, Callable[[Any], str | None]] = MappingProxyType(
    {
        "first_text": first_text,
        "domain_list": domain_list,
        "certificate_sha256": _fingerprint("sha256"),
        "certificate_sha1": _fingerprint("sha1"),
        "tls_version": tls_version,
        "mail_addresses": mail_addresses,
        "before_slash": before_slash,
        "after_slash": after_slash,
        "reply_outcome": reply_outcome,
    }
)
