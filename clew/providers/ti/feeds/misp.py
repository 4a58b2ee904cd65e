"""MISP events: attributes, objects, and what their tags say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, cast

from clew.entities import Relation, Severity, Verdict
from clew.errors import EntityError
from clew.providers.ti.feeds.documents import (
    Object,
    as_list,
    as_object,
    as_text,
    beside,
    entity_key,
    objects,
    tags_of,
    tlp_of,
)
from clew.providers.ti.feeds.model import Entry, Refused, Related, Row, Says, raw_object, words
from clew.providers.ti.feeds.recognising import keys_of
from clew.providers.ti.feeds.times import moment

_HASHES = frozenset({"md5", "sha1", "sha256", "sha512"})
# The kind of value in each type of attribute; those with a bar hold two.
_KINDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        **dict.fromkeys(_HASHES, ("file",)),
        **{f"filename|{name}": ("", "file") for name in _HASHES},
        **dict.fromkeys(("ip-src", "ip-dst"), ("ip",)),
        **{f"{name}|port": ("ip", "") for name in ("ip-src", "ip-dst")},
        **dict.fromkeys(("email", "email-src", "email-dst", "email-reply-to"), ("account",)),
        "domain": ("domain",),
        "domain|ip": ("domain", "ip"),
        "hostname": ("hostname",),
        "hostname|port": ("hostname", ""),
        "malware-sample": ("", "file"),
        "url": ("url",),
        "uri": ("url",),
    }
)
_SEVERITIES = {"1": Severity.HIGH, "2": Severity.MEDIUM, "3": Severity.LOW}
# Galaxies whose clusters are the name of a threat.
_NAMED = re.compile(
    r"misp-galaxy:(?:malpedia|mitre-malware|mitre-tool|ransomware|rat|banker|botnet|backdoor|stealer"
    r'|tool|threat-actor|mitre-intrusion-set)="([^"]{1,200})"',
    re.IGNORECASE,
)


def is_event(document: Any) -> bool:
    """Whether a document holds events or attributes of MISP."""
    return next(_events(document), None) is not None


def is_manifest(document: Any) -> bool:
    """Whether it is the manifest of a MISP feed: what each event is about, by its UUID."""
    entries = [*as_object(document).values()]
    return bool(entries) and all("Orgc" in as_object(each) and "info" in as_object(each) for each in entries)


def _events(document: Any) -> Iterator[tuple[str, Object]]:
    """Every event of a document, and every reply of MISP that holds attributes alone, with its place."""
    if isinstance(document, list):
        for place, each in objects(cast("object", document)):
            yield from ((f"/{place}{below}", event) for below, event in _events(each))
        return
    given = as_object(document)
    if "response" in given:
        yield from ((f"/response{below}", event) for below, event in _events(given["response"]))
    elif isinstance(given.get("Event"), dict):
        yield "/Event", given["Event"]
    elif isinstance(given.get("Attribute"), list) or isinstance(given.get("Object"), list):
        yield "", given


def read_misp(document: Any, given: Says) -> Iterator[Row]:
    """Everything that the events list; without a verdict where it is not for detection (`to_ids`)."""
    for place, event in _events(document):
        says = _of_event(event, given)
        for number, attribute in objects(event.get("Attribute")):
            yield from _entries([_Listed(attribute, f"{place}/Attribute/{number}")], says)
        named = _main_keys(event)
        for number, each in objects(event.get("Object")):
            where = f"{place}/Object/{number}/Attribute"
            inside = [_Listed(one, f"{where}/{at}") for at, one in objects(each.get("Attribute"))]
            wider = says._replace(description=words(each.get("comment")) or says.description)
            yield from _entries(inside, wider, _referred(each, named))


@dataclass(frozen=True, slots=True)
class _Listed:
    attribute: Object
    place: str

    @property
    def type(self) -> str:
        return as_text(self.attribute.get("type"))

    def groups(self) -> list[tuple[str, ...]]:
        """The keys of each value in it. Raises EntityError."""
        kinds, value = _KINDS.get(self.type), as_text(self.attribute.get("value")).strip()
        if kinds is None:
            raise EntityError(f"{words(self.type) or 'an attribute without a type'} is not looked up")
        parts = [value] if len(kinds) == 1 else value.split("|")
        return [keys_of(part.strip(), kind) for part, kind in zip(parts, kinds, strict=False) if kind]


def _of_event(event: Object, given: Says) -> Says:
    tags = _tags(event)
    return given._replace(
        name=_named(tags) or given.name,
        description=words(event.get("info")) or given.description,
        tags=tags or given.tags,
        severity=_SEVERITIES.get(str(event.get("threat_level_id")), ""),
        first=moment(event.get("date")) or given.first,
        tlp=_colour(tags) or given.tlp,
    )


def _tags(holder: Object) -> tuple[str, ...]:
    return tags_of(each.get("name") for _, each in objects(holder.get("Tag")))


def _named(tags: Sequence[str]) -> str:
    found = (_NAMED.search(tag) for tag in tags)
    return next((match[1] for match in found if match), "")


def _colour(tags: Sequence[str]) -> str:
    return next((colour for tag in tags if (colour := tlp_of(tag))), "")


def _entries(listed: Sequence[_Listed], says: Says, referred: tuple[Related, ...] = ()) -> Iterator[Row]:
    """The entries of attributes that belong together: hashes of different kinds are one file."""
    found: list[tuple[_Listed, tuple[str, ...]]] = []
    for each in listed:
        try:
            found += [(each, keys) for keys in each.groups()]
        except EntityError as error:
            yield Refused(each.place, error.what)
    found = _joined(found)
    for (each, keys), others in zip(found, beside([keys for _, keys in found]), strict=True):
        raw, said = raw_object(each.attribute), _of_attribute(each.attribute, says)
        yield Entry(keys, each.place, raw, said, whole=True, related=(*others, *referred))


def _joined(found: list[tuple[_Listed, tuple[str, ...]]]) -> list[tuple[_Listed, tuple[str, ...]]]:
    """Hashes of one file in one entry. Two of one kind are two files, which nothing tells apart."""
    hashes = [(each, keys) for each, keys in found if keys[0].startswith("file:")]
    kinds = [keys[0].split(":")[1] for _, keys in hashes]
    if len(hashes) < 2 or len(set(kinds)) < len(kinds):
        return found
    # The one that is for detection speaks for all.
    first = max(hashes, key=lambda pair: pair[0].attribute.get("to_ids") is True)[0]
    whole = (first, tuple(key for _, keys in hashes for key in keys))
    return [whole, *(pair for pair in found if not pair[1][0].startswith("file:"))]


def _of_attribute(attribute: Object, says: Says) -> Says:
    tags = _tags(attribute)
    detects = attribute.get("to_ids")
    verdict = {True: Verdict.MALICIOUS.value, False: Verdict.UNKNOWN.value}.get(detects) if detects is not None else ""
    return says._replace(
        name=_named(tags) or says.name,
        description=words(attribute.get("comment")) or says.description,
        tags=tags_of([*tags, *says.tags]),
        verdict=verdict or says.verdict,
        first=moment(attribute.get("first_seen")) or says.first,
        last=moment(attribute.get("last_seen")) or says.last,
        tlp=_colour(tags) or says.tlp,
    )


def _main_keys(event: Object) -> dict[str, str]:
    """The key of the first value of each object and attribute, by its UUID."""
    named: dict[str, str] = {}
    for _, each in objects(event.get("Object")):
        for _, attribute in objects(each.get("Attribute")):
            key = _key(attribute)
            if key:
                named.setdefault(as_text(each.get("uuid")), key)
    for _, attribute in objects(event.get("Attribute")):
        named.setdefault(as_text(attribute.get("uuid")), _key(attribute))
    return {name: key for name, key in named.items() if name and key}


def _key(attribute: Object) -> str:
    try:
        return next((key for keys in _Listed(attribute, "").groups() if (key := entity_key(keys))), "")
    except EntityError:
        return ""


def _referred(each: Object, named: Mapping[str, str]) -> tuple[Related, ...]:
    """What the object says that it has to do with."""
    references = (as_object(one) for one in as_list(each.get("ObjectReference")))
    keys = dict.fromkeys(named.get(as_text(one.get("referenced_uuid")), "") for one in references)
    return tuple(Related(Relation.RELATED_TO, key) for key in keys if key)
