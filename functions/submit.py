"""Submitting scores."""

from typing import Annotated
from uuid import uuid4

from fastapi import Query, Security

from functions.edge import documentation, rendering
from functions.edge.application import router
from functions.edge.context import DEFAULT_BOARD, Edge, TheEdge
from functions.edge.errors import error_json, shown
from functions.edge.inputs import BatchIn, BoardName, Malformed, SubmissionIn, SubmitQuery
from functions.edge.outputs import BatchOut, ReceiptOut
from functions.edge.responses import Answer, written
from functions.edge.security import submitter
from functions.edge.serverless import LambdaHandler
from leaderforge.domain.boards import Ladder
from leaderforge.domain.errors import (
    BoardNotFound,
    Conflict,
    LeaderForgeError,
    Overloaded,
    ScoreOutOfRange,
    StoreUnavailable,
    UserNotFound,
)
from leaderforge.domain.standings import Event
from leaderforge.ports import Submission
from leaderforge.services.entries import Source
from leaderforge.services.submit import Receipt

routes = router("scores")
handler = LambdaHandler(routes)

Submitter = Annotated[str, Security(submitter)]
Options = Annotated[SubmitQuery, Query()]

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
_ERRORS: tuple[type[LeaderForgeError], ...] = (
    UserNotFound,
    BoardNotFound,
    Conflict,
    ScoreOutOfRange,
    StoreUnavailable,
    Overloaded,
)


@routes.post("/api/scores", **documentation.write(ReceiptOut, *_ERRORS, example=_RECEIPT))
async def submit_score(edge: TheEdge, caller: Submitter, options: Options, submission: SubmissionIn) -> Answer:
    """Submit a score to the board `default`.

    The reply has the player's standing with it. Send the same `submission_id` again after a lost reply: it counts once.
    """
    return await _submit(edge, DEFAULT_BOARD, options, submission)


@routes.post("/api/boards/{board}/scores", **documentation.write(ReceiptOut, *_ERRORS, example=_RECEIPT))
async def submit_board_score(
    edge: TheEdge, caller: Submitter, board: BoardName, options: Options, submission: SubmissionIn
) -> Answer:
    """Submit a score to a board."""
    return await _submit(edge, board, options, submission)


@routes.post(
    "/api/boards/{board}/scores/batch",
    **documentation.write(
        BatchOut, BoardNotFound, StoreUnavailable, Overloaded, example={"results": [_RECEIPT, _MISSING]}
    ),
)
async def submit_batch(edge: TheEdge, caller: Submitter, board: BoardName, options: Options, batch: BatchIn) -> Answer:
    """Submit up to 1000 scores to a board; each gets its own receipt or error."""
    ladder = await edge.ladder(board)
    now = edge.services.clock()
    valid = [_submission(ladder, one, now) for one in batch.submissions if isinstance(one, SubmissionIn)]
    outcomes = iter(await edge.services.submit.submit_many(valid, rank=options.rank != "none"))
    results = [next(outcomes) if isinstance(one, SubmissionIn) else one for one in batch.submissions]
    ranked = all(one.rank is not None for one in results if isinstance(one, Receipt))
    return written(f'{{"results":[{",".join(map(_result, results))}]}}', Source.INDEX if ranked else Source.STORE)


async def _submit(edge: Edge, board: str, options: SubmitQuery, submission: SubmissionIn) -> Answer:
    made = _submission(await edge.ladder(board), submission, edge.services.clock())
    receipt = await edge.services.submit.submit(made, rank=options.rank != "none")
    return written(rendering.receipt(receipt), Source.STORE if receipt.rank is None else Source.INDEX)


def _submission(ladder: Ladder, submission: SubmissionIn, now: int) -> Submission:
    event = Event(
        user_id=submission.user_id,
        submission_id=submission.submission_id or uuid4(),
        score=submission.score,
        achieved_at=now,
        metadata=submission.metadata,
    )
    return Submission(ladder, event)


def _result(outcome: Receipt | LeaderForgeError | Malformed) -> str:
    if isinstance(outcome, Receipt):
        return rendering.receipt(outcome)
    return error_json(shown(outcome.error if isinstance(outcome, Malformed) else outcome))
