"""Packages beside clew: what they add, and what becomes of those that are broken."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "plugin"
Run = Callable[[str], str]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the example was really installed into."""
    pytest.importorskip("hatchling", reason="installing a package needs its build tool")
    pytest.importorskip("pip", reason="installing a package needs pip")
    target = tmp_path_factory.mktemp("installed")
    copy = tmp_path_factory.mktemp("source") / "plugin"
    subprocess.run(["cp", "-r", str(PACKAGE), str(copy)], check=True)
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-index",
        "--no-deps",
        "--no-build-isolation",
        "--disable-pip-version-check",
        "--target",
        str(target),
        str(copy),
    ]
    # What `make` says of installs is not of this one: newer versions of pip refuse both together.
    plain = {name: value for name, value in os.environ.items() if name != "PIP_BUILD_CONSTRAINT"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=plain)
    assert done.returncode == 0, done.stderr
    return target


def offer(folder: Path, package: str, group: str, name: str, where: str) -> None:
    """A package's metadata, as installing it would leave them."""
    info = folder / f"{package.replace('-', '_')}-1.0.dist-info"
    info.mkdir(parents=True, exist_ok=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{group}]\n{name} = {where}\n")


def python(folder: Path, code: str) -> str:
    """What a fresh process prints in which the folder is installed."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])}
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_an_installed_menu_is_a_menu_of_the_entity(installed: Path):
    """A menu of another package is called, waited for, asked over a column and found by name as clew's own are."""
    told = python(
        installed,
        """
import asyncio, json
from clew import IpAddress
from clew.pivots import search
from clew.pivots.registry import failures, find_pivot
ip = IpAddress("198.51.100.7")
print(json.dumps([
    str(ip.assets.owner().fact("asset_site")),
    asyncio.run(ip.assets.owner.aio(with_site=False)).reason,
    IpAddress.assets.owner.over(["198.51.100.7", "192.0.2.1", None])["status"].tolist(),
    find_pivot(IpAddress, "assets.owner").about,
    [card.name for card in ip.pivots() if "assets" in card.name],
    [card.name for card in search("who owns")],
    "assets" in dir(ip), dir(ip.assets), list(map(str, failures())),
]))""",
    )
    about = "Who owns the machine at the address, and where it stands."
    assert json.loads(told) == [
        "Vienna",
        "belongs to CORP\\alice",
        ["found", "nothing", "empty"],
        about,
        ["assets.owner"],
        ["assets.owner"],
        True,
        ["owner"],
        [],
    ]


def test_an_installed_provider_joins_the_look_up(installed: Path):
    """A provider of another package is a row of the menu that it joins, and its verdict is part of the look-up."""
    told = python(
        installed,
        """
from clew import IpAddress, configure
configure(offline=True)
found = IpAddress("203.0.113.66").ti.lookup()
print(found.verdict, [part.provider for part in found.parts], IpAddress.ti.blocklist.over(["192.0.2.1"])["status"][0])
print(IpAddress("203.0.113.66").ti.lookup(providers=["blocklist"]).reason)
""",
    )
    assert told.splitlines() == [
        "malicious ['feed', 'blocklist'] nothing",
        "blocklist: blocked by the firewall",
    ]


def test_a_menu_can_be_reached_by_its_class(installed: Path):
    """`via` gives the menu of a class, for type checkers that cannot see what is installed."""
    told = python(
        installed,
        """
from clew import IpAddress
from clew_assets.menus import IpAssets
print(IpAddress("10.0.0.8").via(IpAssets).owner().reason)
""",
    )
    assert told == "belongs to CORP\\bob"


def test_a_case_replays_what_a_plug_in_answered(installed: Path, tmp_path: Path):
    """A pivot of another package is recorded and replayed; without the package the replay says what is missing."""
    file = tmp_path / "ir.clew"
    told = python(
        installed,
        f"""
from clew import Investigation, IpAddress
with Investigation.open({str(file)!r}) as case:
    IpAddress("198.51.100.7").assets.owner()
    print(len(case.tables.claims()))
print(Investigation.replay({str(file)!r}).identical)
""",
    )
    assert told.split() == ["1", "True"]
    said = python(
        tmp_path,
        f"""
from clew import Investigation
from clew.errors import CaseError
try:
    Investigation.replay({str(file)!r})
except CaseError as error:
    print(error.message)
""",
    )
    assert "assets.owner, cannot be run again: IpAddress has no pivot 'assets.owner'" in said


def test_nothing_of_a_plug_in_is_imported_before_it_is_used(installed: Path):
    """`import clew` and clew's own menus import no other package but those that join the menu."""
    told = python(
        installed,
        """
import sys
from clew import IpAddress
IpAddress("198.51.100.7").net.kind()
print("clew_assets" in sys.modules)
""",
    )
    assert told == "False"


def test_the_example_keeps_the_contracts(installed: Path):
    """The tests that the example inherits from `clew.testing` pass where it is installed."""
    environment = os.environ | {"PYTHONPATH": str(installed)}
    options = ["-q", "-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", str(PACKAGE)]
    command = [sys.executable, "-m", "pytest", *options, str(PACKAGE / "tests")]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout


