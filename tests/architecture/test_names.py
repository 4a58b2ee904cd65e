"""The law of names: what a thing is called says what it is, and nothing else is called so."""

from __future__ import annotations

import ast
from collections import Counter
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

import clew
from bare_words import bare_names, is_bare

PACKAGE = Path(clew.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
#: Words that say nothing about a module once there are two of them.
VAGUE = {"answers", "base", "reading", "related", "sources"}
#: What may stay, by reason: a file of the package, and the names in it.
ALLOWED: dict[str, dict[str, str]] = {
    "saved cases have them: events and rows of tables, with their fields": {
        "graph/format/connection_event.py": "Connected",
        "graph/format/events.py": (
            "Opened Added Pivoted PlannedCall.refused PlannedCall.known Planned Noted Tagged Windowed "
            "Windowed.said Merged Merged.gone Common.why Gated Gated.why Unmerged Linked Linked.why Judged "
            "Judged.why Hidden Hidden.hidden Collapsed Collapsed.collapsed Moved Moved.pinned Imported Branched "
            "Signed Redacted Redacted.replaced Redacted.unread Redacted.sealed"
        ),
    },
    "saved cases have them: what was asked and what came back": {
        "errors.py": "AskError.__init__.sent AskError.__init__.together",
        "providers/base.py": "Reply.sent Reply.together",
        "providers/exchange.py": "ErrorRecord.what Exchange.sent Exchange.together",
    },
    "saved cases and frames have them: outcomes, relations and fields of findings and entities": {
        "entities/finding.py": (
            "Outcome.FOUND Outcome.FAILED Outcome.REFUSED Outcome.SKIPPED Relation.ACCESSED Relation.CREATED "
            "Relation.CHANGED Relation.LOADED "
            "Relation.QUERIED Link.inferred Claim.inferred Finding.returned Finding.same"
        ),
        "entities/process.py": "Process.started",
    },
    "menus and their pivots are called so": {
        "entities/static_menus.py": (
            "CertificateMenus.related IpMenus.related DomainMenus.related UrlMenus.related FileMenus.related"
        ),
        "pivots/menus/related.py": "related",
    },
    "members of an enumeration, which are states": {
        "logs/event_mapper.py": "EventKind.DAMAGED",
        "logs/sigma/detections.py": "RuleState.MATCHED",
        "graph/replay/changes.py": "Change.GONE Change.CHANGED Change.UNCONFIRMED",
        "graph/signing/case_signatures.py": "Fault.UNCHECKED Fault.FORGED Fault.ALTERED Fault.MOVED Fault.CUT",
        "providers/whois/registration_status.py": "ReplyState.REGISTERED ReplyState.RESERVED ReplyState.THROTTLED",
    },
    "terms of registries and certificates": {
        "providers/ti/crtsh.py": "CrtSh.domain.expired",
        "providers/whois/domain_registration.py": "Registration.created Registration.changed",
        "providers/whois/network_registration.py": "NetworkRegistration.created NetworkRegistration.changed",
    },
    "stored feeds and the mirrors of collections have them": {
        "feeds/build.py": "Feed.built Feed.refused Feed.unread",
        "feeds/collection_mirror.py": "FetchProgress.whole FetchProgress.refused",
    },
    "evidence of feeds in saved cases has it": {"feeds/listing.py": "IndicatorDetails.until"},
    "what builds a finding is called as its outcome, and takes its fields": {
        "providers/findings.py": "Extent.returned found",
    },
}


def allowed() -> set[str]:
    """Every name that may stay, as `file name`."""
    return {f"{file} {name}" for files in ALLOWED.values() for file, names in files.items() for name in names.split()}


@cache
def bare() -> set[str]:
    """Every name of the package that breaks the law, as `file name`."""
    return {f"{file.relative_to(PACKAGE).as_posix()} {name.name}" for file in FILES for name in bare_names(file)}


class ClassSize(NamedTuple):
    """A class that stands in a module: where, what it is called, and how much it is."""

    file: str
    name: str
    functions: int
    lines: int


@cache
def classes() -> list[ClassSize]:
    """Every class that stands in a module; the trees are let go, as they are millions of objects."""
    return [
        ClassSize(
            file.relative_to(PACKAGE).as_posix(),
            node.name,
            sum(isinstance(step, ast.FunctionDef | ast.AsyncFunctionDef) for step in node.body),
            (node.end_lineno or 0) - node.lineno,
        )
        for file in FILES
        for node in ast.parse(file.read_bytes()).body
        if isinstance(node, ast.ClassDef)
    ]


def test_no_name_is_a_bare_participle_or_particle():
    """But for those that users, cases and vendors know under it."""
    assert sorted(bare() - allowed()) == []


def test_no_exception_outlives_its_name():
    """What may stay is there; an exception that is needed no more goes."""
    assert sorted(allowed() - bare()) == []


@pytest.mark.parametrize("name", ["told", "_asked", "each", "Imported", "whole"])
def test_a_bare_name_is_recognised(name):
    assert is_bare(name)


@pytest.mark.parametrize("name", ["asked_at", "is_known", "feed", "findings", "merged_nodes"])
def test_a_name_that_says_what_it_is_is_not(name):
    assert not is_bare(name)


def test_no_two_public_classes_have_one_name():
    """Who reads the name of a class knows which."""
    names = Counter(size.name for size in classes() if not size.name.startswith("_"))
    assert {name for name, count in names.items() if count > 1} == set()


def test_no_two_modules_have_one_vague_name():
    """`base`, `reading` and the like are no names of modules where there is more than one of them."""
    stems = Counter(file.stem for file in FILES if file.name != "__init__.py")
    assert {stem for stem, count in stems.items() if count > 1 and stem in VAGUE} == set()


def test_no_class_is_more_than_one_can_know():
    """At most forty functions, and 350 lines; generated menus may be longer."""
    assert [size for size in classes() if size.functions > 40] == []
    assert [size for size in classes() if size.lines > 350 and not size.file.startswith("pivots/queries/")] == []
