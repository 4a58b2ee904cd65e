"""The labels under which registries write what they know of a name, out of `registration_labels.yaml`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_FILE = "registration_labels.yaml"


@dataclass(frozen=True, slots=True)
class RegistrationLabels:
    """Labels in lower case, by what stands behind them; the surest first."""

    creation: Sequence[str]
    change: Sequence[str]
    expiry: Sequence[str]
    registrar: Sequence[str]
    registrant: Sequence[str]
    country: Sequence[str]
    abuse_mail: Sequence[str]
    abuse_phone: Sequence[str]
    status: Sequence[str]
    referral: Sequence[str]


@cache
def load_labels() -> RegistrationLabels:
    """The labels, read once."""
    # Loaded here: who asks no WHOIS server needs no YAML.
    from clew.yaml_files import read_yaml

    text = (files("clew.providers.whois") / _FILE).read_text("utf-8")
    return RegistrationLabels(**{name: tuple(labels) for name, labels in read_yaml(text, _FILE).items()})
