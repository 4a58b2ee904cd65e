"""Tab completion in IPython, as an analyst has it in a notebook."""

from __future__ import annotations

import atexit
from collections.abc import Callable, Iterator

import pytest

import clew
from clew.entities import ENTITY_TYPES, Entity
from clew.pivots.description import EXAMPLES
from clew.pivots.registry import find_pivot, pivots_for

interactiveshell = pytest.importorskip("IPython.core.interactiveshell", reason="IPython is not installed")

PIVOTS = {f"{cls.__name__}.{name}": (cls, name) for cls in ENTITY_TYPES.values() for name in pivots_for(cls)}
#: Jedi infers what is offered from the signature alone: one pivot of each, in each menu.
SIGNATURES = {
    (name.partition(".")[0], *find_pivot(cls, name).signature.parameters): label
    for label, (cls, name) in PIVOTS.items()
}
COMPLETED = {f"plain-{label}": ("plain", *pivot) for label, pivot in PIVOTS.items()} | {
    f"jedi-{label}": ("jedi", *PIVOTS[label]) for label in SIGNATURES.values()
}


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[interactiveshell.InteractiveShell]:
    """IPython with no history, no file of its own, and the names of clew imported."""
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False  # a thread and a database that outlive the test
    with pytest.MonkeyPatch.context() as patch:
        for name in ("HOME", "IPYTHONDIR"):
            patch.setenv(name, str(tmp_path_factory.mktemp("ipython")))
        made = interactiveshell.InteractiveShell(config=config)
    made.user_ns |= {name: getattr(clew, name) for name in ("IpAddress", "Host")}
    yield made
    made.atexit_operations()
    atexit.unregister(made.atexit_operations)
    made.restore_sys_module_state()


@pytest.fixture(params=["jedi", "plain"])
def complete(shell, request) -> Callable[[str], set[str]]:
    """What Tab offers after a line, with either of IPython's two completers."""
    if request.param == "jedi":
        pytest.importorskip("jedi", reason="jedi is not installed")
    from IPython.core.completer import provisionalcompleter

    shell.Completer.use_jedi = request.param == "jedi"

    def complete(line: str) -> set[str]:
        with provisionalcompleter():
            return {found.text.lstrip(".") for found in shell.Completer.completions(line, len(line))}

    return complete


def subject(cls: type[Entity]) -> Entity:
    return eval(EXAMPLES[cls], {name: getattr(clew, name) for name in clew.__all__})


@pytest.mark.parametrize("cls", ENTITY_TYPES.values(), ids=lambda cls: cls.__name__)
def test_an_entity_completes_to_its_menus(shell, complete, cls):
    """`ip.` offers every menu, and `pivots`."""
    shell.user_ns["it"] = subject(cls)
    menus = {name.partition(".")[0] for name in pivots_for(cls)}
    assert menus | {"pivots"} <= complete("it.")


@pytest.mark.parametrize("cls", ENTITY_TYPES.values(), ids=lambda cls: cls.__name__)
def test_a_menu_completes_to_its_pivots(shell, complete, cls):
    """`ip.ti.` offers every pivot of the menu, on the entity and on the class."""
    shell.user_ns |= {"it": subject(cls), cls.__name__: cls}
    menus: dict[str, set[str]] = {}
    for name in pivots_for(cls):
        menu, _, pivot = name.partition(".")
        menus.setdefault(menu, set()).add(pivot)
    for menu, pivots in menus.items():
        assert pivots <= complete(f"it.{menu}.")
        assert pivots <= complete(f"{cls.__name__}.{menu}.")


@pytest.mark.parametrize(("complete", "cls", "name"), COMPLETED.values(), ids=COMPLETED, indirect=["complete"])
def test_a_pivot_completes_to_its_parameters(shell, complete, cls, name):
    """`ip.ti.abuseipdb(` offers `max_age_days=`."""
    shell.user_ns["it"] = subject(cls)
    offered = complete(f"it.{name}(")
    assert {f"{parameter}=" for parameter in find_pivot(cls, name).signature.parameters} <= offered


def test_a_beginning_completes_to_what_it_begins(shell, complete):
    """What is typed narrows what is offered, for menus, pivots and parameters alike."""
    shell.user_ns["ip"] = subject(clew.IpAddress)
    assert complete("ip.t") == {"ti"}
    assert complete("ip.ti.ab") == {"abuseipdb"}
    assert "max_age_days=" in complete("ip.ti.abuseipdb(max_")


def test_completing_asks_nobody(shell, complete, workspace, monkeypatch):
    """Tab runs no pivot."""
    monkeypatch.setattr(type(workspace), "perform", lambda *_: pytest.fail("a pivot was run"))
    shell.user_ns["ip"] = subject(clew.IpAddress)
    for line in ("ip.", "ip.ti.", "ip.ti.abuseipdb(", "ip.ti.abuseipdb().", "IpAddress.ti.abuseipdb.over("):
        complete(line)
