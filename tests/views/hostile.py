"""Text that wants to be markup, a script or a trick on the eye, and every place of a case where it can stand."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from clew.entities import Account, Entity, File, Host, IpAddress, Link, Relation, Url, Verdict
from clew.errors import EntityError
from clew.views.investigation import Investigation
from tests.support import HOSTILE
from tests.views.hand import HOST, SERVER, link, process, tell

#: Each sets `__pwned` if anything runs it.
PAYLOADS = (
    "<script>window.__pwned=1</script>",
    "</script><script>window.__pwned=1</script>",
    '"><img src=x onerror="window.__pwned=1">',
    "'><svg/onload='window.__pwned=1'>",
    "</title><script>window.__pwned=1</script>",
    "</style><script>window.__pwned=1</script>",
    "</textarea></details></ul><iframe srcdoc='<script>parent.__pwned=1</script>'>",
    "<!--<script>window.__pwned=1</script>-->",
    "]]><script>window.__pwned=1</script>",
    "javascript:window.__pwned=1",
    "<a href=javascript:window.__pwned=1>href</a>",
    "${window.__pwned=1}{{constructor.constructor('window.__pwned=1')()}}",
    "$title$data$policy ${code}",
    '\\"};window.__pwned=1;//',
    "\u2028window.__pwned=1\u2029",
    "$$\\href{javascript:window.__pwned=1}{x}$$",
    "<b>bold</b>\n<i>*markdown* [link](javascript:window.__pwned=1)</i>",
    "__proto__",
    "evil\u202egnp.exe\u2066\u200b\ufeff\x00\x07\x1b[31m",
    "x" * 60_000,
)
#: A case refuses a step with a lone surrogate, so a view never sees one.
STRINGS = tuple(text for text in (*PAYLOADS, *HOSTILE) if not any("\ud800" <= char <= "\udfff" for char in text))


def naughty(folder: Path) -> tuple[str, ...]:
    """The strings of a list that others keep."""
    return tuple(json.loads((folder / "blns.json").read_text("utf-8")))


def _touch(case: Investigation, found: Iterable[Entity]) -> None:
    tell(case, SERVER, [link(one, Relation.COMMUNICATES_WITH, SERVER) for one in found])


def _made(make: Callable[[int, str], Entity], texts: Iterable[str]) -> list[Entity]:
    found: list[Entity] = []
    for number, text in enumerate(texts):
        try:
            found.append(make(number, text))
        except EntityError:
            continue  # no such entity, so nothing to show
    return found


def command_lines(case: Investigation, texts: Iterable[str]) -> None:
    _touch(case, _made(lambda number, text: process(number, command_line=text), texts))


def images(case: Investigation, texts: Iterable[str]) -> None:
    _touch(case, _made(lambda number, text: process(number, image=text), texts))


def paths(case: Investigation, texts: Iterable[str]) -> None:
    _touch(case, _made(lambda _, text: File(path=text, host=HOST), texts))


def file_names(case: Investigation, texts: Iterable[str]) -> None:
    _touch(case, _made(lambda number, text: File(sha256=f"{number:064x}", path=f"C:\\{text}"), texts))


def accounts(case: Investigation, texts: Iterable[str]) -> None:
    _touch(
        case, _made(lambda _, text: Account(text.replace("\\", "").replace("/", "").replace("@", ""), host=HOST), texts)
    )


def urls(case: Investigation, texts: Iterable[str]) -> None:
    _touch(case, _made(lambda number, text: Url(f"http://evil.example/{number}/{text}"), texts))


def systems(case: Investigation, texts: Iterable[str]) -> None:
    _touch(case, _made(lambda number, text: Host(f"h{number}.corp.example", os=text), texts))


def notes(case: Investigation, texts: Iterable[str]) -> None:
    for text in texts:
        case.note(text, about=SERVER)
        case.note(text)


def tags(case: Investigation, texts: Iterable[str]) -> None:
    for text in texts:
        case.tag(SERVER, text)


def reasons(case: Investigation, texts: Iterable[str]) -> None:
    for number, text in enumerate(texts):
        given = {"reason": text, "reference": text, "truncated_by": text, "verdict": Verdict.MALICIOUS}
        tell(case, IpAddress(f"203.0.113.{number % 250}"), [], **given)


def providers(case: Investigation, texts: Iterable[str]) -> None:
    for number, text in enumerate(texts):
        one = IpAddress(f"203.0.113.{number % 250}")
        tell(case, SERVER, [Link(SERVER, Relation.RELATED_TO, one, (text,))], provider=text or "-", pivot=text or "-")


def evidence(case: Investigation, texts: Iterable[str]) -> None:
    raw = [*texts]
    found = [process(number) for number in range(len(raw))]
    tell(case, SERVER, [link(one, Relation.COMMUNICATES_WITH, SERVER, row) for row, one in enumerate(found)], raw)


def merges(case: Investigation, texts: Iterable[str]) -> None:
    for number, text in enumerate(texts):
        one, other = Host(f"a{number}.corp.example"), Host(f"b{number}.corp.example")
        case.add(one, other)
        case.merge(one, other, reason=text)


def deeds(case: Investigation, texts: Iterable[str]) -> None:
    for number, text in enumerate(texts):
        case.link(SERVER, Relation.RELATED_TO, IpAddress(f"203.0.113.{number % 250}"), reason=text)
        case.judge(SERVER, Verdict.SUSPICIOUS, reason=text)


#: How to put texts into each of the places.
PLACES: Mapping[str, Callable[[Investigation, Iterable[str]], None]] = {
    each.__name__: each
    for each in (
        *(command_lines, images, paths, file_names, accounts, urls, systems),
        *(notes, tags, reasons, providers, evidence, merges, deeds),
    )
}
