"""STIX 2.0 and 2.1: indicators with their patterns, observables, and what relationships say of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from clew.entities import Relation, Verdict
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
from clew.feeds.formats.stix_objects import keys_of_group, keys_of_observable, observable_links
from clew.feeds.formats.stix_patterns import groups_of
from clew.feeds.listing import (
    MAX_RELATED,
    FeedEntry,
    FeedRow,
    IndicatorDetails,
    RejectedRow,
    RelatedKey,
    raw_object,
    short_text,
)

_VERDICTS = {
    "malicious-activity": Verdict.MALICIOUS,
    "compromised": Verdict.MALICIOUS,
    "attribution": Verdict.MALICIOUS,
    "anomalous-activity": Verdict.SUSPICIOUS,
    "anonymization": Verdict.SUSPICIOUS,
    "benign": Verdict.BENIGN,
    "unknown": Verdict.UNKNOWN,
}
# Whose name is that of the threat, best first.
_THREATS = ("malware", "tool", "intrusion-set", "threat-actor", "campaign")
_LISTS = frozenset({"indicator", "observed-data"})

#: All objects, each with its place.
ObjectSource = Callable[[], Iterator[tuple[str, Object]]]


def is_bundle(document: Any) -> bool:
    """Whether a document is a bundle, or what a TAXII server sends."""
    content = as_object(document)
    items = [item for _, item in objects(content.get("objects"))]
    return content.get("type") == "bundle" or (bool(items) and all("--" in as_text(item.get("id")) for item in items))


def read_stix(document: Any, defaults: IndicatorDetails) -> Iterator[FeedRow]:
    """Everything that a bundle lists. What is only observed is listed without a verdict."""
    items = [(f"/objects/{number}", item) for number, item in objects(as_object(document).get("objects"))]
    items_by_id = {as_text(item.get("id")): item for _, item in items}
    return read_objects(lambda: iter(items), lambda ref: items_by_id.get(ref, {}), defaults)


def read_objects(
    source: ObjectSource, object_by_id: Callable[[str], Object], defaults: IndicatorDetails
) -> Iterator[FeedRow]:
    """The same of objects that need not all be in memory.

    Args:
        source: gives all of them with their places; it is called twice.
        object_by_id: from an identifier to the object, or to an empty one.
    """
    bundle = _Bundle.of((stix_object for _, stix_object in source()), object_by_id)
    for location, stix_object in source():
        if stix_object.get("type") == "indicator":
            yield from bundle.indicator_rows(stix_object, location, defaults)
        elif stix_object.get("type") == "observed-data" and isinstance(stix_object.get("objects"), dict):
            yield from bundle.observation_rows(stix_object, location, defaults)
        elif as_text(stix_object.get("id")) in bundle.observables:
            yield from bundle.observable_rows(stix_object, location, defaults)


@dataclass(frozen=True, slots=True)
class _Bundle:
    """What is in a bundle, by identifier.

    Attributes:
        object_by_id: from an identifier to the object.
        relationships: what each object indicates or is related to, with the type of the relationship.
        observables: the key of each object that is something observed.
        reports: the report that each object is of.
    """

    object_by_id: Callable[[str], Object]
    relationships: dict[str, list[tuple[str, str]]] = field(default_factory=dict[str, list[tuple[str, str]]])
    observables: dict[str, str] = field(default_factory=dict[str, str])
    reports: dict[str, str] = field(default_factory=dict[str, str])

    @classmethod
    def of(cls, stix_objects: Iterator[Object], object_by_id: Callable[[str], Object]) -> _Bundle:
        bundle = cls(object_by_id)
        for stix_object in stix_objects:
            if stix_object.get("type") == "relationship" and stix_object.get("revoked") is not True:
                link = as_text(stix_object.get("relationship_type")), as_text(stix_object.get("target_ref"))
                bundle.relationships.setdefault(as_text(stix_object.get("source_ref")), []).append(link)
            elif stix_object.get("type") == "report":
                title = short_text(stix_object.get("name"))
                bundle.reports.update(
                    {ref: title for ref in as_list(stix_object.get("object_refs")) if isinstance(ref, str)}
                )
            elif stix_object.get("type") not in _LISTS:
                key = entity_key(keys_of_observable(stix_object))
                if key:
                    bundle.observables[as_text(stix_object.get("id"))] = key
        return bundle

    def indicator_rows(self, indicator: Object, location: str, defaults: IndicatorDetails) -> Iterator[FeedRow]:
        """What the pattern of an indicator lists."""
        if indicator.get("revoked") is True:
            yield RejectedRow(location, "revoked by who published it")
            return
        if as_text(indicator.get("pattern_type")) not in ("", "stix"):
            yield RejectedRow(location, f"a pattern of {short_text(indicator.get('pattern_type'))} is not looked up")
            return
        details, raw = self._details(indicator, defaults), raw_object(indicator)
        try:
            groups = groups_of(as_text(indicator.get("pattern")))
        except EntityError as error:
            yield RejectedRow(location, error.message)
            return
        for group in groups:
            key_groups, reason = keys_of_group(group)
            if reason:
                yield RejectedRow(location, reason)
            for keys, siblings in zip(key_groups, relate_groups(key_groups), strict=True):
                related_keys = (*siblings, *self._relations(indicator, keys))[:MAX_RELATED]
                yield FeedEntry(keys, location, raw, details, is_json=True, related_keys=related_keys)

    def observation_rows(self, observation: Object, location: str, defaults: IndicatorDetails) -> Iterator[FeedRow]:
        """The observables inside of an observation, as STIX 2.0 has them."""
        observables = {
            name: as_object(observable) for name, observable in as_object(observation.get("objects")).items()
        }
        details = defaults._replace(
            verdict=defaults.verdict or Verdict.UNKNOWN.value,
            first=iso_time(observation.get("first_observed")),
            last=iso_time(observation.get("last_observed")),
        )
        main_keys = {name: entity_key(keys_of_observable(observable)) for name, observable in observables.items()}
        for name, observable in observables.items():
            keys = keys_of_observable(observable)
            if keys:
                related_keys = observable_links(observable, main_keys)
                yield FeedEntry(
                    keys,
                    f"{location}/objects/{name}",
                    raw_object(observable),
                    details,
                    is_json=True,
                    related_keys=related_keys,
                )

    def observable_rows(self, observable: Object, location: str, defaults: IndicatorDetails) -> Iterator[FeedRow]:
        """An observable that stands by itself, as STIX 2.1 has them."""
        details = self._details(observable, defaults._replace(verdict=defaults.verdict or Verdict.UNKNOWN.value))
        keys = keys_of_observable(observable)
        related_keys = (*observable_links(observable, self.observables), *self._relations(observable, keys))[
            :MAX_RELATED
        ]
        yield FeedEntry(keys, location, raw_object(observable), details, is_json=True, related_keys=related_keys)

    def _details(self, stix_object: Object, defaults: IndicatorDetails) -> IndicatorDetails:
        labels = [*as_list(stix_object.get("indicator_types")), *as_list(stix_object.get("labels"))]
        verdicts = [_VERDICTS[label].value for label in labels if isinstance(label, str) and label in _VERDICTS]
        confidence = stix_object.get("confidence")
        return defaults._replace(
            name=self._threat_name(stix_object) or defaults.name,
            description=short_text(stix_object.get("description"))
            or short_text(stix_object.get("name"))
            or self.reports.get(as_text(stix_object.get("id")), "")
            or defaults.description,
            tags=tags_of(labels) or defaults.tags,
            verdict=verdicts[0] if verdicts else defaults.verdict,
            confidence=confidence if isinstance(confidence, int) and 0 <= confidence <= 100 else None,
            first=iso_time(stix_object.get("valid_from")) or iso_time(stix_object.get("created")) or defaults.first,
            until=iso_time(stix_object.get("valid_until")),
            reference=_reference(stix_object) or defaults.reference,
            tlp=self._tlp(stix_object) or defaults.tlp,
        )

    def _threat_name(self, stix_object: Object) -> str:
        targets = [
            self.object_by_id(target) for _, target in self.relationships.get(as_text(stix_object.get("id")), ())
        ]
        names_by_kind = {
            as_text(linked_object.get("type")): short_text(linked_object.get("name")) for linked_object in targets
        }
        return next((names_by_kind[kind] for kind in _THREATS if names_by_kind.get(kind)), "")

    def _tlp(self, stix_object: Object) -> str:
        markings = (
            self.object_by_id(ref) for ref in as_list(stix_object.get("object_marking_refs")) if isinstance(ref, str)
        )
        for marking in markings:
            colour = as_text(as_object(marking.get("definition")).get("tlp"))
            tlp = (tlp_of(f"tlp:{colour}") if colour else "") or tlp_of(marking.get("name"))
            if tlp:
                return tlp
        return ""

    def _relations(self, stix_object: Object, keys: Sequence[str]) -> Iterator[RelatedKey]:
        main_key = entity_key(keys)
        for kind, target in self.relationships.get(as_text(stix_object.get("id")), ()):
            for target_key in self._target_keys(target):
                if main_key and target_key and target_key != main_key:
                    relation = Relation.RESOLVES_TO if kind == "resolves-to" else Relation.RELATED_TO
                    yield RelatedKey(relation, target_key)

    def _target_keys(self, ref: str) -> list[str]:
        """What an object that is referred to lists itself."""
        if ref in self.observables:
            return [self.observables[ref]]
        pattern = as_text(self.object_by_id(ref).get("pattern"))
        try:
            groups = groups_of(pattern) if pattern else []
        except EntityError:
            return []
        return [entity_key(keys) for group in groups for keys in keys_of_group(group).keys]


def _reference(stix_object: Object) -> str:
    urls = (as_text(reference.get("url")) for _, reference in objects(stix_object.get("external_references")))
    return next(filter(None, urls), "")[:2_000]


STIX = FeedFormat(
    "STIX",
    Shape.JSON,
    recognise=lambda content: is_bundle(content.document),
    read=lambda content, defaults: read_stix(content.document, defaults),
    example=(
        '{"type": "bundle", "objects": [{"type": "indicator", "id": "indicator--1", "pattern_type": "stix", '
        '"pattern": "[domain-name:value = \'evil.example\']"}]}'
    ),
)
