"""What pivots need around them: settings, connected logs, feeds, keys, and the ways to all sources."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from itertools import starmap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clew.entities import Entity, Finding, Key
from clew.entities.finding import Scalar
from clew.entities.shared_values import shared_values
from clew.entities.times import ANY_TIME
from clew.errors import AskError
from clew.logs.log_hints import NO_HINTS, LogHints
from clew.pivots.execution import aexecute, execute, execute_all
from clew.pivots.invocation import Invocation, Pivot, resolve_arguments
from clew.pivots.lookup_policy import LookupPolicy, VerdictRule, source_name
from clew.providers.base import Provider, Quota
from clew.providers.channels import ChannelContext, LazyChannels
from clew.providers.exchange import Answer, NoRecordings, Recordings
from clew.providers.gate import Gate
from clew.providers.runner import Runner
from clew.providers.web.clock import now
from clew.settings import Settings

if TYPE_CHECKING:
    import httpx

    from clew.feeds.lookup import Feeds
    from clew.logs.engines.protocol import LogSource
    from clew.providers.web.api_keys import Keys
    from clew.providers.web.connections import Connections
    from clew.providers.web.quota import Quotas
    from clew.providers.web.reply_cache import ReplyCache


class Workspace:
    """What pivots need around them: settings, connected logs, and the ways to other sources.

    Args:
        settings: read from the environment and the settings file when first needed, if not given.
        transport: replaces the network.
    """

    def __init__(
        self, settings: Settings | None = None, *, transport: Callable[[], httpx.BaseTransport] | None = None
    ) -> None:
        self._initial_settings = settings
        self._transport = transport
        self._shared_connections: Connections | None = None
        self.logs: tuple[LogSource, ...] = ()
        #: What queries are asked about that say no time of their own.
        self.window = ANY_TIME

    # What is made once is a cached property below a plain one: a protocol (`Resources`) sees no cached ones.

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self._settings

    @cached_property
    def _settings(self) -> Settings:
        return self._initial_settings or Settings.load()

    @property
    def feeds(self) -> Feeds:
        """The local feeds, and the warning lists beside them. None is opened before it is asked."""
        return self._feeds

    @cached_property
    def _feeds(self) -> Feeds:
        # Loaded here: the readers of all formats come with it.
        from clew.feeds.lookup import Feeds
        from clew.feeds.store import FeedStore
        from clew.feeds.warninglists import Warninglists

        folder = self.settings.feeds_store
        store = FeedStore(folder) if folder is not None else None
        return Feeds(self.settings.feeds, store, Warninglists(self.settings.warninglists))

    def shared_reason(self, key: Key) -> str:
        """Why a value identifies nothing, because unrelated things share it; empty if it may."""
        reason = shared_values().get(key, "")
        if reason or not self.settings.warninglists:
            return reason
        lists = self.feeds.warninglists.names(key)
        return f"on the warning list {lists[0]}" if lists else ""

    def with_settings(self, settings: Settings) -> Workspace:
        """A workspace with other settings, and the same logs and window."""
        other = Workspace(settings, transport=self._transport)
        other.logs, other.window, other._shared_connections = self.logs, self.window, self.connections
        return other

    def connect(self, location: str | Path, hints: LogHints = NO_HINTS) -> LogSource:
        """Make logs queryable, with what is said of them. Raises ConnectError."""
        # Loaded here: many sessions have no logs.
        from clew.logs.engines.registry import add_source, open_source

        source = open_source(str(location), self.settings.cache, hints)
        self.logs = add_source(self.logs, source)
        self.trim_log_cache(self.logs)
        return source

    def trim_log_cache(self, logs: tuple[LogSource, ...]) -> None:
        """Keep no more of logs that were read than the settings allow, besides those that are open."""
        from clew.logs.log_cache import trim_kept_logs

        trim_kept_logs(self.settings.cache, self.settings.log_cache, (log.description.location for log in logs))

    def runner(
        self,
        *,
        recordings: Recordings | None = None,
        clock: Callable[[], datetime] | None = None,
        extra_logs: tuple[LogSource, ...] = (),
        fresh: bool = False,
        gate: Gate | None = None,
    ) -> Runner:
        """A runner over everything that this workspace can reach, for one batch of asks.

        Args:
            fresh: ask services again, also where a good reply is kept.
            gate: that of a case; that of the settings, if not given.
        """
        channels = self._channels(extra_logs, fresh=fresh)
        return Runner(channels, recordings or NoRecordings(), gate or self.gate, clock or now)

    @cached_property
    def gate(self) -> Gate:
        """What may leave, by the settings."""
        settings = self.settings
        return Gate(
            settings.offline,
            settings.allow_active,
            settings.own_domains,
            disabled_providers=frozenset(map(source_name, settings.disabled_providers)),
        )

    @property
    def keys(self) -> Keys:
        """Where the keys of services are looked for."""
        from clew.providers.web.api_keys import Keys

        return Keys(self.settings.keys)

    @property
    def lookup_policy(self) -> LookupPolicy:
        """Whom look-ups ask, and when they believe them, by the settings. Each key is looked for once in its life."""
        settings = self.settings
        weights = {source_name(name): weight for name, weight in settings.weights.items()}
        cache: dict[str, bool] = {}

        def includes(provider: type[Provider]) -> bool:
            if provider.name not in cache:
                cache[provider.name] = self._includes(provider)
            return cache[provider.name]

        return LookupPolicy(includes, VerdictRule(settings.agree, weights))

    def _includes(self, provider: type[Provider]) -> bool:
        if provider.name in self.gate.disabled_providers:
            return False
        # Who is named is asked also without the key: then it is skipped, and says what is missing.
        is_named = provider.name in map(source_name, self.settings.providers)
        return not provider.leaves or is_named or self.keys.has(provider)

    def forget_replies(self) -> None:
        """Forget what services said that is kept in the cache folder; cases keep what they have."""
        if self.reply_cache is not None:
            self.reply_cache.clear()

    @property
    def connections(self) -> Connections:
        """The ways to services: the same for all threads, and for each workspace that is made of this one."""
        from clew.providers.web.connections import Connections

        if self._shared_connections is None:
            self._shared_connections = Connections(self._transport)
        return self._shared_connections

    @property
    def reply_cache(self) -> ReplyCache | None:
        """What services said. What a made-up network says is kept nowhere."""
        return self._reply_cache

    @cached_property
    def _reply_cache(self) -> ReplyCache | None:
        from clew.providers.web.reply_cache import ReplyCache

        size = self.settings.reply_cache if self.connections.is_real else 0
        return ReplyCache(self.settings.cache / "web", size, self.connections.clock) if size else None

    @property
    def quotas(self) -> Quotas:
        """The calls that services allow, by their own word or that of the settings."""
        from clew.providers.web.quota import Quotas

        overrides = {
            source_name(name): tuple(starmap(Quota, windows)) for name, windows in self.settings.quotas.items()
        }
        return Quotas(self.settings.cache / "web", overrides)

    def _channels(self, logs: tuple[LogSource, ...] = (), *, fresh: bool = False) -> LazyChannels:
        sources = (*self.logs, *logs)
        if sources:
            from clew.logs.engines.registry import source_key

            sources = tuple({source_key(source): source for source in sources}.values())
        return LazyChannels(ChannelContext(self, sources, fresh))

    def perform(self, invocation: Invocation, pivot: Pivot) -> Finding:
        """Run a pivot and keep nothing."""
        return execute(self.runner(), self._resolved_invocation(invocation, pivot), pivot).finding

    async def aperform(self, invocation: Invocation, pivot: Pivot) -> Finding:
        """The asynchronous twin."""
        return (await aexecute(self.runner(), self._resolved_invocation(invocation, pivot), pivot)).finding

    def perform_all(
        self, pivot: Pivot, subjects: Sequence[Entity], arguments: Mapping[str, Any], tell: Callable[[int], None]
    ) -> list[Finding]:
        """Run a pivot for each subject and keep nothing."""
        full_arguments = resolve_arguments(pivot, arguments, self.window, now(), self.lookup_policy)
        findings: dict[int, Finding] = {}

        def keep(index: int, answer: Answer) -> None:
            findings[index] = answer.finding
            tell(1)

        execute_all(self.runner(), pivot, subjects, full_arguments, keep)
        return [findings[index] for index in range(len(subjects))]

    def columns(
        self, pivot: Pivot, subjects: Sequence[Entity], arguments: Mapping[str, Any]
    ) -> Mapping[str, Sequence[Scalar]] | None:
        """As columns, where the pivot can be computed so: nothing is kept that would have to be a finding."""
        if pivot.columns is None:
            return None
        try:
            return pivot.columns(
                self._channels(),
                subjects,
                **resolve_arguments(pivot, arguments, self.window, now(), self.lookup_policy),
            )
        except AskError as error:
            size = len(subjects)
            return {
                "outcome": [error.outcome] * size,
                "reason": [error.reason] * size,
                "returned": [0] * size,
                "available": [None] * size,
            }

    def note(self, text: str) -> None:
        """Nothing is kept, and so no note is."""

    def _resolved_invocation(self, invocation: Invocation, pivot: Pivot) -> Invocation:
        arguments = resolve_arguments(pivot, invocation.arguments, self.window, now(), self.lookup_policy)
        return Invocation(invocation.pivot, invocation.subject, arguments)
