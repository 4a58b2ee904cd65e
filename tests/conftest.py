"""What holds for every test: no network but loopback, no file of the user's, the same examples everywhere."""

from __future__ import annotations

import gc
import ipaddress
import itertools
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from clew.demo.scenario import Scenario

# A package of its own, which is tested where it is installed.
collect_ignore = ["plugin"]
SHARED_DATA = Path(os.environ.get("CLEW_SHARED_DATA") or Path(__file__).parents[2] / "shared" / "data").resolve()
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",  # as root there is none
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1, EXCLUDE [::1]",
]

# A loaded machine is slow, and no property here is about that.
_UNTIMED = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("fast", max_examples=30, derandomize=True, **_UNTIMED)
settings.register_profile("push", max_examples=200, derandomize=True, **_UNTIMED)  # the same for everybody
settings.register_profile("long", max_examples=10_000, **_UNTIMED)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fast"))


# --- the network -----------------------------------------------------------------------------------------------------


def _is_local(host: object) -> bool:
    text = host.decode() if isinstance(host, bytes) else str(host or "localhost")
    try:
        return ipaddress.ip_address(text.partition("%")[0]).is_loopback
    except ValueError:
        return text == "localhost"


def _is_address(host: object) -> bool:
    try:
        ipaddress.ip_address(host.decode() if isinstance(host, bytes) else str(host))
    except ValueError:
        return False
    return True


def _guard(event: str, arguments: tuple[object, ...]) -> None:
    """Audit hook: it sees every socket of the process before a name is resolved or an address dialled."""
    if not event.startswith("socket."):
        return
    target: object = None
    match event, arguments:
        case (("socket.connect" | "socket.sendto" | "socket.sendmsg"), (socket.socket() as which, (host, *_))):
            if which.family in (socket.AF_INET, socket.AF_INET6) and not _is_local(host):
                target = host
        case (("socket.getaddrinfo" | "socket.gethostbyname" | "socket.gethostbyaddr"), (host, *_)):
            # An address written in digits resolves to itself: nobody is asked.
            if not _is_local(host) and not (event == "socket.getaddrinfo" and _is_address(host)):
                target = host
        case _:
            pass
    if target is not None:
        # Derived from BaseException: the code under test cannot take it for a connection error.
        raise pytest.fail.Exception(f"a test reached for the network: {event} {target!r}")


sys.addaudithook(_guard)


# --- the user's files ------------------------------------------------------------------------------------------------


def _own_places(folder: Path) -> dict[str, str]:
    names = ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")
    return {"HOME": str(folder)} | {name: str(folder / name.lower()) for name in names}


def _unwanted() -> list[str]:
    """Variables that would make a test depend on who runs it: clew's own settings and proxies."""
    own = {name for name in os.environ if name.startswith("CLEW_")} - {"CLEW_SHARED_DATA"}
    return [*own, *(name for name in os.environ if name.lower().endswith("_proxy"))]


def pytest_configure(config: pytest.Config) -> None:
    """The examples in docstrings live outside of this folder: fixtures do not reach them, the environment does."""
    home = tempfile.mkdtemp(prefix="clew-tests-")
    config.add_cleanup(lambda: shutil.rmtree(home, ignore_errors=True))
    for name in _unwanted():
        del os.environ[name]
    os.environ |= _own_places(Path(home))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Modules and tests outlive every test: garbage is not looked for among them, which took a second each time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_sessionfinish() -> None:
    """What was set aside is garbage now; libraries that count their objects at the end find none left."""
    gc.unfreeze()


@pytest.fixture(scope="session")
def _homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home for each test. pytest would number them by listing all that there are, which takes longer with each."""
    folder = tmp_path_factory.mktemp("homes")
    return (folder / str(number) for number in itertools.count())


@pytest.fixture(autouse=True)
def _own_user(_homes: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    home = next(_homes)
    home.mkdir()
    for name in _unwanted():
        monkeypatch.delenv(name)
    for name, value in _own_places(home).items():
        monkeypatch.setenv(name, value)


# --- what tests ask for ----------------------------------------------------------------------------------------------


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Support modules and typing samples hold no tests; looking for examples in them would run them."""
    is_other_python = collection_path.suffix == ".py" and not collection_path.name.startswith(("test_", "conftest"))
    return True if is_other_python else None


@pytest.fixture(scope="session")
def shared_data() -> Callable[[str], Path]:
    """`shared_data("evtx-attack")`: a folder of real data, in CLEW_SHARED_DATA or beside the checkout; else a skip."""

    def folder(name: str) -> Path:
        path = SHARED_DATA / name
        if not path.is_dir():
            pytest.skip(f"no real data: {name} is not in {SHARED_DATA} (CLEW_SHARED_DATA names another folder)")
        return path

    return folder


@pytest.fixture(scope="session")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    """The made-up incident, written once for all tests of a process, which only read it."""
    from clew.demo.scenario import write_scenario

    return write_scenario(tmp_path_factory.mktemp("scenario"))


@pytest.fixture(scope="session")
def share_logs(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Path]:
    """`share_logs(cache)`: a cache that has the logs which other tests have read, and nothing else of theirs."""
    logs = tmp_path_factory.mktemp("logs")

    def share(cache: Path) -> Path:
        cache.mkdir(parents=True, exist_ok=True)
        (cache / "logs").symlink_to(logs)
        return cache

    return share


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real headless browser that reaches loopback only; a skip where none is installed."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.skip(f"no browser: none of {', '.join(BROWSERS)} is installed")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=program, args=CHROMIUM_ARGUMENTS)
        yield opened
        opened.close()
