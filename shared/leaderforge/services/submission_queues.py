"""Queues in which concurrent submissions wait for their batch."""

from collections.abc import Sequence
from functools import partial
from itertools import product
from typing import NamedTuple, Protocol

from leaderforge.coalescing import BATCH, STAGGER_S, Coalescer, batch_trace
from leaderforge.domain.boards import Board, Policy
from leaderforge.domain.errors import LeaderForgeError
from leaderforge.domain.notices import announces
from leaderforge.domain.submissions import Submission
from leaderforge.ports.tracing import Tracer
from leaderforge.services.receipts import Receipt, ReceiptOptions

_Outcome = Receipt | LeaderForgeError
_Queue = Coalescer["SubmitRequest", _Outcome]


class SubmitRequest(NamedTuple):
    """Submission, and the optional parts of its receipt."""

    submission: Submission
    options: ReceiptOptions


class TakeBatch(Protocol):
    """Function that records a batch. With `previous`, it also returns the previous standings."""

    async def __call__(self, batch: Sequence[SubmitRequest], *, previous: bool = False) -> Sequence[_Outcome]: ...


class _Kind(NamedTuple):
    """Common properties of the submissions of a queue.

    Each policy has its queues, because a single statement can record submissions of one policy only. Submissions with
    previous standings need more round trips, and must not delay other submissions. Boards without notices must not run
    the longer statement of boards with notices. On boards with leagues, a batch also seats new players.
    """

    previous: bool
    is_announced: bool
    has_league: bool
    policy: Policy


class SubmissionQueues:
    """Queues by the kind of submission.

    Several batches of a queue are in flight: while one waits for the store or the index, other batches proceed.
    """

    def __init__(self, take_batch: TakeBatch, *, tracer: Tracer | None, time_limit_s: float) -> None:
        self._take_batch = take_batch
        self._time_limit_s = time_limit_s
        self._trace = batch_trace(tracer, "submit batch")
        either = False, True
        self._queues = {
            kind: self._new_queue(kind.previous, max_in_flight=3, stagger_s=STAGGER_S)
            for kind in map(_Kind._make, product(either, either, either, Policy))
        }
        # Some submissions depend on stored data of the player, or have fed submissions. They need more round trips, and
        # therefore other queues.
        self._dependent = {previous: self._new_queue(previous, max_in_flight=2) for previous in either}

    async def take(self, request: SubmitRequest) -> Receipt | LeaderForgeError:
        """Return the receipt, or the error that refuses the submission. Raises `StoreUnavailable` or `Overloaded`."""
        previous = request.options.previous
        if request.submission.fed or request.submission.depends_on_player:
            return await self._dependent[previous](request)
        return await self._queues[_kind(request.submission.board, previous)](request)

    def _new_queue(self, previous: bool, *, max_in_flight: int, stagger_s: float = 0.0) -> _Queue:
        return Coalescer(
            partial(self._take_batch, previous=previous),
            max_batch=BATCH,
            max_in_flight=max_in_flight,
            stagger_s=stagger_s,
            time_limit_s=self._time_limit_s,
            trace=self._trace,
        )


def _kind(board: Board, previous: bool) -> _Kind:
    return _Kind(previous, bool(announces(board)), board.league is not None, board.policy)
