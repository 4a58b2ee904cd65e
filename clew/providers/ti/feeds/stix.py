"""STIX 2.0 and 2.1: indicators with their patterns, observables, and what relationships say of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from clew.entities import Relation, Verdict
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
from clew.providers.ti.feeds.model import MAX_RELATED, Entry, Refused, Related, Row, Says, raw_object, words
from clew.providers.ti.feeds.patterns import groups_of
from clew.providers.ti.feeds.stix_objects import keys_of_group, keys_of_observable, observable_links
from clew.providers.ti.feeds.times import moment

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
Placed = Callable[[], Iterator[tuple[str, Object]]]


def is_bundle(document: Any) -> bool:
    """Whether a document is a bundle, or what a TAXII server sends."""
    given = as_object(document)
    listed = [each for _, each in objects(given.get("objects"))]
    return given.get("type") == "bundle" or (bool(listed) and all("--" in as_text(each.get("id")) for each in listed))


def read_stix(document: Any, given: Says) -> Iterator[Row]:
    """Everything that a bundle lists. What is only observed is listed without a verdict."""
    listed = [(f"/objects/{number}", each) for number, each in objects(as_object(document).get("objects"))]
    named = {as_text(each.get("id")): each for _, each in listed}
    return read_objects(lambda: iter(listed), lambda ref: named.get(ref, {}), given)


def read_objects(placed: Placed, named: Callable[[str], Object], given: Says) -> Iterator[Row]:
    """The same of objects that need not all be in memory.

    Args:
        placed: gives all of them with their places; it is called twice.
        named: from an identifier to the object, or to an empty one.
    """
    bundle = _Bundle.of((each for _, each in placed()), named)
    for place, each in placed():
        if each.get("type") == "indicator":
            yield from bundle.indicator(each, place, given)
        elif each.get("type") == "observed-data" and isinstance(each.get("objects"), dict):
            yield from bundle.observed(each, place, given)
        elif as_text(each.get("id")) in bundle.observables:
            yield from bundle.observable(each, place, given)


@dataclass(frozen=True, slots=True)
class _Bundle:
    """What is in a bundle, by identifier.

    Attributes:
        named: from an identifier to the object.
        indicated: what each object indicates or is related to, with the type of the relationship.
        observables: the key of each object that is something observed.
        reports: the report that each object is of.
    """

    named: Callable[[str], Object]
    indicated: dict[str, list[tuple[str, str]]] = field(default_factory=dict[str, list[tuple[str, str]]])
    observables: dict[str, str] = field(default_factory=dict[str, str])
    reports: dict[str, str] = field(default_factory=dict[str, str])

    @classmethod
    def of(cls, listed: Iterator[Object], named: Callable[[str], Object]) -> _Bundle:
        bundle = cls(named)
        for each in listed:
            if each.get("type") == "relationship" and each.get("revoked") is not True:
                link = as_text(each.get("relationship_type")), as_text(each.get("target_ref"))
                bundle.indicated.setdefault(as_text(each.get("source_ref")), []).append(link)
            elif each.get("type") == "report":
                title = words(each.get("name"))
                bundle.reports.update({ref: title for ref in as_list(each.get("object_refs")) if isinstance(ref, str)})
            elif each.get("type") not in _LISTS:
                key = entity_key(keys_of_observable(each))
                if key:
                    bundle.observables[as_text(each.get("id"))] = key
        return bundle

    def indicator(self, each: Object, place: str, given: Says) -> Iterator[Row]:
        """What the pattern of an indicator lists."""
        if each.get("revoked") is True:
            yield Refused(place, "revoked by who published it")
            return
        if as_text(each.get("pattern_type")) not in ("", "stix"):
            yield Refused(place, f"a pattern of {words(each.get('pattern_type'))} is not looked up")
            return
        says, raw = self._says(each, given), raw_object(each)
        try:
            groups = groups_of(as_text(each.get("pattern")))
        except EntityError as error:
            yield Refused(place, error.what)
            return
        for group in groups:
            listed, why = keys_of_group(group)
            if why:
                yield Refused(place, why)
            for keys, others in zip(listed, beside(listed), strict=True):
                related = (*others, *self._related(each, keys))[:MAX_RELATED]
                yield Entry(keys, place, raw, says, whole=True, related=related)

    def observed(self, each: Object, place: str, given: Says) -> Iterator[Row]:
        """The observables inside of an observation, as STIX 2.0 has them."""
        inside = {name: as_object(one) for name, one in as_object(each.get("objects")).items()}
        says = given._replace(
            verdict=given.verdict or Verdict.UNKNOWN.value,
            first=moment(each.get("first_observed")),
            last=moment(each.get("last_observed")),
        )
        named = {name: entity_key(keys_of_observable(one)) for name, one in inside.items()}
        for name, one in inside.items():
            keys = keys_of_observable(one)
            if keys:
                related = observable_links(one, named)
                yield Entry(keys, f"{place}/objects/{name}", raw_object(one), says, whole=True, related=related)

    def observable(self, each: Object, place: str, given: Says) -> Iterator[Row]:
        """An observable that stands by itself, as STIX 2.1 has them."""
        says = self._says(each, given._replace(verdict=given.verdict or Verdict.UNKNOWN.value))
        keys = keys_of_observable(each)
        related = (*observable_links(each, self.observables), *self._related(each, keys))[:MAX_RELATED]
        yield Entry(keys, place, raw_object(each), says, whole=True, related=related)

    def _says(self, each: Object, given: Says) -> Says:
        said = [*as_list(each.get("indicator_types")), *as_list(each.get("labels"))]
        verdicts = [_VERDICTS[word].value for word in said if isinstance(word, str) and word in _VERDICTS]
        confidence = each.get("confidence")
        return given._replace(
            name=self._threat(each) or given.name,
            description=words(each.get("description"))
            or words(each.get("name"))
            or self.reports.get(as_text(each.get("id")), "")
            or given.description,
            tags=tags_of(said) or given.tags,
            verdict=verdicts[0] if verdicts else given.verdict,
            confidence=confidence if isinstance(confidence, int) and 0 <= confidence <= 100 else None,
            first=moment(each.get("valid_from")) or moment(each.get("created")) or given.first,
            until=moment(each.get("valid_until")),
            reference=_reference(each) or given.reference,
            tlp=self._marking(each) or given.tlp,
        )

    def _threat(self, each: Object) -> str:
        linked = [self.named(target) for _, target in self.indicated.get(as_text(each.get("id")), ())]
        named = {as_text(one.get("type")): words(one.get("name")) for one in linked}
        return next((named[kind] for kind in _THREATS if named.get(kind)), "")

    def _marking(self, each: Object) -> str:
        markings = (self.named(ref) for ref in as_list(each.get("object_marking_refs")) if isinstance(ref, str))
        for one in markings:
            colour = as_text(as_object(one.get("definition")).get("tlp"))
            found = (tlp_of(f"tlp:{colour}") if colour else "") or tlp_of(one.get("name"))
            if found:
                return found
        return ""

    def _related(self, each: Object, keys: Sequence[str]) -> Iterator[Related]:
        own = entity_key(keys)
        for kind, target in self.indicated.get(as_text(each.get("id")), ()):
            for other in self._keys(target):
                if own and other and other != own:
                    relation = Relation.RESOLVES_TO if kind == "resolves-to" else Relation.RELATED_TO
                    yield Related(relation, other)

    def _keys(self, ref: str) -> list[str]:
        """What an object that is referred to lists itself."""
        if ref in self.observables:
            return [self.observables[ref]]
        pattern = as_text(self.named(ref).get("pattern"))
        try:
            groups = groups_of(pattern) if pattern else []
        except EntityError:
            return []
        return [entity_key(keys) for group in groups for keys in keys_of_group(group)[0]]


def _reference(each: Object) -> str:
    urls = (as_text(one.get("url")) for _, one in objects(each.get("external_references")))
    return next(filter(None, urls), "")[:2_000]
