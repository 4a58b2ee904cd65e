"""What every provider and every operation is held to."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

import clew.pivots
import clew.providers
from clew.entities import ENTITY_TYPES, Entity, Finding
from clew.errors import AskSkipped
from clew.providers.base import Ask, Operation, Provider, operation
from clew.providers.gate import Gate
from tests.support import ENTITIES, FEWER

for package in (clew.providers, clew.pivots):
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)


def below(cls: type[Provider]) -> list[type[Provider]]:
    """The providers of clew itself, without those that tests make."""
    found = [inner for child in cls.__subclasses__() for inner in (child, *below(child))]
    return sorted((each for each in found if each.__module__.startswith("clew.")), key=lambda each: each.__qualname__)


def asks() -> list[type[Ask]]:
    """The kinds of ask; a class that got slots stands twice among the subclasses."""
    found = {child.__qualname__: child for child in Ask.__subclasses__() if child.__module__.startswith("clew.")}
    return [*found.values()]


# Without those that only hold what others have in common.
PROVIDERS = [
    each for each in below(Provider) if each.name or any(isinstance(row, Operation) for row in vars(each).values())
]
OPERATIONS = {
    f"{provider.__name__}.{name}": row
    for provider in PROVIDERS
    for name, row in vars(provider).items()
    if isinstance(row, Operation)
}
each_provider = pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.__name__)
each_operation = pytest.mark.parametrize("row", OPERATIONS.values(), ids=OPERATIONS)


def test_there_are_providers():
    """The registry that this file is parametrised over is not empty."""
    assert {"AbuseIpDb", "LocalFeed", "MaxMind", "Decoder", "UrlParts", "HostLogs"} <= {p.__name__ for p in PROVIDERS}
    assert len(OPERATIONS) > 20


@each_provider
def test_a_provider_describes_itself(provider):
    """A provider has a short name, a title for people, and constants of the right kinds."""
    assert re.fullmatch(r"[a-z][a-z0-9-]{1,20}", provider.name)
    assert provider.title
    assert inspect.getdoc(provider)
    assert type(provider.leaves) is type(provider.active) is bool
    assert isinstance(provider.lifetime, timedelta)
    assert provider.lifetime > timedelta(0)
    assert not provider.docs or urlsplit(provider.docs).scheme == "https"


@each_provider
def test_a_secret_is_named_never_held(provider):
    """A secret is the name of an environment variable of clew, and only who leaves the machine needs one."""
    assert not provider.secret or re.fullmatch(r"CLEW_[A-Z0-9_]+", provider.secret)
    assert not provider.secret or provider.leaves
    assert not provider.active or provider.leaves


def test_names_are_unique():
    """Two sources never share a name; the log providers are one source."""
    owners: dict[str, set[str]] = {}
    for provider in PROVIDERS:
        owners.setdefault(provider.name, set()).add(provider.title)
    assert {name: titles for name, titles in owners.items() if len(titles) > 1} == {}


def test_every_ask_has_a_channel():
    """Each kind of ask goes its own way, and only those of the network leave."""
    kinds = asks()
    assert len({kind.channel for kind in kinds}) == len(kinds) > 3
    assert {kind.channel for kind in kinds if kind.leaves} == {"http", "whois", "dns"}


def first_ask(operation: Operation, subject: Entity) -> Ask | Finding | AskSkipped:
    try:
        steps = operation.steps(subject)
        return steps if isinstance(steps, Finding) else next(steps)
    except AskSkipped as error:
        return error


def kind_of(operation: Operation) -> str:
    """The kind of the operation's subject, by the annotation of its parameter."""
    parameter = list(inspect.signature(operation.function).parameters.values())[1]
    return next(kind for kind in ENTITIES if ENTITY_TYPES[kind].__name__ == str(parameter.annotation))


@each_operation
@FEWER
@given(data=st.data())
def test_an_operation_asks_what_it_announces(row, data):
    """For any subject, an operation with no calls is a finding at once; one with calls begins with an ask.

    A subject that a source cannot be asked about, such as a hash of another kind, is skipped with a reason.
    """
    subject = data.draw(ENTITIES[kind_of(row)])
    first = first_ask(row, subject)
    if isinstance(first, AskSkipped):
        assert row.calls > 0
        assert first.reason
        return
    assert isinstance(first, Finding) == (row.calls == 0)
    if isinstance(first, Ask):
        assert first.leaves == row.provider.leaves
        assert len(first.fingerprint) == 64
        if first.leaves:
            assert Gate(offline=True).refusal(row.provider, subject)
    else:
        assert first.subject == subject


@each_operation
def test_an_operation_knows_its_place(row):
    """An operation knows its provider and its name, and says in one line what it answers."""
    assert vars(row.provider)[row.name] is row
    assert row.calls >= 0
    assert row.about.endswith(".")


def test_an_operation_outside_a_provider_is_a_mistake():
    """An operation that belongs to nobody says so."""
    lost = operation()(lambda _, subject: Finding(subject))
    with pytest.raises(TypeError, match="body of a Provider"):
        _ = lost.provider
