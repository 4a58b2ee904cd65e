"""Local feeds: what somebody else knows already, in files on this machine. Nothing leaves it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from clew.entities import Account, Domain, Entity, File, IpAddress, Url
from clew.entities.finding import Scalar
from clew.providers.base import Channel, Provider, Steps, operation
from clew.providers.local.feed_channel import FeedChannel, FeedLookup
from clew.providers.local.feed_findings import COLUMNS, FACTS, finding_of
from clew.providers.runner import no_channel_error

_ALL_COLUMNS = tuple(dict.fromkeys((*FACTS, *COLUMNS)))


def _columns(channels: Mapping[str, Channel], subjects: Sequence[Entity]) -> Mapping[str, Sequence[Scalar]]:
    channel = channels.get(FeedLookup.channel)
    if not isinstance(channel, FeedChannel):
        raise no_channel_error(LocalFeed)
    return channel.columns(subjects)


class LocalFeed(Provider):
    """The analyst's own feeds: those that `clew feeds add` keeps, and the files in `CLEW_FEEDS`."""

    name: ClassVar[str] = "feed"
    title: ClassVar[str] = "local feeds"

    @operation(calls=1, columns=_columns, facts=_ALL_COLUMNS)
    def ip(self, ip: IpAddress) -> Steps:
        """Whether the address, or its network, is in a local feed."""
        return (yield from _look_up(ip))

    @operation(calls=1, columns=_columns, facts=_ALL_COLUMNS)
    def domain(self, domain: Domain) -> Steps:
        """Whether the domain, or a name above it, is in a local feed."""
        return (yield from _look_up(domain))

    @operation(calls=1, columns=_columns, facts=_ALL_COLUMNS)
    def url(self, url: Url) -> Steps:
        """Whether the URL, what it begins with, or its host is in a local feed."""
        return (yield from _look_up(url))

    @operation(calls=1, columns=_columns, facts=_ALL_COLUMNS)
    def file(self, file: File) -> Steps:
        """Whether one of the file's hashes is in a local feed."""
        return (yield from _look_up(file))

    @operation(calls=1, columns=_columns, facts=_ALL_COLUMNS)
    def account(self, account: Account) -> Steps:
        """Whether the account, as a rule its mail address, is in a local feed."""
        return (yield from _look_up(account))


def _look_up(subject: Entity) -> Steps:
    reply = yield FeedLookup(tuple(str(key) for key in (subject.key, *subject.aliases)))
    return finding_of(subject, reply.object(), reply.at)
