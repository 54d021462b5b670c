"""Submitting scores."""

from asyncio import gather
from collections.abc import Sequence
from typing import Annotated

from fastapi import Query

from functions.edge import rendering
from functions.edge.access.security import Submitter
from functions.edge.aws.handler import LambdaHandler
from functions.edge.aws.queue import queued_body
from functions.edge.bulk_inputs import BoardSubmissionIn, MixedBatchIn
from functions.edge.context import Edge
from functions.edge.dependencies import TheEdge
from functions.edge.http import documentation
from functions.edge.http.application import router
from functions.edge.http.errors import error_json, shown
from functions.edge.http.responses import Answer, private, written
from functions.edge.inputs import BatchIn, BoardName, Malformed, SubmissionIn, SubmitQuery
from functions.edge.outputs import BatchOut, QueuedBatchOut, QueuedOut, ReceiptOut
from functions.edge.submissions import submission_by
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
    QueueUnavailable,
    Refused,
    RuleViolated,
    ScoreOutOfRange,
    StoreUnavailable,
    UserNotFound,
)
from leaderforge.ports import Submission
from leaderforge.services.entries import Source
from leaderforge.services.submit import Receipt

routes = router("scores")
handler = LambdaHandler(routes)

Options = Annotated[SubmitQuery, Query()]

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
    UserNotFound,
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
async def submit_score(edge: TheEdge, caller: Submitter, options: Options, submission: SubmissionIn) -> Answer:
    """Submit a score to the board `default`.

    The reply has the player's standing with it. Send the same `submission_id` again after a lost reply: it counts once.
    A service that queues submissions answers 202 instead, and counts them a moment later.
    """
    return await _submit(edge, caller, DEFAULT_BOARD, options, submission)


@routes.post(
    "/api/boards/{board}/scores", **documentation.write(ReceiptOut, *_ERRORS, example=_RECEIPT, queued=QueuedOut)
)
async def submit_board_score(
    edge: TheEdge, caller: Submitter, board: BoardName, options: Options, submission: SubmissionIn
) -> Answer:
    """Submit a score to a board."""
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
async def submit_batch(edge: TheEdge, caller: Submitter, board: BoardName, options: Options, batch: BatchIn) -> Answer:
    """Submit up to 1000 scores to a board; each gets its own receipt or error."""
    found = await edge.board(board)
    return await _submit_all(edge, options, [_made(edge, caller, found, one) for one in batch.submissions])


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
async def submit_mixed_batch(edge: TheEdge, caller: Submitter, options: Options, batch: MixedBatchIn) -> Answer:
    """Submit up to 1000 scores, each to the board it names (`default` if none); each gets a receipt or an error."""
    slugs = {one.board for one in batch.submissions if isinstance(one, BoardSubmissionIn)}
    boards = dict(zip(slugs, await gather(*(_board(edge, slug) for slug in slugs)), strict=True))
    made = [
        one if isinstance(one, Malformed) else _made(edge, caller, boards[one.board], one) for one in batch.submissions
    ]
    return await _submit_all(edge, options, made)


async def _board(edge: Edge, slug: str) -> Board | BoardNotFound:
    try:
        return await edge.board(slug)
    except BoardNotFound as error:
        return error


async def _submit_all(
    edge: Edge, options: SubmitQuery, made: Sequence[Submission | LeaderForgeError | Malformed]
) -> Answer:
    """Submit those that are submissions, and answer for each in order."""
    valid = [one for one in made if isinstance(one, Submission)]
    if edge.services.settings.queued_submits:
        await edge.services.ingest.enqueue([queued_body(one) for one in valid])
        return private(f'{{"results":[{",".join(map(_result, made))}]}}'.encode(), _ACCEPTED)
    outcomes = iter(await edge.services.submit.submit_many(valid, rank=options.rank != "none"))
    results = [next(outcomes) if isinstance(one, Submission) else one for one in made]
    ranked = all(one.rank is not None for one in results if isinstance(one, Receipt))
    return written(f'{{"results":[{",".join(map(_result, results))}]}}', Source.INDEX if ranked else Source.STORE)


async def _submit(edge: Edge, caller: Caller, board: str, options: SubmitQuery, submission: SubmissionIn) -> Answer:
    made = submission_by(edge, caller, await edge.board(board), submission)
    if edge.services.settings.queued_submits:
        await edge.services.ingest.enqueue([queued_body(made)])
        return private(rendering.queued(made).encode(), _ACCEPTED)
    receipt = await edge.services.submit.submit(made, rank=options.rank != "none")
    return written(rendering.receipt(receipt), Source.STORE if receipt.rank is None else Source.INDEX)


def _made(
    edge: Edge, caller: Caller, board: Board | BoardNotFound, one: SubmissionIn | Malformed
) -> Submission | LeaderForgeError | Malformed:
    """Return the submission, or why it cannot be made."""
    if isinstance(one, Malformed):
        return one
    if isinstance(board, BoardNotFound):
        return board
    try:
        return submission_by(edge, caller, board, one)
    except (Refused, Forbidden) as refusal:
        return refusal


def _result(outcome: Receipt | Submission | LeaderForgeError | Malformed) -> str:
    if isinstance(outcome, Receipt):
        return rendering.receipt(outcome)
    if isinstance(outcome, Submission):
        return rendering.queued(outcome)
    return error_json(shown(outcome.error if isinstance(outcome, Malformed) else outcome))
