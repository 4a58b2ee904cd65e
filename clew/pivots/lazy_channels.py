"""The channels of a workspace, each made when it is first needed: a pivot that stays here loads no network."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from clew.providers.base import Channel


class LazyChannels(Mapping[str, Channel]):
    """Channels by the name that asks give; what has been made stays."""

    def __init__(self, makers: Mapping[str, Callable[[], Channel]]) -> None:
        self._makers = makers
        self._channels: dict[str, Channel] = {}

    def __getitem__(self, name: str) -> Channel:
        if name not in self._channels:
            self._channels[name] = self._makers[name]()
        return self._channels[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)
