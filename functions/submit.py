"""Submissions of scores, one or many."""

from collections.abc import Sequence
from json import dumps
from typing import Annotated

from fastapi import Query

from functions.edge.access.security import ServerSubmitter, Submitter
from functions.edge.aws.handler import LambdaHandler
from functions.edge.context import Edge
from functions.edge.dependencies import TheEdge
from functions.edge.http import documentation
from functions.edge.http.application import router
from functions.edge.http.errors import StreamingUnavailable
from functions.edge.http.responses import Answer, answer_private, answer_written
from functions.edge.http.streaming import Exchange
from functions.edge.submission_batches import Item, outcomes_of, render_result, results_of
from functions.edge.submission_streams import HEADERS, NDJSON, Incoming, answers
from functions.edge.submissions import missing_player, require_recent, submission_of
from functions.edge.wire.batches import Malformed
from functions.edge.wire.bodies import JsonBody
from functions.edge.wire.fields import BoardName
from functions.edge.wire.receipts import BatchOut, ReceiptOut, render_receipt
from functions.edge.wire.submissions import (
    BatchIn,
    BoardSubmissionIn,
    MixedBatchIn,
    QueuedBatchOut,
    QueuedOut,
    SubmissionIn,
    SubmitQuery,
    render_message,
    render_queued,
)
from leaderforge.domain.board_settings import DEFAULT_BOARD
from leaderforge.domain.callers import Caller
from leaderforge.domain.errors import (
    BoardNotFound,
    Conflict,
    LeaderForgeError,
    Overloaded,
    PeriodClosed,
    PlayerNotFound,
    QueueUnavailable,
    RuleViolated,
    ScoreOutOfRange,
    StoreUnavailable,
    SubmissionConflict,
    TooManyStreams,
)
from leaderforge.domain.sources import Source
from leaderforge.services.receipts import Receipt

routes = router("scores")
handler = LambdaHandler(routes)

SubmitOptions = Annotated[SubmitQuery, Query()]

_ACCEPTED = 202
_RECEIPT = {
    "user_id": 123,
    "score": 500,
    "rank": 1,
    "submissions": 1,
    "improved": True,
    "duplicate": False,
    "submission_id": "0c7c1f5e-4a39-4d1c-9d0e-1a2b3c4d5e6f",
    "achieved_at": "2026-11-23T12:00:00.000Z",
}
_MISSING = {"error": {"code": "user_not_found", "message": "there is no player 456", "details": {"user_id": 456}}}
_NO_BOARD = {"error": {"code": "board_not_found", "message": "there is no board 'lapz'", "details": {"board": "lapz"}}}
_LINES = f"{dumps(_RECEIPT, separators=(',', ':'))}\n{dumps(_NO_BOARD, separators=(',', ':'))}\n"
_ERRORS: tuple[type[LeaderForgeError], ...] = (
    PlayerNotFound,
    BoardNotFound,
    Conflict,
    SubmissionConflict,
    ScoreOutOfRange,
    RuleViolated,
    PeriodClosed,
    StoreUnavailable,
    Overloaded,
    QueueUnavailable,
)


@routes.post("/api/scores", **documentation.write(ReceiptOut, *_ERRORS, example=_RECEIPT, queued=QueuedOut))
async def submit_score(edge: TheEdge, caller: Submitter, options: SubmitOptions, submission: SubmissionIn) -> Answer:
    """Submit a score to the board `default`. Requires a submit key or, on boards open to players, a player token.

    The receipt holds the player's standing after the submission. If the response is lost, retry with the same
    `submission_id` and content: the submission counts once. The same id with other content is a conflict (409).
    A deployment with a queue answers 202 instead, and counts the submission a moment later.
    """
    return await _submit(edge, caller, DEFAULT_BOARD, options, submission)


