"""The plug-in keeps clew's contracts."""

from __future__ import annotations

from pathlib import Path

from clew_assets.blocklist import Blocklist
from clew_assets.menus import IpAssets
from clew_assets.owners import Assets

from clew.testing import MenuSuite, ProviderSuite

RECORDINGS = Path(__file__).parent / "recordings"


class TestAssets(ProviderSuite):
    provider = Assets
    recordings = RECORDINGS / "assets"


class TestBlocklist(ProviderSuite):
    provider = Blocklist
    recordings = RECORDINGS / "blocklist"


class TestIpAssets(MenuSuite):
    menu = IpAssets
