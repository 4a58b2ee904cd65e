"""Asks of several subjects, sent as one where the source takes many at once, and its reply dealt out among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from clew.errors import AskError, AskFailed
from clew.providers.base import Ask, Batch, Bundling, Channel, Reply
from clew.providers.runner import PARSER_ERRORS, Run, Sent, nowhere


def sent_as_one(runs: Sequence[Run]) -> list[Sent]:
    """What comes of the asks of operations that are sent as one; for each what it would have got alone."""
    if len(runs) == 1:
        return [runs[0].send()]
    asks = [run.ask for run in runs if run.ask is not None]
    channel, batch = runs[0].channel(asks[0]), asks[0].bundled
    if channel is None or batch is None:
        return [nowhere(run.provider) for run in runs]
    try:
        got = _dealt(channel, batch, asks, runs[0])
    except AskError as error:
        return [
            _told_with(
                type(error)(error.what, kind=error.kind, next_step=error.next_step, sent=error.sent),
                error.attempts,
                len(runs),
            )
            for _ in runs
        ]
    if isinstance(channel, Bundling):
        for ask, each in zip(asks, got, strict=True):
            if isinstance(each, Reply):
                channel.keep(ask, runs[0].provider, each)
    return got


def _told_with(error: AskError, attempts: int, together: int) -> AskError:
    """An error of one of several asks: each has a traceback of its own."""
    error.attempts, error.together = attempts, together
    return error


def _dealt(channel: Channel, batch: Batch, asks: Sequence[Ask], run: Run) -> list[Sent]:
    """Raises AskError for a reply that answers none of the asks."""
    reply = channel.send(batch.join(asks), run.provider)
    try:
        bodies = batch.split(reply, asks)
        return [
            _told_with(body, reply.attempts, len(asks))
            if isinstance(body, AskFailed)
            else replace(reply, body=body, together=len(asks))
            for _, body in zip(asks, bodies, strict=True)
        ]
    except AskError as error:
        raise _told_with(error, reply.attempts, len(asks)) from None
    except PARSER_ERRORS as error:
        what = f"{run.provider.title}'s reply could not be understood: {type(error).__name__}: {error}"
        raise _told_with(AskFailed(what, kind="reply"), reply.attempts, len(asks)) from None
