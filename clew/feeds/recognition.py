r"""Texts to the keys under which the store finds them, in clew's own identity.

A key is that of an entity (`ip:198.51.100.7`, `file:md5:…`), or one of what only lists have: `net:` a network,
`only:` a host that stands for nothing below it, and `under:` a wildcard for what is below a name.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from types import MappingProxyType

from clew.entities import Domain, File, IpAddress, Url, parse
from clew.entities.checked_text import refang
from clew.entities.display import visible
from clew.entities.file import HASHES
from clew.entities.ip_address import looks_like_address
from clew.errors import EntityError

NETWORK_PREFIX, EXACT_PREFIX, WILDCARD_PREFIX = "net:", "only:", "under:"
#: The widest networks that a list may name, in bits: wider ones would flag whole continents for one wrong row.
WIDEST: Mapping[int, int] = MappingProxyType({4: 8, 6: 16})
MAX_VALUE = 8_192

_V4 = re.compile(r"(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!\Z)|\Z)){4}", re.ASCII)
_HEX = re.compile(r"[0-9a-fA-F]{32,128}")
_HASH_BY_LENGTH = {length: name for name, length in HASHES.items()}
_PLAIN_NAME = re.compile(
    r"(?=.{4,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,24}|xn--[a-z0-9-]{2,58})"
)
# A URL in which nothing can be defanged: its normal form is that of the parser.
_PLAIN_URL = re.compile(r"https?://[a-z0-9.-]{1,253}(?::\d{1,5})?(?:[/?#][A-Za-z0-9/._~%?=&+,;:@!$*#-]*)?")
_KEY_SYNTAX = re.compile(r"(?:account|domain|file|host|ip|url):(?!//)[^/]", re.IGNORECASE)
_WITH_PORT = re.compile(r"(?P<host>[^:/\s]+|\[[0-9a-fA-F:.]+\]):(?P<port>\d{1,5})")
_RANGE = re.compile(r"(?P<first>[0-9a-fA-F:.]{3,45})\s*-\s*(?P<last>[0-9a-fA-F:.]{3,45})")
_SCHEME = re.compile(r"[a-z][a-z0-9+.*-]{1,15}://", re.IGNORECASE)
# How files end that are listed beside domains, and no top levels.
_FILE_EXTENSIONS = frozenset(
    {
        "apk",
        "bat",
        "bin",
        "cmd",
        "conf",
        "dat",
        "dll",
        "doc",
        "docm",
        "docx",
        "exe",
        "gif",
        "hta",
        "htm",
        "html",
        "ini",
        "jar",
        "jpg",
        "js",
        "json",
        "lnk",
        "log",
        "msi",
        "pdf",
        "php",
        "plist",
        "png",
        "ps1",
        "rar",
        "scr",
        "sys",
        "tmp",
        "txt",
        "vbs",
        "xls",
        "xlsm",
        "xlsx",
        "xml",
    }
)
_HOSTNAMES = frozenset({"fqdn", "host", "hostname"})


def keys_of(text: str, kind: str = "") -> tuple[str, ...]:
    """The keys of a listed value, defanged or not: addresses, networks, ranges, names, wildcards, URLs, hashes.

    >>> keys_of("hxxp://evil[.]example/a"), keys_of("198.51.100.0/24")
    (('url:http://evil.example/a',), ('net:198.51.100.0/24',))
    >>> keys_of("*.evil.example"), keys_of("mail.evil.example", "hostname")
    (('under:evil.example',), ('only:mail.evil.example',))

    Args:
        kind: what the feed calls its type, in small letters.

    Raises:
        EntityError: the text names nothing that is looked up.
    """
    if _V4.fullmatch(text):
        return (f"ip:{text}",)
    if len(text) in _HASH_BY_LENGTH and _HEX.fullmatch(text):
        return (f"file:{_HASH_BY_LENGTH[len(text)]}:{text.lower()}",)
    if _PLAIN_NAME.fullmatch(text):
        return (_name_key(text, kind),)
    if _PLAIN_URL.fullmatch(text):
        return (_url_key(text),)
    return _normalized_keys(text.strip(), kind)


def _normalized_keys(text: str, kind: str) -> tuple[str, ...]:
    if not text or len(text) > MAX_VALUE:
        raise EntityError("nothing is there" if not text else f"longer than {MAX_VALUE} characters")
    if _KEY_SYNTAX.match(text):
        return (str(parse(text).key),)
    plain = refang(text)
    if plain.startswith("||"):  # as ad blockers write a name with all that is below it
        return ("domain:" + _domain_name(plain[2:].partition("^")[0]),)
    if _SCHEME.match(plain):
        return (_url_key(plain),)
    if plain.startswith(("*.", ".")):
        return _wildcard_keys(plain)
    if "/" in plain:
        return _slash_keys(plain)
    return _value_keys(plain, kind)


def _wildcard_keys(plain: str) -> tuple[str, ...]:
    name = _domain_name(plain.lstrip("*").lstrip("."))
    return (
        (f"{WILDCARD_PREFIX}{name}",)
        if plain.startswith("*")
        else (f"{EXACT_PREFIX}{name}", f"{WILDCARD_PREFIX}{name}")
    )


def _slash_keys(plain: str) -> tuple[str, ...]:
    head, _, tail = plain.partition("/")
    if tail.isascii() and tail.isdigit() and len(tail) <= 3 and not any(char.isalpha() for char in head.split(":")[0]):
        return (network_key(plain),)
    if "." not in head or head.startswith((".", "/")):
        raise EntityError(f"{visible(plain, 60)} is a path, and not a place on the network")
    # Somebody left the scheme out: it is listed whichever it is.
    return (_url_key(f"http://{plain}"), _url_key(f"https://{plain}"))


def _value_keys(plain: str, kind: str) -> tuple[str, ...]:
    address_range = _RANGE.fullmatch(plain)
    if address_range:
        return _range_keys(address_range["first"], address_range["last"])
    host_and_port = _WITH_PORT.fullmatch(plain)
    if host_and_port and int(host_and_port["port"]) < 65_536:
        plain = host_and_port["host"].strip("[]")
    if looks_like_address(plain):
        return ("ip:" + str(IpAddress.identify({"value": plain})["value"]),)
    if "@" in plain or "\\" in plain:
        return (_account_key(plain),)
    if ":" in plain:
        return ("file:" + str(File.identify({"value": plain})["value"]),)
    name = _domain_name(plain)
    return (_name_key(name, kind),)


def _account_key(plain: str) -> str:
    domain, backslash, name = plain.partition("\\")
    if backslash and ("%" in domain or "." in domain or name.lower().rpartition(".")[2] in _FILE_EXTENSIONS):
        raise EntityError(f"{visible(plain, 60)} is more likely a path than an account")
    return str(parse(plain).key)


def _name_key(name: str, kind: str) -> str:
    if not kind and name.rpartition(".")[2] in _FILE_EXTENSIONS:
        raise EntityError(f"{visible(name, 60)} is more likely a file than a domain")
    return f"{EXACT_PREFIX}{name}" if kind in _HOSTNAMES else f"domain:{name}"


def _domain_name(text: str) -> str:
    return str(Domain.identify({"value": text})["value"])


def _url_key(text: str) -> str:
    if not _PLAIN_URL.fullmatch(text):
        return "url:" + str(Url.identify({"value": text})["value"])
    # Loaded here: a C++ parser that only URLs need.
    from can_ada import parse as parse_url

    try:
        return f"url:{parse_url(text).href}"
    except ValueError:
        raise EntityError(f"{visible(text, 60)} is no URL") from None


def network_key(text: str) -> str:
    """The key of a network; of its one address, where it has but one. Raises EntityError."""
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise EntityError(f"{visible(text, 60)} is no network") from None
    return _key_of_network(network)


def _key_of_network(network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> str:
    if network.prefixlen == network.max_prefixlen:
        return f"ip:{network.network_address}"
    if network.prefixlen < WIDEST[network.version]:
        raise EntityError(f"{network} is wider than /{WIDEST[network.version]}: it would flag too much")
    return f"{NETWORK_PREFIX}{network}"


def _range_keys(first: str, last: str) -> tuple[str, ...]:
    try:
        ends = ipaddress.ip_address(first), ipaddress.ip_address(last)
        networks = [*ipaddress.summarize_address_range(*ends)]
    except (ValueError, TypeError):
        raise EntityError(f"{visible(f'{first}-{last}', 80)} is no range of addresses") from None
    return tuple(map(_key_of_network, networks))
