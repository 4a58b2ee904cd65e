r"""Free text to entities: the indicators that a report, a mail or a script names, defanged or not.

The text is cut into words once, and each word is looked at a fixed number of times, so the work grows with the text
and not with what stands in it. Whether a candidate is what it seems is the business of the entity's constructor.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from clew.entities.account import Account
from clew.entities.domain import Domain
from clew.entities.entity import Entity
from clew.entities.file import HASHES, File
from clew.entities.ip_address import IpAddress
from clew.entities.url import Url
from clew.errors import EntityError

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

#: What is looked for. Nothing in a text tells a host, a process or DOMAIN\name from any other word.
FOUND_IN_TEXT: tuple[type[Entity], ...] = (Account, Domain, File, IpAddress, Url)

# Stands for a dot that was written so that nobody can click on it: its writer says that the name is one.
_DOT_MARK = "\ue0d0"
_DOT = re.compile(r"[\[({][ \t]{0,3}(?:\.|dot)[ \t]{0,3}[\])}]|\[\.(?=\w)|(?<=\w)\.\]|\\\.", re.IGNORECASE)
_AT = re.compile(r"[\[({][ \t]{0,3}(?:@|at)[ \t]{0,3}[\])}]", re.IGNORECASE)
_COLON = re.compile(r"\[(:|:/|://)\]")
_BACKSLASHES = re.compile(r"(?<=[tx*]p|ps):\\\\", re.IGNORECASE)

# Brackets part words, but for those around an IPv6 address in a URL.
_SEPARATORS = r"\s\"'`<>|,;{}()\[\]\u2026\u201c\u201d\u2018\u2019\u00ab\u00bb\u3001\u3002\uff0c\uff1b\uff08\uff09"
_WORD = re.compile(rf"[A-Za-z*]{{2,8}}://\[[0-9A-Fa-f:.]{{2,45}}\][^{_SEPARATORS}]*|[^{_SEPARATORS}]+")
_PIECE = re.compile(rf"[^\w.\-{_DOT_MARK}]")
_NOT_ALNUM = re.compile(r"[^0-9A-Za-z]")
_LOCAL_PART = re.compile(r"[^\w.%+-]")
_HEX = re.compile(r"[0-9a-fA-F]+")
_V4 = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")
_EMBEDDED_V4 = re.compile(r"(?<![0-9.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![0-9.])")
_VARIABLE = re.compile(r"\$[A-Za-z_]\w*(?:[.:]+\w+)*")
_V6 = re.compile(r"[0-9a-fA-F:.]{3,45}")
_LENGTHS = frozenset(HASHES.values())
_EDGE_CHARACTERS = ".:!?*-_=~"
MAX_NAME = 320

_SCHEMES = {
    name: name
    for name in ("http", "https", "ftp", "ftps", "sftp", "ws", "wss", "tcp", "udp", "ldap", "ldaps", "rmi", "smb")
} | {
    f"{odd}{s}": f"{real}{s}"
    for odd, real in (("hxxp", "http"), ("h**p", "http"), ("htxp", "http"), ("hxtp", "http"), ("fxp", "ftp"))
    for s in ("", "s")
}
# Top levels that no registry sells: of documentation, of inner networks and of Tor.
_SPECIAL_USE_TLDS = frozenset({"example", "internal", "invalid", "local", "onion", "test"})
# Top levels that are also how files end: `setup.py` is a file, `get.example.sh/x` and `transfer[.]sh` are names.
_FILE_LIKE_TLDS = frozenset({"cab", "md", "mov", "py", "sh", "so", "zip"})
# How files end that are defanged with the rest of a report, and no top levels.
_FILE_EXTENSIONS = frozenset(
    {
        "bat",
        "bin",
        "cmd",
        "dat",
        "dll",
        "doc",
        "docm",
        "docx",
        "exe",
        "gif",
        "hta",
        "jar",
        "jpg",
        "js",
        "lnk",
        "msi",
        "pdf",
        "png",
        "ps1",
        "rar",
        "txt",
        "vbs",
        "xls",
        "xlsm",
        "xlsx",
    }
)


@dataclass(frozen=True, slots=True)
class Mention:
    """An entity that a text names, and how often."""

    entity: Entity
    count: int


def extract(text: str, *, is_script: bool = False) -> tuple[Mention, ...]:
    """What `text` names, each once, in the order in which it is first named.

    Addresses, URLs, domains, file hashes and mail addresses are found. A URL gives its host too. A name that was
    written as it is has to end in a top level that exists; one that was defanged is taken at its word. A member of a
    variable (`$process.id`) is no name.

    >>> for mention in extract("beacons to hxxps://c2[.]evil.example/gate and 198[.]51[.]100[.]7, drops report.docx"):
    ...     print(mention.entity.key)
    url:https://c2.evil.example/gate
    domain:c2.evil.example
    ip:198.51.100.7

    Args:
        is_script: the text is a script: addresses of version 4 are also found inside of paths, URLs and networks.
    """
    counts: dict[Entity, int] = {}
    for (word, is_call), times in _words(_mark_dots(text)).items():
        entities = [*_entities_in(word, is_call=is_call)]
        if is_script:
            inner_addresses = dict.fromkeys(_embedded_addresses(word.replace(_DOT_MARK, ".")))
            entities += [address for address in inner_addresses if address not in entities]
        for entity in entities:
            counts[entity] = counts.get(entity, 0) + times
    return tuple(Mention(entity, count) for entity, count in counts.items())


def _words(plain: str) -> Counter[tuple[str, bool]]:
    """Each different word, whether it is called like a function, and how often it stands in the text."""
    return Counter((word[0], plain[word.end() : word.end() + 1] == "(") for word in _WORD.finditer(plain))


def _entities_in(word: str, *, is_call: bool) -> Iterator[Entity]:
    if "://" in word:
        return _of_url(word)
    return _of_mail(word) if "@" in word else _of_word(word, is_call=is_call)


def _embedded_addresses(word: str) -> Iterator[Entity]:
    for match in _EMBEDDED_V4.finditer(word):
        entity = _entity_or_none(IpAddress, match[0])
        if entity is not None:
            yield entity


def _mark_dots(text: str) -> str:
    text = _COLON.sub(r"\1", text.replace(_DOT_MARK, " "))
    return _BACKSLASHES.sub("://", _DOT.sub(_DOT_MARK, _AT.sub("@", text)))


def _of_url(word: str) -> Iterator[Entity]:
    """The URL in a word, from the first scheme on that is one, and its host."""
    index = word.find("://")
    first = index
    while index >= 0:
        scheme = _scheme(word[max(0, index - 8) : index])
        if scheme:
            # A backslash ends it: it begins an escape such as \n, or a path of another kind.
            remainder = word[index + 3 :].partition("\\")[0].replace(_DOT_MARK, ".").rstrip(_EDGE_CHARACTERS[:5])
            url = _entity_or_none(Url, f"{scheme}://{remainder}")
            if url is None:  # too long, or with a host that is none
                yield from _of_word(remainder, is_call=False)
            else:
                yield url
                yield from _of_host(urlsplit(url.key.value).hostname or "")
            return
        index = word.find("://", index + 3)
    yield from _of_word(word[first + 3 :], is_call=False)


def _scheme(prefix: str) -> str:
    """The scheme that a text ends in: `https` for `\\nhxxps`; empty if there is none."""
    text = prefix.lower()
    suffixes = (text[-size:] for size in range(min(len(text), 6), 1, -1))
    return next((_SCHEMES[name] for name in suffixes if name in _SCHEMES), "")


def _of_host(host: str) -> Iterator[Entity]:
    """What the host of a URL is; its writer says that it is one."""
    entity = _entity_or_none(IpAddress, host) or (
        _entity_or_none(Domain, host) if host.rpartition(".")[2].isalnum() else None
    )
    if entity is not None:
        yield entity


def _of_mail(word: str) -> Iterator[Entity]:
    """The mail address in a word, or the machine after the @."""
    if len(word) > MAX_NAME:
        return
    before, _, after = word.rpartition("@")
    local = _LOCAL_PART.split(before)[-1].strip(_EDGE_CHARACTERS)
    for entity in _of_name(_PIECE.split(after, maxsplit=1)[0], lone=False):
        account = (
            _entity_or_none(Account, f"{local}@{entity.key.value}") if isinstance(entity, Domain) and local else None
        )
        yield account or entity


def _of_word(word: str, *, is_call: bool) -> Iterator[Entity]:
    """The hashes in a word, and the machine at its begin: what follows a slash is a path."""
    for piece in _NOT_ALNUM.split(word):
        if len(piece) in _LENGTHS and _HEX.fullmatch(piece):
            yield File(piece)
    if "\\" in word and not word.startswith("\\\\"):
        return
    head, slash, path = word.removeprefix("//").lstrip("\\").partition("\\")[0].partition("/")
    if len(head) > MAX_NAME or (is_call and _DOT_MARK not in head) or (path.isdigit() and len(path) < 4):
        return  # too long for a name; a function that is called; a network
    if head.count(":") > 1 and _V6.fullmatch(head):
        yield from _of_v6(head)
    else:
        for piece in _PIECE.split(_VARIABLE.sub(" ", head)):
            yield from _of_name(piece, lone=not slash)


def _of_v6(text: str) -> Iterator[Entity]:
    """An address of version 6; times, MAC addresses and C++ are written with the same characters."""
    groups = text.split(":")
    is_compressed = "::" in text and any(char.isdigit() for char in text)
    entity = _entity_or_none(IpAddress, text) if is_compressed or max(map(len, groups)) > 2 else None
    if entity is not None:
        yield entity


def _of_name(piece: str, *, lone: bool) -> Iterator[Entity]:
    """The address or the domain that a piece of a word is."""
    text = piece.replace(_DOT_MARK, ".").strip(_EDGE_CHARACTERS)
    if "." not in text:
        return
    is_address = _V4.fullmatch(text) is not None
    entity = (
        _entity_or_none(IpAddress, text) if is_address else _domain(text, is_defanged=_DOT_MARK in piece, lone=lone)
    )
    if entity is not None:
        yield entity


def _domain(text: str, *, is_defanged: bool, lone: bool) -> Entity | None:
    """The domain, if the text is more likely one than the name of a file or of something in a program."""
    tld = text.rpartition(".")[2]
    if not is_defanged and (_is_code(text, tld) or (lone and tld.lower() in _FILE_LIKE_TLDS)):
        return None
    entity = _entity_or_none(Domain, text) if tld[:1].isalpha() else None
    if entity is None or (is_defanged and len(tld) > 1 and tld.lower() not in _FILE_EXTENSIONS):
        return entity
    name = entity.key.value
    return entity if tld.lower() in _SPECIAL_USE_TLDS or _suffixes().privatesuffix(name) is not None else None


def _is_code(text: str, tld: str) -> bool:
    """`System.Net` and `Agent.SE` are no domains; those are written in one case, or end in small letters."""
    return tld != tld.lower() and text != text.upper()


def _entity_or_none(kind: type[Entity], text: str) -> Entity | None:
    """The entity, where its class takes the text."""
    try:
        return cast("Callable[[str], Entity]", kind)(text)
    except EntityError:
        return None


@functools.cache
def _suffixes() -> PublicSuffixList:
    # Loaded here: few sessions look for names in prose.
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList(accept_unknown=False)
