"""MISP events: attributes, objects, and what their tags say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, cast

from clew.entities import Relation, Severity, Verdict
from clew.entities.timestamps import iso_time
from clew.errors import EntityError
from clew.feeds.formats.feed_format import FeedFormat, Shape
from clew.feeds.formats.json_documents import (
    Object,
    as_list,
    as_object,
    as_text,
    entity_key,
    objects,
    relate_groups,
    tags_of,
    tlp_of,
)
from clew.feeds.listing import FeedEntry, FeedRow, IndicatorDetails, RejectedRow, RelatedKey, raw_object, short_text
from clew.feeds.recognition import keys_of

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
_THREAT_GALAXY = re.compile(
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
    return bool(entries) and all("Orgc" in as_object(entry) and "info" in as_object(entry) for entry in entries)


def _events(document: Any) -> Iterator[tuple[str, Object]]:
    """Every event of a document, and every reply of MISP that holds attributes alone, with its place."""
    if isinstance(document, list):
        for index, item in objects(cast("object", document)):
            yield from ((f"/{index}{pointer}", event) for pointer, event in _events(item))
        return
    content = as_object(document)
    if "response" in content:
        yield from ((f"/response{pointer}", event) for pointer, event in _events(content["response"]))
    elif isinstance(content.get("Event"), dict):
        yield "/Event", content["Event"]
    elif isinstance(content.get("Attribute"), list) or isinstance(content.get("Object"), list):
        yield "", content


def read_misp(document: Any, defaults: IndicatorDetails) -> Iterator[FeedRow]:
    """Everything that the events list; without a verdict where it is not for detection (`to_ids`)."""
    for event_pointer, event in _events(document):
        details = _event_details(event, defaults)
        for number, attribute in objects(event.get("Attribute")):
            yield from _entries([_Attribute(attribute, f"{event_pointer}/Attribute/{number}")], details)
        object_keys = _main_keys(event)
        for number, misp_object in objects(event.get("Object")):
            pointer = f"{event_pointer}/Object/{number}/Attribute"
            attributes = [
                _Attribute(child, f"{pointer}/{index}") for index, child in objects(misp_object.get("Attribute"))
            ]
            object_details = details._replace(description=short_text(misp_object.get("comment")) or details.description)
            yield from _entries(attributes, object_details, _references(misp_object, object_keys))


@dataclass(frozen=True, slots=True)
class _Attribute:
    document: Object
    location: str

    @property
    def type(self) -> str:
        return as_text(self.document.get("type"))

    def groups(self) -> list[tuple[str, ...]]:
        """The keys of each value in it. Raises EntityError."""
        kinds, value = _KINDS.get(self.type), as_text(self.document.get("value")).strip()
        if kinds is None:
            raise EntityError(f"{short_text(self.type) or 'an attribute without a type'} is not looked up")
        parts = [value] if len(kinds) == 1 else value.split("|")
        return [keys_of(part.strip(), kind) for part, kind in zip(parts, kinds, strict=False) if kind]


def _event_details(event: Object, defaults: IndicatorDetails) -> IndicatorDetails:
    tags = _tags(event)
    return defaults._replace(
        name=_threat_name(tags) or defaults.name,
        description=short_text(event.get("info")) or defaults.description,
        tags=tags or defaults.tags,
        severity=_SEVERITIES.get(str(event.get("threat_level_id")), ""),
        first=iso_time(event.get("date")) or defaults.first,
        tlp=_colour(tags) or defaults.tlp,
    )


def _tags(holder: Object) -> tuple[str, ...]:
    return tags_of(tag.get("name") for _, tag in objects(holder.get("Tag")))


def _threat_name(tags: Sequence[str]) -> str:
    matches = (_THREAT_GALAXY.search(tag) for tag in tags)
    return next((match[1] for match in matches if match), "")


def _colour(tags: Sequence[str]) -> str:
    return next((colour for tag in tags if (colour := tlp_of(tag))), "")


def _entries(
    attributes: Sequence[_Attribute], defaults: IndicatorDetails, references: tuple[RelatedKey, ...] = ()
) -> Iterator[FeedRow]:
    """The entries of attributes that belong together: hashes of different kinds are one file."""
    pairs: list[tuple[_Attribute, tuple[str, ...]]] = []
    for attribute in attributes:
        try:
            pairs += [(attribute, keys) for keys in attribute.groups()]
        except EntityError as error:
            yield RejectedRow(attribute.location, error.message)
    pairs = _merge_file_hashes(pairs)
    for (attribute, keys), siblings in zip(pairs, relate_groups([keys for _, keys in pairs]), strict=True):
        raw, details = raw_object(attribute.document), _attribute_details(attribute.document, defaults)
        yield FeedEntry(keys, attribute.location, raw, details, is_json=True, related_keys=(*siblings, *references))


def _merge_file_hashes(pairs: list[tuple[_Attribute, tuple[str, ...]]]) -> list[tuple[_Attribute, tuple[str, ...]]]:
    """Hashes of one file in one entry. Two of one kind are two files, which nothing tells apart."""
    hashes = [(attribute, keys) for attribute, keys in pairs if keys[0].startswith("file:")]
    kinds = [keys[0].split(":")[1] for _, keys in hashes]
    if len(hashes) < 2 or len(set(kinds)) < len(kinds):
        return pairs
    # The one that is for detection speaks for all.
    first = max(hashes, key=lambda pair: pair[0].document.get("to_ids") is True)[0]
    file_pair = (first, tuple(key for _, keys in hashes for key in keys))
    return [file_pair, *(pair for pair in pairs if not pair[1][0].startswith("file:"))]


def _attribute_details(attribute: Object, defaults: IndicatorDetails) -> IndicatorDetails:
    tags = _tags(attribute)
    detects = attribute.get("to_ids")
    verdict = {True: Verdict.MALICIOUS.value, False: Verdict.UNKNOWN.value}.get(detects) if detects is not None else ""
    return defaults._replace(
        name=_threat_name(tags) or defaults.name,
        description=short_text(attribute.get("comment")) or defaults.description,
        tags=tags_of([*tags, *defaults.tags]),
        verdict=verdict or defaults.verdict,
        first=iso_time(attribute.get("first_seen")) or defaults.first,
        last=iso_time(attribute.get("last_seen")) or defaults.last,
        tlp=_colour(tags) or defaults.tlp,
    )


def _main_keys(event: Object) -> dict[str, str]:
    """The key of the first value of each object and attribute, by its UUID."""
    main_keys: dict[str, str] = {}
    for _, misp_object in objects(event.get("Object")):
        for _, attribute in objects(misp_object.get("Attribute")):
            key = _key(attribute)
            if key:
                main_keys.setdefault(as_text(misp_object.get("uuid")), key)
    for _, attribute in objects(event.get("Attribute")):
        main_keys.setdefault(as_text(attribute.get("uuid")), _key(attribute))
    return {name: key for name, key in main_keys.items() if name and key}


def _key(attribute: Object) -> str:
    try:
        return next((key for keys in _Attribute(attribute, "").groups() if (key := entity_key(keys))), "")
    except EntityError:
        return ""


def _references(misp_object: Object, object_keys: Mapping[str, str]) -> tuple[RelatedKey, ...]:
    """What the object says that it has to do with."""
    references = (as_object(reference) for reference in as_list(misp_object.get("ObjectReference")))
    keys = dict.fromkeys(object_keys.get(as_text(reference.get("referenced_uuid")), "") for reference in references)
    return tuple(RelatedKey(Relation.RELATED_TO, key) for key in keys if key)


MISP = FeedFormat(
    "MISP",
    Shape.JSON,
    recognise=lambda content: is_event(content.document),
    read=lambda content, defaults: read_misp(content.document, defaults),
    example='{"Event": {"info": "Emotet", "Attribute": [{"type": "domain", "value": "evil.example", "to_ids": true}]}}',
)
#: What each event of a feed is about; it lists nothing itself.
MISP_MANIFEST = FeedFormat(
    "MISP manifest",
    Shape.JSON,
    recognise=lambda content: is_manifest(content.document),
    read=lambda _content, _defaults: iter(()),
    example='{"5f2e9a1c-0000-4000-8000-000000000000": {"Orgc": {"name": "CIRCL"}, "info": "Emotet"}}',
)
