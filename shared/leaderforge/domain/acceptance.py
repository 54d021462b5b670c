"""Acceptance of submissions: the rules that need no stored data, for API, queue and import."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from leaderforge.domain.boards import NO_LIMITS, Board, Ladder
from leaderforge.domain.errors import PeriodClosed, Refused
from leaderforge.domain.named_tuples import new_record
from leaderforge.domain.score_types import LongScore, ScoreType
from leaderforge.domain.standings import Event
from leaderforge.domain.submissions import Submission
from leaderforge.domain.team_errors import ScoredByMembers
from leaderforge.domain.tiebreaker_rules import subscore_of
from leaderforge.domain.tournaments import require_accepted


def accept(
    board: Board,
    *,
    user_id: int,
    submission_id: UUID,
    score: int,
    subscore: int | None,
    metadata: str | None,
    requested_at: int | None,
    received_us: int,
    now: int,
    grace_ms: int,
    change: int | None = None,
    numbers: str | None = None,
    history: bool = False,
) -> Submission:
    """Return the submission of a score that a process received at `received_us` (us since 1970).

    The score was achieved at `requested_at` (ms) or, if this is None, at the reception. Times after the reception are
    clamped. The submission counts in each period that contains its time, until `grace_ms` after the end of the period.
    With `history` it counts in all such periods that have not expired. With a `change` of the player's score, `score`
    is ignored. `numbers` are the named numbers as JSON text.

    Raises `Refused`, `RuleViolated`, `TournamentNotOpen` or `PeriodClosed` if the score cannot be counted. Rules that
    depend on the player's earlier submissions are checked when the submission is recorded. The score of a change is
    computed then.
    """
    if board.team is not None:
        raise ScoredByMembers.of(board.slug, board.team.source)
    if type(score) is not int or board.score_type is not ScoreType.NUMBER:
        score = accepted_score(board, score)
    received_ms = received_us // 1000
    achieved_at = received_ms if requested_at is None else min(requested_at, received_ms)
    ladders = _ladders_at(board, achieved_at, now, grace_ms, history=history)
    second = subscore_of(board, subscore, numbers) if board.tiebreakers or subscore is not None else 0
    if change is None:
        board.limits.require_score(board.policy, score, board.score_type)
    event = user_id, submission_id, score, achieved_at, metadata, second, received_us, change, numbers
    return new_record(Submission, (ladders, new_record(Event, event), requested_at, ()))


def accepted_score(board: Board, score: int) -> int:
    """Return a score in the type of the board's scores. Raises `Refused` for a text if scores are numbers."""
    if isinstance(score, LongScore) and board.score_type is not ScoreType.INT64:
        message = f"scores of board {board.slug!r} are numbers; send the score {score!r} as a number, not as text"
        raise Refused(message, board=board.slug)
    return board.score_type.typed(score)


def _ladders_at(board: Board, achieved_at: int, now: int, grace_ms: int, *, history: bool) -> Sequence[Ladder]:
    """Return the ladders of the board that count the score. Raises `TournamentNotOpen` or `PeriodClosed`."""
    occurrence = None
    if board.tournament is not None:
        arrives_at = None if history else now
        occurrence = require_accepted(board.tournament, board.calendar, achieved_at, arrives_at, board.slug)
    ladders = board.ladders_kept(achieved_at, now) if history else board.ladders_counting(achieved_at, now, grace_ms)
    # Refuse the score if the occurrence's period is closed, although the tournament's longer grace would accept it.
    if not ladders or (occurrence is not None and ladders[0].period != occurrence.period):
        raise PeriodClosed(
            f"all periods of board {board.slug!r} at achieved_at are closed; submit scores sooner", board=board.slug
        )
    return ladders


def without_limits(board: Board) -> Board:
    """Return the board without its score limits, because past scores need not obey the present limits."""
    return replace(board, limits=NO_LIMITS)
