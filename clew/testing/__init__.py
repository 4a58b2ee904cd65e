"""The contracts of clew as tests to inherit, for providers, menus and log engines of other packages and for its own."""

from clew.testing.log_engines import LogEngineSuite
from clew.testing.menus import MenuSuite
from clew.testing.providers import ProviderSuite
from clew.testing.recordings import Recording, record

__all__ = ["LogEngineSuite", "MenuSuite", "ProviderSuite", "Recording", "record"]
