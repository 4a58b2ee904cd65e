"""Settings come from the environment and one file, and a wrong one is named with its place."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import platformdirs
import pytest

from clew.errors import SettingsError
from clew.settings import Settings


@pytest.fixture
def written(tmp_path, monkeypatch):
    """A writer of the settings file, which is then the one in force."""

    def write(content: str | bytes) -> Path:
        path = tmp_path / "clew.toml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        monkeypatch.setenv("CLEW_CONFIG", str(path))
        return path

    return write


def test_there_need_be_no_settings(monkeypatch):
    """Without a file and variables nothing is set, and the cache is the user's own."""
    monkeypatch.setenv("USER", "alice")
    cache, store = platformdirs.user_cache_path("clew"), platformdirs.user_data_path("clew") / "feeds"
    assert Settings.load() == Settings(analyst="alice", cache=cache, feeds_store=store)


def test_a_file_sets_everything(written):
    """Each setting can stand in the file, under its own name."""
    written(
        'feeds = ["/a.csv", "~/b.csv"]\ngeoip = "/g.mmdb"\noffline = true\nown_domains = ["Corp.Example"]\n'
        'analyst = "bob"\ncache = "/c"\nfeeds_store = "/f"\nwarninglists = ["/w"]\n'
    )
    home = Path("~").expanduser()
    assert Settings.load() == Settings(
        feeds=(Path("/a.csv"), home / "b.csv"),
        geoip=(Path("/g.mmdb"),),
        offline=True,
        own_domains=("corp.example",),
        analyst="bob",
        cache=Path("/c"),
        feeds_store=Path("/f"),
        warninglists=(Path("/w"),),
    )


def test_databases_are_a_list_or_one_path(written, monkeypatch):
    """`geoip` is a list as `feeds` is; one text is one path; in the environment they are separated as PATH is."""
    for content, expected in (
        ('geoip = "/a b.mmdb"', ("/a b.mmdb",)),
        ('geoip = ["/a.mmdb", "/b"]', ("/a.mmdb", "/b")),
    ):
        written(content)
        assert Settings.load().geoip == tuple(map(Path, expected))
    monkeypatch.setenv("CLEW_GEOIP", os.pathsep.join(["/x.mmdb", "/y"]))
    assert Settings.load().geoip == (Path("/x.mmdb"), Path("/y"))


def test_the_environment_wins(written, monkeypatch):
    """A variable counts before the file; an empty one does not count."""
    written('analyst = "bob"\noffline = true\ngeoip = "/g.mmdb"\n')
    monkeypatch.setenv("CLEW_ANALYST", "carol")
    monkeypatch.setenv("CLEW_OFFLINE", "no")
    monkeypatch.setenv("CLEW_GEOIP", "")
    monkeypatch.setenv("CLEW_FEEDS", os.pathsep.join(["/x.csv", "/y.csv"]))
    settings = Settings.load()
    assert (settings.analyst, settings.offline, settings.geoip) == ("carol", False, (Path("/g.mmdb"),))
    assert settings.feeds == (Path("/x.csv"), Path("/y.csv"))


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("analist = 'bob'", "no setting 'analist'"),
        ("secret = 'x'", "offline, own_domains"),
        *((f"deadline = {wrong}", "'deadline' cannot be") for wrong in ("0", "-1", "3601", "true", "'soon'", "nan")),
        ("reply_cache = '1 MB'", "'reply_cache' cannot be '1 MB'"),
        ("keys = 1", "'keys' cannot be 1"),
        ("offline = 'perhaps'", "'offline' cannot be 'perhaps'"),
        ("offline = 1", "'offline' cannot be 1"),
        ("feeds = 'a.csv'", "'feeds' cannot be 'a.csv'"),
        ("feeds = [1]", "'feeds' cannot be [1]"),
        ("own_domains = [['a']]", "'own_domains' cannot be"),
        ("geoip = 5", "'geoip' cannot be 5"),
        ("analyst = ", "cannot be read"),
        (b"analyst = '\xff'", "cannot be read"),
    ],
)
def test_a_wrong_setting_is_named(written, content, what):
    """An unknown name, a value of the wrong kind or a damaged file is an error with its place."""
    path = written(content)
    with pytest.raises(SettingsError) as refused:
        Settings.load()
    assert what in str(refused.value)
    assert str(path) in str(refused.value)


