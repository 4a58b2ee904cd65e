"""The keys of one batch of asks: each is looked up once, and once more when its source refuses it."""

from __future__ import annotations

import threading

from clew.errors import AskRefused, AskSkipped
from clew.providers.base import Provider
from clew.providers.web.api_keys import Keys, Secret


class KeyCache:
    """Keys that were looked up, and the sources that refused them."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._lock = threading.Lock()
        self._secrets: dict[str, Secret | AskSkipped | None] = {}
        self._renewed_providers: set[str] = set()
        self._stopped_providers: set[str] = set()

    def secret(self, provider: type[Provider]) -> Secret | None:
        """The key of a provider; None for one that needs none. Raises AskSkipped where there is none to be had."""
        with self._lock:
            if provider.name not in self._secrets:
                self._secrets[provider.name] = self._look_up(provider)
            result = self._secrets[provider.name]
        if isinstance(result, AskSkipped):
            raise AskSkipped(result.message, kind=result.kind, next_step=result.next_step, sent=False)
        return result

    def check(self, provider: type[Provider]) -> None:
        """Raises AskRefused for a source that has refused the key: it is not asked again in this batch."""
        with self._lock:
            if provider.name in self._stopped_providers:
                raise key_refusal(provider, 401, was_sent=False)

    def renew_secret(self, provider: type[Provider], refused_secret: Secret) -> Secret | None:
        """A source does not take the key that was used: the one to try instead, if there is another by now."""
        with self._lock:
            if provider.name not in self._renewed_providers:
                self._renewed_providers.add(provider.name)
                self._secrets[provider.name] = self._look_up(provider)
            result = self._secrets[provider.name]
            if isinstance(result, Secret) and result.fingerprint != refused_secret.fingerprint:
                return result
            self._stopped_providers.add(provider.name)
            return None

    def _look_up(self, provider: type[Provider]) -> Secret | AskSkipped | None:
        try:
            return self._keys.secret(provider)
        except AskSkipped as error:
            return error


def key_refusal(provider: type[Provider], status: int, *, was_sent: bool = True) -> AskRefused:
    """What is said of a key that is not taken: the same for all asks of a batch."""
    next_step = f"check the key {provider.secret}" if provider.secret else ""
    return AskRefused(
        f"{provider.title} refused the key (status {status})", kind="key", next_step=next_step, sent=was_sent
    )
