"""The ways to all sources: a table from the channel that an ask names to what makes it.

Each maker stands beside its channel and is loaded when an ask first needs it: a pivot that stays here loads no network.
What other packages bring along is no part of the table: their providers say it themselves (`Provider.channels`).
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from clew.providers.base import Channel

if TYPE_CHECKING:
    from clew.feeds.lookup import Feeds
    from clew.logs.engines.protocol import LogSource
    from clew.providers.web.api_keys import Keys
    from clew.providers.web.connections import Connections
    from clew.providers.web.quota import Quotas
    from clew.providers.web.reply_cache import ReplyCache
    from clew.settings import Settings

#: Where the maker of each channel is: a function from a `ChannelContext` to a `Channel`.
MAKERS: Mapping[str, str] = MappingProxyType(
    {
        "http": "clew.providers.web.http_channel:make_channel",
        "logs": "clew.providers.local.logs:make_channel",
        "feed": "clew.providers.local.feed_channel:make_channel",
        "geo": "clew.providers.geo.geo_channel:make_channel",
        "whois": "clew.providers.whois.whois_channel:make_channel",
        "dns": "clew.providers.dns.dns_channel:make_channel",
    }
)
#: Channels that open connections past HTTP. What replaces the network speaks HTTP: then nobody else is asked.
PAST_HTTP = frozenset({"whois", "dns"})


class Resources(Protocol):
    """What channels are made of and share; each is made when it is first needed."""

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        ...

    @property
    def feeds(self) -> Feeds:
        """The local feeds."""
        ...

    @property
    def keys(self) -> Keys:
        """Where the keys of services are looked for."""
        ...

    @property
    def connections(self) -> Connections:
        """The ways to services, and the network behind them."""
        ...

    @property
    def reply_cache(self) -> ReplyCache | None:
        """What services said that is still good; None where nothing is kept."""
        ...

    @property
    def quotas(self) -> Quotas:
        """The calls that services allow."""
        ...


@dataclass(frozen=True, slots=True)
class ChannelContext:
    """What the maker of a channel is given.

    Attributes:
        logs: the connected logs that are asked.
        fresh: ask services again, also where a good reply is kept.
    """

    resources: Resources
    logs: tuple[LogSource, ...] = ()
    fresh: bool = False


class LazyChannels(Mapping[str, Channel]):
    """The channels of one batch of asks, by name; what has been made stays."""

    def __init__(self, context: ChannelContext) -> None:
        self._context = context
        self._channels: dict[str, Channel] = {}

    def __getitem__(self, name: str) -> Channel:
        if name not in self._channels:
            self._channels[name] = self._maker(name)(self._context)
        return self._channels[name]

    def __iter__(self) -> Iterator[str]:
        return (name for name in MAKERS if self._is_reachable(name))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _maker(self, name: str) -> Callable[[ChannelContext], Channel]:
        """Raises KeyError where there is none, as mappings do."""
        target = MAKERS[name]
        if not self._is_reachable(name):
            raise KeyError(name)
        module, _, function = target.partition(":")
        maker: Callable[[ChannelContext], Channel] = getattr(importlib.import_module(module), function)
        return maker

    def _is_reachable(self, name: str) -> bool:
        return name not in PAST_HTTP or self._context.resources.connections.is_real