BROKEN = {
    "import": ("clew.pivots", "IpAddress.broken", "clew_broken:Menu", "it cannot be imported: ZeroDivisionError"),
    "exits": ("clew.pivots", "Host.exits", "clew_exits:Menu", "it cannot be imported: SystemExit"),
    "absent": ("clew.pivots", "Host.absent", "clew_absent:Menu", "it cannot be imported: ModuleNotFoundError"),
    "attribute": ("clew.pivots", "Host.attribute", "json:Menu", "it cannot be imported: AttributeError"),
    "no-menu": ("clew.pivots", "Host.none", "json:JSONDecoder", "it is no menu"),
    "other-entity": (
        "clew.pivots",
        "Host.geo",
        "clew.pivots.menus.geo:IpGeo",
        "it is a menu of IpAddress, not of Host",
    ),
    "other-name": ("clew.pivots", "IpAddress.gio", "clew.pivots.menus.geo:IpGeo", "it calls itself 'geo'"),
    "taken-menu": (
        "clew.pivots",
        "IpAddress.ti",
        "json:JSONDecoder",
        "taken by clew itself (clew.pivots.menus.ti:IpTi)",
    ),
    "taken-field": ("clew.pivots", "IpAddress.value", "json:JSONDecoder", "taken by clew itself (IpAddress.value)"),
    "no-entity": ("clew.pivots", "Robot.arms", "json:JSONDecoder", "'Robot.arms' is not Entity.menu"),
    "no-menu-name": ("clew.pivots", "robot", "json:JSONDecoder", "'robot' is not Entity.menu"),
    "provider": ("clew.providers", "ti.broken", "clew_broken:Provider", "it cannot be imported: ZeroDivisionError"),
    "no-provider": ("clew.providers", "ti.none", "json:JSONDecoder", "it is no provider"),
    "no-row": ("clew.providers", "broken", "json:JSONDecoder", "'broken' is not menu.provider"),
    "taken-row": ("clew.providers", "ti.feed", "clew.providers.local.feeds:LocalFeed", "ti.feed is taken by clew"),
    "other-row": ("clew.providers", "ti.fed", "clew.providers.local.feeds:LocalFeed", "it calls itself 'feed'"),
}


@pytest.fixture(scope="module")
def told_by_clew(tmp_path_factory: pytest.TempPathFactory) -> list[list[str]]:
    """Each failure and its traceback, in a process where all broken packages are installed and clew is used."""
    folder = tmp_path_factory.mktemp("broken")
    (folder / "clew_broken.py").write_text("1 / 0\n")
    (folder / "clew_exits.py").write_text("raise SystemExit(3)\n")
    for package, (group, name, where, _) in BROKEN.items():
        offer(folder, package, group, name, where)
    said = python(
        folder,
        """
import json
from clew import IpAddress, configure
from clew.pivots.registry import failures, own_pivots
configure(offline=True)
ip = IpAddress("198.51.100.7")
assert ip.net.kind().fact("ip_kind") == "documentation" and ip.ti.lookup().parts
assert len(ip.pivots()) == len(own_pivots(IpAddress)) > 9
assert hasattr(ip, "geo") and not hasattr(ip, "broken") and dir(ip)
print(json.dumps([[str(failure), failure.traceback] for failure in failures()]))
""",
    )
    return json.loads(said)


@pytest.mark.parametrize("package", BROKEN)
def test_a_broken_plug_in_is_seen_and_breaks_nothing_else(told_by_clew: list[list[str]], package: str):
    """What cannot be used is a failure that names the package and the reason; clew's own pivots work as ever."""
    found = [failure for failure in told_by_clew if failure[0].startswith(f"{package} 1.0 (")]
    assert found
    assert all(BROKEN[package][3] in what for what, _ in found)
    assert all(("Traceback" in traceback) == ("cannot be imported" in what) for what, traceback in found)


def test_a_menu_that_cannot_be_used_says_why(tmp_path: Path):
    """Naming it is an error that says which package is wrong and where to look."""
    offer(tmp_path, "clew-wrong", "clew.pivots", "IpAddress.broken", "clew_absent:Menu")
    told = python(
        tmp_path,
        """
from clew import IpAddress
from clew.errors import PluginError
try:
    IpAddress("198.51.100.7").broken
except PluginError as error:
    print(error)
""",
    )
    assert "it cannot be imported: ModuleNotFoundError: No module named 'clew_absent'" in told
    assert "clew-wrong 1.0 (clew_absent:Menu)" in told
    assert "next: clew doctor" in told


def test_two_packages_with_one_name_are_both_named(tmp_path: Path):
    """A name that two packages claim is neither's, and the error names both."""
    offer(tmp_path, "clew-one", "clew.pivots", "IpAddress.mine", "one:Menu")
    offer(tmp_path, "clew-two", "clew.pivots", "IpAddress.mine", "two:Menu")
    told = python(
        tmp_path,
        """
from clew import IpAddress
from clew.errors import PluginError
try:
    IpAddress.mine
except PluginError as error:
    print(error)
""",
    )
    assert "IpAddress.mine is offered twice" in told
    assert "clew-one 1.0" in told
    assert "clew-two 1.0" in told


def test_the_doctor_shows_plug_ins(installed: Path, tmp_path: Path):
    """`clew doctor` lists what is installed, shows the traceback on request, and ends with 1 where something fails."""
    offer(tmp_path, "clew-wrong", "clew.pivots", "Host.broken", "clew_absent:Menu")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(installed), str(tmp_path)])}
    command = [sys.executable, "-c", "from clew.cli import main; main()", "doctor", "--details"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 1
    assert "plug-in IpAddress.assets" in done.stdout
    assert "clew-assets 1.0 (clew_assets.menus:IpAssets)" in done.stdout
    assert "ModuleNotFoundError: No module named 'clew_absent'" in done.stdout
    assert "Traceback" in done.stdout
