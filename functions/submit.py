"""Submissions of scores, one or many."""

from asyncio import gather
from collections.abc import Sequence
from functools import partial
from typing import Annotated

from fastapi import Query

from functions.edge.access.security import Submitter
from functions.edge.aws.handler import LambdaHandler
from functions.edge.context import Edge
from functions.edge.dependencies import TheEdge
from functions.edge.http import documentation
from functions.edge.http.application import router
from functions.edge.http.errors import public_error
from functions.edge.http.responses import Answer, answer_private, answer_written
from functions.edge.submissions import submission_from
from functions.edge.wire.bodies import JsonBody
from functions.edge.wire.errors import render_error
from functions.edge.wire.fields import BoardName
from functions.edge.wire.submissions import (
    BatchIn,
    BatchOut,
    BoardSubmissionIn,
    Malformed,
    MixedBatchIn,
    QueuedBatchOut,
    QueuedOut,
    ReceiptOut,
    SubmissionIn,
    SubmitQuery,
    render_message,
    render_queued,
    render_receipt,
)
from leaderforge.domain.batches import complete
from leaderforge.domain.board_settings import DEFAULT_BOARD
from leaderforge.domain.boards import Board
from leaderforge.domain.callers import Caller
from leaderforge.domain.errors import (
    BoardNotFound,
    Conflict,
    Forbidden,
    LeaderForgeError,
    Overloaded,
    PeriodClosed,
    PlayerNotFound,
    QueueUnavailable,
    Refused,
    RuleViolated,
    ScoreOutOfRange,
    StoreUnavailable,
)
from leaderforge.domain.sources import Source
from leaderforge.domain.submissions import Submission
from leaderforge.services.submit import Receipt

routes = router("scores")
handler = LambdaHandler(routes)

SubmitOptions = Annotated[SubmitQuery, Query()]

Rejection = LeaderForgeError | Malformed
"""Reason for which an item of a batch is not submitted."""

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
_ERRORS: tuple[type[LeaderForgeError], ...] = (
    PlayerNotFound,
    BoardNotFound,
    Conflict,
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
    `submission_id`: the submission counts once. A deployment with a queue answers 202 instead, and counts the
    submission a moment later.
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
    target = await edge.board_unchecked(board)
    return await _submit_all(edge, options, [_submission(edge, caller, target, item) for item in batch.submissions])


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
    slugs = {item.board for item in batch.submissions if isinstance(item, BoardSubmissionIn)}
    # Concurrently: lookups that wait at the same time share one query.
    boards = dict(zip(slugs, await gather(*(_board(edge, slug) for slug in slugs)), strict=True))
    submissions = [
        item if isinstance(item, Malformed) else _submission(edge, caller, boards[item.board], item)
        for item in batch.submissions
    ]
    return await _submit_all(edge, options, submissions)


async def _board(edge: Edge, slug: str) -> Board | BoardNotFound:
    try:
        return await edge.board_unchecked(slug)
    except BoardNotFound as error:
        return error


async def _submit_all(edge: Edge, options: SubmitQuery, items: Sequence[Submission | Rejection]) -> Answer:
    """Submit the valid items, and return the response with a result for each item, in order."""
    if edge.services.settings.queued_submits:
        # Items were validated before: clients get rejections now, and not as dead letters later.
        await edge.services.ingest.enqueue([render_message(item) for item in items if isinstance(item, Submission)])
        return answer_private(_results(items).closed(), _ACCEPTED)
    submit_many = partial(edge.services.submit.submit_many, rank=options.rank != "none")
    results: Sequence[Receipt | Rejection] = await complete(items, Submission, submit_many)
    is_ranked = all(result.rank is not None for result in results if isinstance(result, Receipt))
    return answer_written(_results(results), Source.INDEX if is_ranked else Source.STORE)


async def _submit(edge: Edge, caller: Caller, slug: str, options: SubmitQuery, item: SubmissionIn) -> Answer:
    submission = submission_from(edge, caller, await edge.board_unchecked(slug), item)
    if edge.services.settings.queued_submits:
        await edge.services.ingest.enqueue([render_message(submission)])
        return answer_private(JsonBody(render_queued(submission)).closed(), _ACCEPTED)
    receipt = await edge.services.submit.submit(submission, rank=options.rank != "none")
    return answer_written(JsonBody(render_receipt(receipt)), Source.STORE if receipt.rank is None else Source.INDEX)


def _submission(
    edge: Edge, caller: Caller, board: Board | BoardNotFound, item: SubmissionIn | Malformed
) -> Submission | Rejection:
    """Return the submission of an item, or the reason for which it cannot be submitted."""
    if isinstance(item, Malformed):
        return item
    if isinstance(board, BoardNotFound):
        return board
    try:
        return submission_from(edge, caller, board, item)
    except (Refused, Forbidden) as error:
        return error


def _results(items: Sequence[Receipt | Submission | Rejection]) -> JsonBody:
    """Return the response to a batch. A submission among the items is a queued one."""
    return JsonBody(f'{{"results":[{",".join(map(_result, items))}]}}')


def _result(item: Receipt | Submission | Rejection) -> str:
    if isinstance(item, Receipt):
        return render_receipt(item)
    if isinstance(item, Submission):
        return render_queued(item)
    return render_error(public_error(item.error if isinstance(item, Malformed) else item))