@routes.post(
    "/api/boards/{board}/scores", **documentation.write(ReceiptOut, *_ERRORS, example=_RECEIPT, queued=QueuedOut)
)
async def submit_board_score(
    edge: TheEdge, caller: Submitter, board: BoardName, options: SubmitOptions, submission: SubmissionIn
) -> Answer:
    """Submit a score to a board. Requires a submit key or, on boards open to players, a player token."""
    return await _submit(edge, caller, board, options, submission)


@routes.post(
    "/api/boards/{board}/scores/batch",
    **documentation.write(
        BatchOut,
        BoardNotFound,
        StoreUnavailable,
        Overloaded,
        QueueUnavailable,
        example={"results": [_RECEIPT, _MISSING]},
        queued=QueuedBatchOut,
    ),
)
async def submit_batch(
    edge: TheEdge, caller: Submitter, board: BoardName, options: SubmitOptions, batch: BatchIn
) -> Answer:
    """Submit up to 1000 scores to a board. Each one gets its own receipt or error."""
    await edge.board_unchecked(board)
    return await _submit_all(edge, caller, options, [(item, board) for item in batch.submissions])


@routes.post(
    "/api/scores/batch",
    **documentation.write(
        BatchOut,
        StoreUnavailable,
        Overloaded,
        QueueUnavailable,
        example={"results": [_RECEIPT, _NO_BOARD]},
        queued=QueuedBatchOut,
    ),
)
async def submit_mixed_batch(edge: TheEdge, caller: Submitter, options: SubmitOptions, batch: MixedBatchIn) -> Answer:
    """Submit up to 1000 scores, each to its own board (`default` if absent). Each one gets a receipt or an error."""
    items = [(item, DEFAULT_BOARD if isinstance(item, Malformed) else item.board) for item in batch.submissions]
    return await _submit_all(edge, caller, options, items)


@routes.post(
    "/api/scores/stream",
    **documentation.exchange(
        "A receipt or an error for each line, in order.",
        NDJSON,
        BoardSubmissionIn,
        *(StreamingUnavailable, TooManyStreams, StoreUnavailable, Overloaded),
        example=_LINES,
    ),
)
async def stream_scores(edge: TheEdge, caller: ServerSubmitter, options: SubmitOptions, incoming: Incoming) -> Exchange:
    """Submit any number of scores over one connection, one per line. Requires a submit key.

    Each line counts on its own board (`default` if absent) and gets a receipt or an error as soon as it counts. Lines
    of one player count in their order. Read receipts while sending: a client that does not read is disconnected after
    30 s. After a broken connection, send the lines without a receipt again, with the same `submission_id`s.
    """
    return Exchange(answers(edge, options, incoming), HEADERS)


async def _submit_all(edge: Edge, caller: Caller, options: SubmitQuery, items: Sequence[Item]) -> Answer:
    """Submit the valid items. Answer with a result for each item, in order. Raises `Overloaded`."""
    since = edge.services.clock()
    outcomes = await outcomes_of(edge, caller, items)
    require_recent(edge, since)
    results = await results_of(edge, options, outcomes)
    rendered = [render_result(edge, item, result) for (item, _), result in zip(items, results, strict=True)]
    body = JsonBody(f'{{"results":[{",".join(rendered)}]}}')
    if edge.services.settings.queued_submits:
        return answer_private(body.closed(), _ACCEPTED)
    is_ranked = all(result.rank is not None for result in results if isinstance(result, Receipt))
    return answer_written(body, Source.INDEX if is_ranked else Source.STORE)


async def _submit(edge: Edge, caller: Caller, slug: str, options: SubmitQuery, item: SubmissionIn) -> Answer:
    submission = await submission_of(edge, caller, slug, item)
    if edge.services.settings.queued_submits:
        await edge.services.ingest.enqueue([render_message(submission)])
        return answer_private(JsonBody(render_queued(submission, item.external_id)).closed(), _ACCEPTED)
    try:
        receipt = await edge.services.submit.submit(submission, options.receipt)
    except PlayerNotFound as error:
        raise missing_player(edge, item, error) from None
    body = JsonBody(render_receipt(receipt, item.external_id))
    return answer_written(body, Source.STORE if receipt.rank is None else Source.INDEX)
