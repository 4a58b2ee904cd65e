"""Asks of several subjects, sent as one where the source takes many at once, and its reply dealt out among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from clew.errors import AskError, AskFailed
from clew.providers.base import Ask, Batch, BatchingChannel, Channel, Reply
from clew.providers.runner import PARSER_ERRORS, AskResult, Run, no_channel_error


def send_batch(runs: Sequence[Run]) -> list[AskResult]:
    """What comes of the asks of operations that are sent as one; for each what it would have got alone."""
    if len(runs) == 1:
        return [runs[0].send()]
    asks = [run.ask for run in runs if run.ask is not None]
    channel, batch = runs[0].channel(asks[0]), asks[0].batch_policy
    if channel is None or batch is None:
        return [no_channel_error(run.provider) for run in runs]
    try:
        results = _send_and_split(channel, batch, asks, runs[0])
    except AskError as error:
        return [
            _with_counts(
                type(error)(error.message, kind=error.kind, next_step=error.next_step, sent=error.sent),
                error.attempts,
                len(runs),
            )
            for _ in runs
        ]
    if isinstance(channel, BatchingChannel):
        for ask, result in zip(asks, results, strict=True):
            if isinstance(result, Reply):
                channel.keep(ask, runs[0].provider, result)
    return results


def _with_counts(error: AskError, attempts: int, batch_size: int) -> AskError:
    """An error of one of several asks: each has a traceback of its own."""
    error.attempts, error.together = attempts, batch_size
    return error


def _send_and_split(channel: Channel, batch: Batch, asks: Sequence[Ask], run: Run) -> list[AskResult]:
    """Raises AskError for a reply that answers none of the asks."""
    reply = channel.send(batch.join(asks), run.provider)
    try:
        bodies = batch.split(reply, asks)
        return [
            _with_counts(body, reply.attempts, len(asks))
            if isinstance(body, AskFailed)
            else replace(reply, body=body, together=len(asks))
            for _, body in zip(asks, bodies, strict=True)
        ]
    except AskError as error:
        raise _with_counts(error, reply.attempts, len(asks)) from None
    except PARSER_ERRORS as error:
        message = f"{run.provider.title}'s reply could not be understood: {type(error).__name__}: {error}"
        raise _with_counts(AskFailed(message, kind="reply"), reply.attempts, len(asks)) from None
