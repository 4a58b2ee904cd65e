"""The worked example of CONTRIBUTING.md works: its provider keeps the contract on its recording."""

import importlib
import re
from pathlib import Path

import pytest

from clew.testing import ProviderSuite
from clew.testing.providers import UPDATE
from clew.testing.recordings import Recording

PAGE = Path(__file__).parents[2] / "CONTRIBUTING.md"


def code_block(language: str, word: str) -> str:
    """The one block of a language that has a word in it."""
    if not PAGE.exists():
        pytest.skip(f"{PAGE.name} is not beside the tests here")
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    (block,) = (block for block in blocks if word in block)
    return block


@pytest.fixture
def suite(tmp_path, monkeypatch):
    """The contract over the provider and the recording of the page, as modules and files of their own."""
    (tmp_path / "docshield.py").write_text(code_block("python", "class Docshield"), "utf-8")
    (tmp_path / "ip.json").write_text(code_block("json", '"operation"'), "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=":")
    module = importlib.import_module("docshield")
    return type("Suite", (ProviderSuite,), {"provider": module.Docshield, "recordings": tmp_path})()


def test_the_provider_of_the_page_keeps_the_contract(suite, monkeypatch):
    """The first run writes the finding, as the page says; then every law holds."""
    monkeypatch.setenv(UPDATE, "1")
    suite.test_recorded_replies_give_the_recorded_findings()
    monkeypatch.delenv(UPDATE)
    laws = [getattr(suite, name) for name in dir(suite) if name.startswith("test_")]
    assert len(laws) >= 12
    for law in laws:
        law()


def test_the_finding_of_the_page_says_what_its_reply_says(suite, monkeypatch):
    """Forty-one reports of a blocked address are malicious, and its name is a link with a pointer."""
    monkeypatch.setenv(UPDATE, "1")
    suite.test_recorded_replies_give_the_recorded_findings()
    finding = Recording.load(suite.recordings / "ip.json").finding
    assert (finding["reason"], finding["verdict"], finding["severity"]) == ("41 reports", "malicious", "high")
    assert [link["pointers"] for link in finding["links"]] == [["/names/0"]]
