"""Replies of vendors, read with types.

What a reply lacks, or has as something else than its vendor documents, is None: a field that was renamed costs that
field and not the answer. What an answer cannot do without is `need`ed, and then the ask has failed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypedDict, TypeVar, Unpack, cast
from urllib.parse import quote

from clew.entities import Domain, Entity, Fact, File, Finding, IpAddress, Link, Outcome, Relation, Severity, Verdict
from clew.entities.finding import Scalar, Table
from clew.entities.text import stamp
from clew.errors import AskFailed, AskSkipped, EntityError
from clew.providers.base import Reply
from clew.providers.ti.feeds.times import moment

E = TypeVar("E", bound=Entity)
_Said = tuple[Entity, Relation, Entity]

#: How many links one answer has at most; the others are told.
MAX_LINKS = 500
SEVERITIES: Mapping[Verdict, Severity] = {
    Verdict.MALICIOUS: Severity.HIGH,
    Verdict.SUSPICIOUS: Severity.MEDIUM,
    Verdict.UNKNOWN: Severity.INFORMATIONAL,
    Verdict.BENIGN: Severity.INFORMATIONAL,
}


@dataclass(frozen=True, slots=True)
class Part:
    """An object in a reply, and the JSON pointer at which it stands there.

    >>> part = Part({"data": {"score": "17", "seen": "2026-03-17", "tags": ["c2", 5]}})
    >>> part.whole("data", "score"), part.moment("data", "seen").isoformat(), part.texts("data", "tags")
    (17, '2026-03-17T00:00:00+00:00', ['c2'])
    >>> part.text("data", "name") is None, part.part("data").pointer
    (True, '/data')
    """

    fields: dict[str, object]
    pointer: str = ""

    @classmethod
    def of(cls, reply: Reply) -> Part:
        """The object that a reply is. Raises AskFailed for anything else."""
        return cls(reply.object())

    @classmethod
    def all_of(cls, reply: Reply) -> list[Part]:
        """The objects in the list that a reply is. Raises AskFailed for anything else."""
        document = reply.json()
        if not isinstance(document, list):
            raise AskFailed(f"the reply is JSON, but no list: {type(document).__name__}", kind="reply")
        return [*_objects(cast("list[object]", document), "")]

    def at(self, *path: str) -> object:
        """The value at the end of the path; None where there is none."""
        found = cast("object", self.fields)
        for name in path:
            if not isinstance(found, dict):
                return None
            found = cast("dict[str, object]", found).get(name)
        return found

    def where(self, *path: str | int) -> str:
        """The JSON pointer of what is at the end of the path."""
        steps = (str(step).replace("~", "~0").replace("/", "~1") for step in path)
        return self.pointer + "".join(f"/{step}" for step in steps)

    def part(self, *path: str) -> Part:
        """The object there; an empty one where there is none."""
        found = self.at(*path)
        return Part(cast("dict[str, object]", found) if isinstance(found, dict) else {}, self.where(*path))

    def need(self, *path: str) -> Part:
        """The object there. Raises AskFailed where there is none."""
        if not isinstance(self.at(*path), dict):
            raise AskFailed(f"the reply has no object at {self.where(*path)}", kind="reply")
        return self.part(*path)

    def parts(self, *path: str) -> list[Part]:
        """The objects in the list there."""
        found = self.at(*path)
        return [*_objects(cast("list[object]", found), self.where(*path))] if isinstance(found, list) else []

    def need_parts(self, *path: str) -> list[Part]:
        """The objects in the list there. Raises AskFailed where there is no list."""
        if not isinstance(self.at(*path), list):
            raise AskFailed(f"the reply has no list at {self.where(*path)}", kind="reply")
        return self.parts(*path)

    def every(self, *path: str) -> list[Part]:
        """The objects in the list there. Raises AskFailed where there is no list, or anything else in it.

        >>> [each.pointer for each in Part({"rows": [{"port": 22}, {"port": 443}]}).every("rows")]
        ['/rows/0', '/rows/1']
        """
        found = self.need_parts(*path)
        if len(found) != len(cast("list[object]", self.at(*path))):
            raise AskFailed(f"the reply has something else than objects at {self.where(*path)}", kind="reply")
        return found

    def text(self, *path: str) -> str | None:
        """The text there, without the space around it; None for an empty one."""
        found = self.at(*path)
        return found.strip() or None if isinstance(found, str) else None

    def texts(self, *path: str) -> list[str]:
        """The texts in the list there, or the only one."""
        found = self.at(*path)
        many = cast("list[object]", found) if isinstance(found, list) else [found]
        return [each.strip() for each in many if isinstance(each, str) and each.strip()]

    def places(self, *path: str) -> list[tuple[str, str]]:
        """The texts in the list there, each with where it stands."""
        found = self.at(*path)
        many = cast("list[object]", found) if isinstance(found, list) else []
        return [(each.strip(), self.where(*path, n)) for n, each in enumerate(many) if isinstance(each, str)]

    def whole(self, *path: str) -> int | None:
        """The whole number there, also where it is spelt as text."""
        found = self.at(*path)
        if isinstance(found, str) and found.strip().removeprefix("-").isdecimal() and len(found) < 20:
            return int(found)
        if isinstance(found, float) and found.is_integer():
            return int(found)
        return found if isinstance(found, int) and not isinstance(found, bool) else None

    def count(self, *path: str) -> int:
        """How many there are, 0 where nothing is said. Raises AskFailed for what is no number from 0 on."""
        found = self.whole(*path)
        if found is None and self.at(*path) is None:
            return 0
        if found is None or found < 0:
            raise AskFailed(f"the reply has no number from 0 on at {self.where(*path)}", kind="reply")
        return found

    def number(self, *path: str) -> float | None:
        """The number there, also where it is spelt as text; None for what is not finite."""
        found = self.at(*path)
        try:
            number = None if isinstance(found, bool) or not isinstance(found, int | float | str) else float(found)
        except (OverflowError, ValueError):
            return None
        return number if number is not None and abs(number) < float("inf") else None

    def flag(self, *path: str) -> bool | None:
        """The truth value there."""
        found = self.at(*path)
        return found if isinstance(found, bool) else None

    def moment(self, *path: str) -> datetime | None:
        """The time there, as ISO 8601 or in seconds since 1970; one without a zone is taken as UTC."""
        written = moment(self.at(*path))
        return datetime.fromisoformat(written) if written else None


def _objects(many: list[object], where: str) -> Iterator[Part]:
    for number, each in enumerate(many):
        if isinstance(each, dict):
            yield Part(cast("dict[str, object]", each), f"{where}/{number}")


@dataclass
class Links:
    """Links out of one reply. What is said twice is one link with both places; what names no entity is counted.

    Attributes:
        limit: how many different links are kept.
        unread: how many values name nothing that clew knows.
        beyond: how many links were left out.
    """

    subject: Entity
    limit: int = MAX_LINKS
    unread: int = 0
    beyond: int = 0
    _found: dict[tuple[Entity, Relation, Entity], Link] = field(
        default_factory=dict[tuple[Entity, Relation, Entity], Link]
    )

    def to(
        self,
        relation: Relation,
        value: object,
        kind: type[E],
        where: str,
        *,
        backwards: bool = False,
        first: datetime | None = None,
        last: datetime | None = None,
    ) -> E | None:
        """Link the subject to the entity of that kind and value, which is given back; None if it is none.

        Args:
            where: the JSON pointer of what says so.
            backwards: the link goes from that entity to the subject.
        """
        other = self.made(value, kind)
        if other is not None:
            ends = (other, self.subject) if backwards else (self.subject, other)
            self.between(ends[0], relation, ends[1], where, first=first, last=last)
        return other

    def made(self, value: object, kind: type[E]) -> E | None:
        """The entity of that kind and value; None, and counted, if it is none."""
        try:
            if isinstance(value, str):
                made: E = cast("Any", kind)(value)  # every entity has one positional argument, its identity
                return made
        except EntityError:
            pass
        self.unread += 1
        return None

    def between(
        self,
        source: Entity,
        relation: Relation,
        target: Entity,
        where: str,
        *,
        first: datetime | None = None,
        last: datetime | None = None,
    ) -> None:
        """Link two entities."""
        if source == target:
            return
        key = (source, relation, target)
        known = self._found.get(key)
        if known is None and len(self._found) >= self.limit:
            self.beyond += 1
            return
        pointers = dict.fromkeys((*(known.pointers if known else ()), where))
        firsts = [each for each in (first, known.observed_first if known else None) if each]
        lasts = [each for each in (last, known.observed_last if known else None) if each]
        self._found[key] = Link(
            source, relation, target, tuple(pointers), min(firsts, default=None), max(lasts, default=None)
        )

    @property
    def found(self) -> tuple[Link, ...]:
        """The links, in the order in which they were first said."""
        return tuple(self._found.values())

    @property
    def remarks(self) -> list[str]:
        """What has to be said beside the links."""
        unread = [f"values that name nothing to follow: {self.unread}"] if self.unread else []
        return unread + ([f"links left out: {self.beyond}"] if self.beyond else [])


class Rest(TypedDict, total=False):
    """What an answer may say besides its reason, facts and links: the fields of a finding."""

    verdict: Verdict
    severity: Severity
    reference: str
    table: Table
    returned: int
    available: int | None
    truncated_by: str
    observed_first: datetime | None
    observed_last: datetime | None


def told(
    subject: Entity,
    reason: str,
    *,
    facts: Mapping[str, Scalar] | None = None,
    links: Links | None = None,
    same: Entity | None = None,
    **rest: Unpack[Rest],
) -> Finding:
    """What a source says of a subject that it knows. Facts that are None or empty are not said.

    The severity is that of the verdict, if not given; what came back is one record, and all there is, if not given.

    Args:
        same: the subject with what the source knows of it.
    """
    given: Rest = {"returned": 1, "severity": SEVERITIES[rest.get("verdict", Verdict.UNKNOWN)], **rest}
    if links is not None and links.beyond and not given.get("truncated_by"):
        given["truncated_by"] = "links"
    if not given.get("truncated_by"):
        given.setdefault("available", given["returned"])
    return Finding(
        subject,
        outcome=Outcome.FOUND,
        reason="; ".join([reason, *(links.remarks if links is not None else ())]),
        facts=_facts(facts),
        links=links.found if links is not None else (),
        same=() if same is None else (same,),
        **given,
    )


def unknown(subject: Entity, reason: str, *, reference: str = "", facts: Mapping[str, Scalar] | None = None) -> Finding:
    """A source that was asked and has nothing against the subject, and perhaps knows whose it is."""
    said = _facts(facts)
    return Finding(subject, outcome=Outcome.NOTHING, reason=reason, reference=reference, facts=said, available=0)


def _facts(facts: Mapping[str, Scalar] | None) -> tuple[Fact, ...]:
    return tuple(Fact(name, value) for name, value in (facts or {}).items() if value is not None and value != "")


def written(moment: datetime | None) -> str | None:
    """A time as a cell of a row, ISO 8601 in UTC."""
    return None if moment is None else stamp(moment)


def quoted(value: str) -> str:
    """A value as one segment of a path, or as the value of a parameter."""
    return quote(value, safe="")


def host_kind(text: str) -> type[IpAddress | Domain]:
    """What the host of a URL, or another name of a machine outside, is."""
    return IpAddress if ":" in text or text.replace(".", "").isdigit() else Domain


def digest(file: File, *kinds: str) -> tuple[str, str]:
    """The first of these hashes that is known of a file, with its kind before it. Raises AskSkipped where none is.

    >>> digest(File("d41d8cd98f00b204e9800998ecf8427e"), "sha256", "md5")
    ('md5', 'd41d8cd98f00b204e9800998ecf8427e')
    """
    hashes: dict[str, str | None] = {"sha512": file.sha512, "sha256": file.sha256, "sha1": file.sha1, "md5": file.md5}
    for kind in kinds:
        value = hashes[kind]
        if value:
            return kind, value
    raise AskSkipped(f"none of the hashes that it is asked by is known: {', '.join(kinds)}", kind="no-hash", sent=False)


def file_of(about: Part, links: Links, *, sha256: str, sha1: str = "", md5: str = "", size: str = "") -> File | None:
    """A file by the hashes in the fields of these names; None, and counted, if the best of them is none.

    >>> about = Part({"SHA-256": "", "MD5": "D41D8CD98F00B204E9800998ECF8427E", "bytes": "0"})
    >>> file_of(about, Links(IpAddress("198.51.100.7")), sha256="SHA-256", md5="MD5", size="bytes")
    File('md5:d41d8cd98f00b204e9800998ecf8427e', md5='d41d8cd98f00b204e9800998ecf8427e', size=0)
    """
    hashes = {name: about.text(place) for name, place in (("sha256", sha256), ("sha1", sha1), ("md5", md5)) if place}
    found = links.made(next((text for text in hashes.values() if text), None), File)
    try:
        known = about.whole(size) if size else None
        return found and File(found.value, sha1=hashes.get("sha1"), md5=hashes.get("md5"), size=known)
    except EntityError:
        return found  # the best hash is one, and another is none


def same_file(file: File, *digests: str | None) -> File | None:
    """The file with the hashes that a source tells of it; None where they are not new, or those of another file.

    >>> same_file(File("7b" * 16), "5f" * 32, None, "7b" * 16).value == "sha256:" + "5f" * 32
    True
    >>> same_file(File("7b" * 16), "5f" * 32, "8c" * 16) is None
    True
    """
    told_of: dict[str, str] = {}
    for text in digests:
        try:
            kind, _, value = File(text or "").value.partition(":")
        except EntityError:
            continue
        told_of.setdefault(kind, value)
    if not told_of:
        return None
    known = File(
        sha512=told_of.get("sha512"), sha256=told_of.get("sha256"), sha1=told_of.get("sha1"), md5=told_of.get("md5")
    )
    mine, theirs = {file.key, *file.aliases}, {known.key, *known.aliases}
    return known if mine & theirs and theirs - mine else None


def day(moment: datetime | None) -> str | None:
    """A time as a fact: the day, ISO 8601."""
    return None if moment is None else moment.date().isoformat()


def joined(texts: Iterable[str | None]) -> str | None:
    """Texts as one fact, each once, parted by commas; None for none."""
    return ", ".join(dict.fromkeys(text for text in texts if text)) or None
