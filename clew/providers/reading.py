"""Replies of vendors, read with types.

What a reply lacks, or has as something else than its vendor documents, is None: a field that was renamed costs that
field and not the answer. What an answer cannot do without is `require`ed, and then the ask has failed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypedDict, TypeVar, Unpack, cast
from urllib.parse import quote

from clew.entities import Domain, Entity, Fact, File, Finding, IpAddress, Link, Outcome, Relation, Severity, Verdict
from clew.entities.checked_text import stamp
from clew.entities.finding import Scalar, Table
from clew.entities.timestamps import iso_time
from clew.errors import AskFailed, AskSkipped, EntityError
from clew.providers.base import Reply

E = TypeVar("E", bound=Entity)

#: How many links one answer has at most; the others are told.
MAX_LINKS = 500
SEVERITIES: Mapping[Verdict, Severity] = {
    Verdict.MALICIOUS: Severity.HIGH,
    Verdict.SUSPICIOUS: Severity.MEDIUM,
    Verdict.UNKNOWN: Severity.INFORMATIONAL,
    Verdict.BENIGN: Severity.INFORMATIONAL,
}


@dataclass(frozen=True, slots=True)
class JsonObject:
    """An object in a reply, and the JSON pointer at which it stands there.

    >>> part = JsonObject({"data": {"score": "17", "seen": "2026-03-17", "tags": ["c2", 5]}})
    >>> part.integer("data", "score"), part.moment("data", "seen").isoformat(), part.texts("data", "tags")
    (17, '2026-03-17T00:00:00+00:00', ['c2'])
    >>> part.text("data", "name") is None, part.child("data").pointer
    (True, '/data')
    """

    fields: dict[str, object]
    pointer: str = ""

    @classmethod
    def of(cls, reply: Reply) -> JsonObject:
        """The object that a reply is. Raises AskFailed for anything else."""
        return cls(reply.object())

    @classmethod
    def all_of(cls, reply: Reply) -> list[JsonObject]:
        """The objects in the list that a reply is. Raises AskFailed for anything else."""
        document = reply.json()
        if not isinstance(document, list):
            raise AskFailed(f"the reply is JSON, but no list: {type(document).__name__}", kind="reply")
        return [*_objects(cast("list[object]", document), "")]

    def value(self, *path: str) -> object:
        """The value at the end of the path; None where there is none."""
        value = cast("object", self.fields)
        for name in path:
            if not isinstance(value, dict):
                return None
            value = cast("dict[str, object]", value).get(name)
        return value

    def pointer_to(self, *path: str | int) -> str:
        """The JSON pointer of what is at the end of the path."""
        steps = (str(step).replace("~", "~0").replace("/", "~1") for step in path)
        return self.pointer + "".join(f"/{step}" for step in steps)

    def child(self, *path: str) -> JsonObject:
        """The object there; an empty one where there is none."""
        value = self.value(*path)
        return JsonObject(cast("dict[str, object]", value) if isinstance(value, dict) else {}, self.pointer_to(*path))

    def require(self, *path: str) -> JsonObject:
        """The object there. Raises AskFailed where there is none."""
        if not isinstance(self.value(*path), dict):
            raise AskFailed(f"the reply has no object at {self.pointer_to(*path)}", kind="reply")
        return self.child(*path)

    def objects(self, *path: str) -> list[JsonObject]:
        """The objects in the list there."""
        value = self.value(*path)
        return [*_objects(cast("list[object]", value), self.pointer_to(*path))] if isinstance(value, list) else []

    def require_objects(self, *path: str) -> list[JsonObject]:
        """The objects in the list there. Raises AskFailed where there is no list."""
        if not isinstance(self.value(*path), list):
            raise AskFailed(f"the reply has no list at {self.pointer_to(*path)}", kind="reply")
        return self.objects(*path)

    def require_all(self, *path: str) -> list[JsonObject]:
        """The objects in the list there. Raises AskFailed where there is no list, or anything else in it.

        >>> [each.pointer for each in JsonObject({"rows": [{"port": 22}, {"port": 443}]}).require_all("rows")]
        ['/rows/0', '/rows/1']
        """
        objects = self.require_objects(*path)
        if len(objects) != len(cast("list[object]", self.value(*path))):
            raise AskFailed(f"the reply has something else than objects at {self.pointer_to(*path)}", kind="reply")
        return objects

    def text(self, *path: str) -> str | None:
        """The text there, without the space around it; None for an empty one."""
        value = self.value(*path)
        return value.strip() or None if isinstance(value, str) else None

    def texts(self, *path: str) -> list[str]:
        """The texts in the list there, or the only one."""
        value = self.value(*path)
        values = cast("list[object]", value) if isinstance(value, list) else [value]
        return [text.strip() for text in values if isinstance(text, str) and text.strip()]

    def texts_with_pointers(self, *path: str) -> list[tuple[str, str]]:
        """The texts in the list there, each with where it stands."""
        value = self.value(*path)
        values = cast("list[object]", value) if isinstance(value, list) else []
        return [
            (text.strip(), self.pointer_to(*path, index)) for index, text in enumerate(values) if isinstance(text, str)
        ]

    def integer(self, *path: str) -> int | None:
        """The whole number there, also where it is spelt as text."""
        value = self.value(*path)
        if isinstance(value, str) and value.strip().removeprefix("-").isdecimal() and len(value) < 20:
            return int(value)
        if isinstance(value, float) and value.is_integer():
            return int(value)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def count(self, *path: str) -> int:
        """How many there are, 0 where nothing is said. Raises AskFailed for what is no number from 0 on."""
        number = self.integer(*path)
        if number is None and self.value(*path) is None:
            return 0
        if number is None or number < 0:
            raise AskFailed(f"the reply has no number from 0 on at {self.pointer_to(*path)}", kind="reply")
        return number

    def number(self, *path: str) -> float | None:
        """The number there, also where it is spelt as text; None for what is not finite."""
        value = self.value(*path)
        try:
            number = None if isinstance(value, bool) or not isinstance(value, int | float | str) else float(value)
        except (OverflowError, ValueError):
            return None
        return number if number is not None and abs(number) < float("inf") else None

    def flag(self, *path: str) -> bool | None:
        """The truth value there."""
        value = self.value(*path)
        return value if isinstance(value, bool) else None

    def moment(self, *path: str) -> datetime | None:
        """The time there, as ISO 8601 or in seconds since 1970; one without a zone is taken as UTC."""
        iso_text = iso_time(self.value(*path))
        return datetime.fromisoformat(iso_text) if iso_text else None


def _objects(values: list[object], pointer: str) -> Iterator[JsonObject]:
    for index, value in enumerate(values):
        if isinstance(value, dict):
            yield JsonObject(cast("dict[str, object]", value), f"{pointer}/{index}")


@dataclass
class LinkCollector:
    """Links out of one reply. What is said twice is one link with both places; what names no entity is counted.

    Attributes:
        limit: how many different links are kept.
        invalid_count: how many values name nothing that clew knows.
        omitted_count: how many links were left out.
    """

    subject: Entity
    limit: int = MAX_LINKS
    invalid_count: int = 0
    omitted_count: int = 0
    _links: dict[tuple[Entity, Relation, Entity], Link] = field(
        default_factory=dict[tuple[Entity, Relation, Entity], Link]
    )

    def link_to(
        self,
        relation: Relation,
        value: object,
        kind: type[E],
        pointer: str,
        *,
        backwards: bool = False,
        first: datetime | None = None,
        last: datetime | None = None,
    ) -> E | None:
        """Link the subject to the entity of that kind and value, which is given back; None if it is none.

        Args:
            pointer: the JSON pointer of what says so.
            backwards: the link goes from that entity to the subject.
        """
        other = self.entity(value, kind)
        if other is not None:
            ends = (other, self.subject) if backwards else (self.subject, other)
            self.link(ends[0], relation, ends[1], pointer, first=first, last=last)
        return other

    def entity(self, value: object, kind: type[E]) -> E | None:
        """The entity of that kind and value; None, and counted, if it is none."""
        try:
            if isinstance(value, str):
                entity: E = cast("Any", kind)(value)  # every entity has one positional argument, its identity
                return entity
        except EntityError:
            pass
        self.invalid_count += 1
        return None

    def link(
        self,
        source: Entity,
        relation: Relation,
        target: Entity,
        pointer: str,
        *,
        first: datetime | None = None,
        last: datetime | None = None,
    ) -> None:
        """Link two entities."""
        if source == target:
            return
        key = (source, relation, target)
        existing = self._links.get(key)
        if existing is None and len(self._links) >= self.limit:
            self.omitted_count += 1
            return
        pointers = dict.fromkeys((*(existing.pointers if existing else ()), pointer))
        firsts = [time for time in (first, existing.observed_first if existing else None) if time]
        lasts = [time for time in (last, existing.observed_last if existing else None) if time]
        self._links[key] = Link(
            source, relation, target, tuple(pointers), min(firsts, default=None), max(lasts, default=None)
        )

    @property
    def collected_links(self) -> tuple[Link, ...]:
        """The links, in the order in which they were first said."""
        return tuple(self._links.values())

    @property
    def remarks(self) -> list[str]:
        """What has to be said beside the links."""
        remarks = [f"values that name nothing to follow: {self.invalid_count}"] if self.invalid_count else []
        return remarks + ([f"links left out: {self.omitted_count}"] if self.omitted_count else [])


class FindingFields(TypedDict, total=False):
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


def found(
    subject: Entity,
    reason: str,
    *,
    facts: Mapping[str, Scalar] | None = None,
    links: LinkCollector | None = None,
    same_entity: Entity | None = None,
    **overrides: Unpack[FindingFields],
) -> Finding:
    """What a source says of a subject that it knows. Facts that are None or empty are not said.

    The severity is that of the verdict, if not given; what came back is one record, and all there is, if not given.

    Args:
        same_entity: the subject with what the source knows of it.
    """
    fields: FindingFields = {
        "returned": 1,
        "severity": SEVERITIES[overrides.get("verdict", Verdict.UNKNOWN)],
        **overrides,
    }
    if links is not None and links.omitted_count and not fields.get("truncated_by"):
        fields["truncated_by"] = "links"
    if not fields.get("truncated_by"):
        fields.setdefault("available", fields["returned"])
    return Finding(
        subject,
        outcome=Outcome.FOUND,
        reason="; ".join([reason, *(links.remarks if links is not None else ())]),
        facts=_facts(facts),
        links=links.collected_links if links is not None else (),
        same=() if same_entity is None else (same_entity,),
        **fields,
    )


def nothing(subject: Entity, reason: str, *, reference: str = "", facts: Mapping[str, Scalar] | None = None) -> Finding:
    """A source that was asked and has nothing against the subject, and perhaps knows whose it is."""
    finding_facts = _facts(facts)
    return Finding(
        subject, outcome=Outcome.NOTHING, reason=reason, reference=reference, facts=finding_facts, available=0
    )


def _facts(facts: Mapping[str, Scalar] | None) -> tuple[Fact, ...]:
    return tuple(Fact(name, value) for name, value in (facts or {}).items() if value is not None and value != "")


def time_text(moment: datetime | None) -> str | None:
    """A time as a cell of a row, ISO 8601 in UTC."""
    return None if moment is None else stamp(moment)


def percent_encode(value: str) -> str:
    """A value as one segment of a path, or as the value of a parameter."""
    return quote(value, safe="")


def host_kind(text: str) -> type[IpAddress | Domain]:
    """What the host of a URL, or another name of a machine outside, is."""
    return IpAddress if ":" in text or text.replace(".", "").isdigit() else Domain


def first_hash(file: File, *kinds: str) -> tuple[str, str]:
    """The first of these hashes that is known of a file, with its kind before it. Raises AskSkipped where none is.

    >>> first_hash(File("d41d8cd98f00b204e9800998ecf8427e"), "sha256", "md5")
    ('md5', 'd41d8cd98f00b204e9800998ecf8427e')
    """
    hashes: dict[str, str | None] = {"sha512": file.sha512, "sha256": file.sha256, "sha1": file.sha1, "md5": file.md5}
    for kind in kinds:
        value = hashes[kind]
        if value:
            return kind, value
    raise AskSkipped(f"none of the hashes that it is asked by is known: {', '.join(kinds)}", kind="no-hash", sent=False)


def file_from_hashes(
    record: JsonObject, links: LinkCollector, *, sha256: str, sha1: str = "", md5: str = "", size: str = ""
) -> File | None:
    """A file by the hashes in the fields of these names; None, and counted, if the best of them is none.

    >>> about = JsonObject({"SHA-256": "", "MD5": "D41D8CD98F00B204E9800998ECF8427E", "bytes": "0"})
    >>> file_from_hashes(about, LinkCollector(IpAddress("198.51.100.7")), sha256="SHA-256", md5="MD5", size="bytes")
    File('md5:d41d8cd98f00b204e9800998ecf8427e', md5='d41d8cd98f00b204e9800998ecf8427e', size=0)
    """
    hashes = {
        name: record.text(field_name)
        for name, field_name in (("sha256", sha256), ("sha1", sha1), ("md5", md5))
        if field_name
    }
    file = links.entity(next((text for text in hashes.values() if text), None), File)
    try:
        file_size = record.integer(size) if size else None
        return file and File(file.value, sha1=hashes.get("sha1"), md5=hashes.get("md5"), size=file_size)
    except EntityError:
        return file  # the best hash is one, and another is none


def same_file(file: File, *digests: str | None) -> File | None:
    """The file with the hashes that a source tells of it; None where they are not new, or those of another file.

    >>> same_file(File("7b" * 16), "5f" * 32, None, "7b" * 16).value == "sha256:" + "5f" * 32
    True
    >>> same_file(File("7b" * 16), "5f" * 32, "8c" * 16) is None
    True
    """
    hashes: dict[str, str] = {}
    for text in digests:
        try:
            kind, _, value = File(text or "").value.partition(":")
        except EntityError:
            continue
        hashes.setdefault(kind, value)
    if not hashes:
        return None
    reported_file = File(
        sha512=hashes.get("sha512"), sha256=hashes.get("sha256"), sha1=hashes.get("sha1"), md5=hashes.get("md5")
    )
    mine, theirs = {file.key, *file.aliases}, {reported_file.key, *reported_file.aliases}
    return reported_file if mine & theirs and theirs - mine else None


def iso_day(moment: datetime | None) -> str | None:
    """A time as a fact: the day, ISO 8601."""
    return None if moment is None else moment.date().isoformat()


def join_texts(texts: Iterable[str | None]) -> str | None:
    """Texts as one fact, each once, parted by commas; None for none."""
    return ", ".join(dict.fromkeys(text for text in texts if text)) or None
