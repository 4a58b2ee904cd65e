"""The keys of one batch of asks: each is looked up once, and once more when its source refuses it."""

from __future__ import annotations

import threading

from clew.errors import AskRefused, AskSkipped
from clew.providers.base import Provider
from clew.providers.web.secrets import Keys, Secret


class Ring:
    """Keys that were looked up, and the sources that refused them."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._turn = threading.Lock()
        self._found: dict[str, Secret | AskSkipped | None] = {}
        self._renewed: set[str] = set()
        self._stopped: set[str] = set()

    def secret(self, provider: type[Provider]) -> Secret | None:
        """The key of a provider; None for one that needs none. Raises AskSkipped where there is none to be had."""
        with self._turn:
            if provider.name not in self._found:
                self._found[provider.name] = self._looked_up(provider)
            found = self._found[provider.name]
        if isinstance(found, AskSkipped):
            raise AskSkipped(found.what, kind=found.kind, next_step=found.next_step, sent=False)
        return found

    def check(self, provider: type[Provider]) -> None:
        """Raises AskRefused for a source that has refused the key: it is not asked again in this batch."""
        with self._turn:
            if provider.name in self._stopped:
                raise key_refused(provider, 401, sent=False)

    def refused(self, provider: type[Provider], used: Secret) -> Secret | None:
        """A source does not take the key that was used: the one to try instead, if there is another by now."""
        with self._turn:
            if provider.name not in self._renewed:
                self._renewed.add(provider.name)
                self._found[provider.name] = self._looked_up(provider)
            found = self._found[provider.name]
            if isinstance(found, Secret) and found.fingerprint != used.fingerprint:
                return found
            self._stopped.add(provider.name)
            return None

    def _looked_up(self, provider: type[Provider]) -> Secret | AskSkipped | None:
        try:
            return self._keys.secret(provider)
        except AskSkipped as error:
            return error


def key_refused(provider: type[Provider], status: int, *, sent: bool = True) -> AskRefused:
    """What is said of a key that is not taken: the same for all asks of a batch."""
    step = f"check the key {provider.secret}" if provider.secret else ""
    return AskRefused(f"{provider.title} refused the key (status {status})", kind="key", next_step=step, sent=sent)