def test_a_file_that_is_named_has_to_be_there(monkeypatch, tmp_path):
    """A missing file is an error only where somebody named it."""
    monkeypatch.setenv("CLEW_CONFIG", str(tmp_path / "gone.toml"))
    with pytest.raises(SettingsError, match=r"gone\.toml"):
        Settings.load()
    monkeypatch.setenv("CLEW_OFFLINE", "maybe")
    monkeypatch.delenv("CLEW_CONFIG")
    with pytest.raises(SettingsError, match="CLEW_OFFLINE"):
        Settings.load()


def test_settings_hold_no_secrets(monkeypatch):
    """A key in the environment is no setting: it is in no field and no repr."""
    monkeypatch.setenv("CLEW_ABUSEIPDB_KEY", "canary-0123456789")
    assert "canary" not in repr(Settings.load())


def test_own_domains_in_the_environment_are_parted_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names are written as people write lists: with commas, spaces or colons between them."""
    monkeypatch.setenv("CLEW_OWN_DOMAINS", "Corp.example, a.example:b.example,")
    assert Settings.load().own_domains == ("corp.example", "a.example", "b.example")


def test_what_concerns_services_can_be_set(written, monkeypatch):
    """Where keys are, how long a call may take, and how much of replies is kept."""
    written('keys = "/k.toml"\ndeadline = 5\nreply_cache = "2 GiB"\n')
    settings = Settings.load()
    assert (settings.keys, settings.deadline, settings.reply_cache) == (Path("/k.toml"), 5.0, 2 * 2**30)
    monkeypatch.setenv("CLEW_DEADLINE", "2.5")
    monkeypatch.setenv("CLEW_REPLY_CACHE", "0")
    assert (Settings.load().deadline, Settings.load().reply_cache) == (2.5, 0)


def test_who_is_asked_and_believed_can_be_set(written, monkeypatch):
    """Sources by name, and what their word counts, as a table or as text in the environment."""
    written('providers = ["Tor"]\ndisabled_providers = ["otx"]\nagree = 2\n[weights]\notx = 0.5\nfeed = 2\n')
    settings = Settings.load()
    assert (settings.providers, settings.disabled_providers, settings.agree) == (("tor",), ("otx",), 2.0)
    assert settings.weights == {"otx": 0.5, "feed": 2.0}
    monkeypatch.setenv("CLEW_WEIGHTS", "otx=0, feed=3")
    monkeypatch.setenv("CLEW_PROVIDERS", "tor crtsh")
    assert Settings.load().weights == {"otx": 0.0, "feed": 3.0}
    assert Settings.load().providers == ("tor", "crtsh")


def test_what_an_account_allows_can_be_set(written, monkeypatch):
    """Calls in a time by the name of a source, several of them at once or none, as a table or as text."""
    written('[quotas]\nVirusTotal = "1000 / minute + 30000/day"\notx = "none"\n')
    minute, day = timedelta(minutes=1), timedelta(days=1)
    assert Settings.load().quotas == {"virustotal": ((1000, minute), (30_000, day)), "otx": ()}
    monkeypatch.setenv("CLEW_QUOTAS", "virustotal=5/minute+9/day,otx=none")
    assert Settings.load().quotas == {"virustotal": ((5, minute), (9, day)), "otx": ()}


def test_a_quota_that_is_none_says_how_to_write_one(monkeypatch):
    """The error names the variable, what stands there, and the form."""
    monkeypatch.setenv("CLEW_QUOTAS", "otx=5/fortnight")
    with pytest.raises(SettingsError, match="1000/minute") as error:
        Settings.load()
    assert "CLEW_QUOTAS" in str(error.value)
    assert "otx=5/fortnight" in str(error.value)


@pytest.mark.parametrize(
    "content",
    [
        "quotas = 5",
        'quotas = { otx = "5" }',
        'quotas = { otx = "0/day" }',
        'quotas = { otx = "5/fortnight" }',
        'quotas = { otx = "" }',
        "quotas = { otx = 5 }",
        'quotas = "otx"',
        'quotas = { otx = "5/day+" }',
        "agree = 0",
        "agree = -1",
        "agree = true",
        'agree = "many"',
        "agree = nan",
        "weights = 5",
        "weights = { otx = -1 }",
        'weights = { otx = "much" }',
        "weights = { otx = true }",
        'providers = "tor"',
        "providers = [5]",
        "deadline = inf",
        'offline = "maybe"',
        "offline = 1",
        "reply_limit = 1.5",
        "geoip = 7",
        "keys = []",
    ],
)
def test_what_a_setting_cannot_be_is_told_with_its_name(written, content):
    """A value of the wrong kind is an error that names the setting, and is not taken for another."""
    written(content)
    with pytest.raises(SettingsError, match=f"'{content.partition(' ')[0]}' cannot be"):
        Settings.load()
