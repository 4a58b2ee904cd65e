"""The contracts of clew as tests to inherit, for providers and menus of other packages and for its own."""

from clew.testing.menus import MenuSuite
from clew.testing.providers import ProviderSuite
from clew.testing.recordings import Recording, record

__all__ = ["MenuSuite", "ProviderSuite", "Recording", "record"]
