"""Streams of submissions: lines of one request in, receipts of its response out, in the same order."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from pydantic import ValidationError

from functions.edge.context import Edge
from functions.edge.http.errors import StreamingUnavailable, UnsupportedMediaType
from functions.edge.http.headers import header
from functions.edge.http.lines import RequestLines
from functions.edge.http.responses import NO_STORE, Header
from functions.edge.http.streaming import is_buffered
from functions.edge.submission_batches import Item, Rejection, outcomes_of, render_result, results_of
from functions.edge.submissions import all_accepted_again, is_recent, require_recent
from functions.edge.wire.batches import Malformed
from functions.edge.wire.errors import render_error
from functions.edge.wire.submissions import BoardSubmissionIn, SubmitQuery
from leaderforge.domain.board_settings import DEFAULT_BOARD
from leaderforge.domain.callers import Caller
from leaderforge.domain.errors import LeaderForgeError
from leaderforge.domain.permissions import Permission
from leaderforge.domain.submissions import Submission
from leaderforge.services.overlapping import in_order

NDJSON = "application/x-ndjson"
HEADERS: tuple[Header, ...] = (
    (b"content-type", NDJSON.encode()),
    NO_STORE,
    (b"x-accel-buffering", b"no"),  # without it, nginx buffers the receipts
)
_LINES_A_BATCH = 500
"""Maximum lines that one transaction counts. Larger batches gain little, and delay the first receipts."""

_Line = bytes | LeaderForgeError


@dataclass(frozen=True, slots=True)
class _Incoming:
    """Lines of a request, and its credentials, which may become invalid while the lines arrive."""

    lines: RequestLines
    authorization: bytes | None


@dataclass(frozen=True, slots=True)
class _Batch:
    """Items of a batch of lines, with the submission or the rejection of each item as accepted since a time (ms)."""

    items: Sequence[Item | LeaderForgeError]
    outcomes: Sequence[Submission | Rejection]
    since: int


def _incoming(request: Request) -> _Incoming:
    """Return the lines of the request. Raises `StreamingUnavailable` or `UnsupportedMediaType`."""
    if is_buffered(request.scope):
        raise StreamingUnavailable("this deployment buffers requests and cannot stream; use POST /api/scores/batch")
    content_type = header(request.scope, b"content-type") or b""
    if content_type.partition(b";")[0].strip().lower() != NDJSON.encode():
        raise UnsupportedMediaType(f"the body must be lines of JSON; send Content-Type: {NDJSON}")
    lines = RequestLines(request.receive, BoardSubmissionIn.max_bytes)
    return _Incoming(lines, header(request.scope, b"authorization"))


Incoming = Annotated[_Incoming, Depends(_incoming)]


async def answers(edge: Edge, options: SubmitQuery, incoming: _Incoming) -> AsyncGenerator[bytes, None]:
    """Yield receipts and errors, one line for each line of the request. Raises `TooManyStreams` before the first line.

    Lines are read only while the client takes the receipts of earlier lines.
    """
    players = _PlayersInFlight()

    async def count(batch: _Batch) -> bytes:
        user_ids = {outcome.event.user_id for outcome in batch.outcomes if isinstance(outcome, Submission)}
        async with players.turn(user_ids):
            return await _counted(edge, options, await _current(edge, incoming, batch))

    with edge.streams.admitted(incoming.lines):
        yield b""  # begins the response: clients may wait for it before they send the first line
        async with aclosing(in_order(_batches(edge, incoming), count)) as pieces:
            async for piece in pieces:
                yield piece


async def _batches(edge: Edge, incoming: _Incoming) -> AsyncGenerator[_Batch, None]:
    """Yield the lines as batches of submissions. The times of reception are in the order of the lines."""
    async with aclosing(incoming.lines.batches(_LINES_A_BATCH)) as batches:
        async for lines in batches:
            items = [line if isinstance(line, LeaderForgeError) else _item(line) for line in lines]
            since = edge.services.clock()
            yield _Batch(items, await _outcomes(edge, incoming, items), since)


async def _outcomes(
    edge: Edge, incoming: _Incoming, items: Sequence[Item | LeaderForgeError]
) -> Sequence[Submission | Rejection]:
    """Return the submission or rejection of each item. An error of the whole batch rejects each of its items."""
    valid = [item for item in items if not isinstance(item, LeaderForgeError)]
    outcomes: Sequence[Submission | Rejection]
    try:
        outcomes = await outcomes_of(edge, await _caller(edge, incoming), valid)
    except LeaderForgeError as error:
        outcomes = [error] * len(valid)
    remaining = iter(outcomes)
    return [item if isinstance(item, LeaderForgeError) else next(remaining) for item in items]


async def _caller(edge: Edge, incoming: _Incoming) -> Caller:
    """Return the caller. Raises an error if the caller may no longer submit: the key may be revoked meanwhile."""
    caller = await edge.callers.verify(incoming.authorization)
    caller.require(Permission.SUBMIT)
    return caller


async def _current(edge: Edge, incoming: _Incoming, batch: _Batch) -> _Batch:
    """Return the batch, accepted again if it has waited too long for its turn: its periods may have closed."""
    if is_recent(edge, batch.since):
        return batch
    since = edge.services.clock()
    waiting = [outcome for outcome in batch.outcomes if isinstance(outcome, Submission)]
    try:
        await _caller(edge, incoming)
        renewed = iter(await all_accepted_again(edge, waiting))
    except LeaderForgeError as error:
        renewed = iter([error] * len(waiting))
    outcomes = [next(renewed) if isinstance(outcome, Submission) else outcome for outcome in batch.outcomes]
    return _Batch(batch.items, outcomes, since)


async def _counted(edge: Edge, options: SubmitQuery, batch: _Batch) -> bytes:
    """Count or queue the submissions of a batch, and return the lines of the response to it."""
    try:
        require_recent(edge, batch.since)
        results = await results_of(edge, options, batch.outcomes)
    except LeaderForgeError as error:
        results = [error if isinstance(outcome, Submission) else outcome for outcome in batch.outcomes]
    lines = [
        render_error(item) if isinstance(item, LeaderForgeError) else render_result(edge, item[0], result)
        for item, result in zip(batch.items, results, strict=True)
    ]
    return "".join([f"{line}\n" for line in lines]).encode()


def _item(line: bytes) -> Item:
    try:
        item = BoardSubmissionIn.model_validate_json(line)
    except ValidationError as error:
        return Malformed(error), DEFAULT_BOARD
    return item, item.board


class _PlayersInFlight:
    """Turns of players, which keep each player's submissions in order while batches are counted concurrently."""

    def __init__(self) -> None:
        self._last: dict[int, asyncio.Event] = {}

    @asynccontextmanager
    async def turn(self, user_ids: Collection[int]) -> AsyncIterator[None]:
        """Enter the block once all earlier blocks that share a player with this block have ended."""
        ended = asyncio.Event()
        earlier = {self._last[i] for i in user_ids if i in self._last}
        self._last |= dict.fromkeys(user_ids, ended)
        try:
            for event in earlier:
                await event.wait()
            yield
        finally:
            ended.set()
            for user_id in user_ids:
                if self._last.get(user_id) is ended:
                    del self._last[user_id]
