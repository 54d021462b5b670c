"""Activity of boards: submissions and players by the minute, and suspicious scores."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median
from uuid import UUID

from leaderforge.domain.boards import Board, Order
from leaderforge.domain.order import ranked_score

MINUTE_MS = 60_000
RETENTION_MS = 48 * 3_600_000
"""Time in ms that the store keeps the activity."""
LEADERS_A_MINUTE = 3
"""Number of players whose best scores of a minute the store keeps for a board."""
MAX_A_MINUTE = 60
"""Number of submissions of one player to one board in a minute. With more, the player's scores are suspicious."""

_FAR = 6.0
"""Distance from the median, in robust standard deviations. A score with a greater distance is an outlier."""
_FEWEST_PLAYERS = 4
"""Minimum number of players whose scores yield a median and a deviation for comparisons."""
_NEAR = 0.01
"""Share of the range of a board's allowed scores. A score at most this far from a limit is near the limit."""
_MAD_TO_DEVIATION = 1.4826
"""Ratio of standard deviation to median absolute deviation, for normally distributed values."""


class SuspicionReason(StrEnum):
    """Reason why a score is suspicious."""

    OUTLIER = "outlier"
    NEAR_LIMIT = "near_limit"
    RATE = "rate"


@dataclass(frozen=True, slots=True)
class ActivityPoint:
    """Activity of a board in an interval that begins at `at` (ms).

    `submissions` is the number in the whole interval. `players` is the number of players in its busiest minute.
    """

    at: int
    submissions: int
    players: int


@dataclass(frozen=True, slots=True)
class MinuteLeader:
    """Player whose submission to a board was among the best of a minute, or who submitted very often in this minute.

    `submissions` is the number of the player's submissions to the board in this minute.
    """

    board_id: int
    minute: int
    user_id: int
    submission_id: UUID
    submissions: int


@dataclass(frozen=True, slots=True)
class BoardMinute:
    """Activity of a board in a minute (ms)."""

    board_id: int
    minute: int
    submissions: int
    players: int
    leaders: Sequence[MinuteLeader]


@dataclass(frozen=True, slots=True)
class RecentScore:
    """Submitted score. `submissions` counts the player's submissions to the board in the same minute, 1 if unknown."""

    user_id: int
    submission_id: UUID
    score: int
    achieved_at: int
    submissions: int = 1


@dataclass(frozen=True, slots=True)
class Suspect:
    """Suspicious score with its reasons. `deviation` is the distance from the median in robust standard deviations."""

    score: RecentScore
    reasons: Sequence[SuspicionReason]
    deviation: float


def _best(board: Board, scores: Sequence[RecentScore]) -> int:
    """Return the best of a player's scores, negated if high scores lead: on every board, a lower result is better."""
    return min(ranked_score(board.order, score.score) for score in scores)


def _clearest(board: Board, scores: Sequence[RecentScore], middle: float, spread: float) -> Suspect:
    """Return the player's most suspicious score: the score with the most reasons, then with the greatest deviation."""
    judged = (_judged(board, score, middle, spread) for score in scores)
    return max(judged, key=lambda suspect: (len(suspect.reasons), suspect.deviation))


def suspects(board: Board, scores: Iterable[RecentScore], limit: int) -> Sequence[Suspect]:
    """Return the most suspicious scores, at most `limit`, at most one per player, the most suspicious first.

    Scores are compared with the best scores of the other players in `scores`.
    """
    by_player: dict[int, list[RecentScore]] = {}
    for score in scores:
        by_player.setdefault(score.user_id, []).append(score)
    middle, spread = _middle_and_spread([_best(board, player_scores) for player_scores in by_player.values()])
    clearest = [_clearest(board, player_scores, middle, spread) for player_scores in by_player.values()]
    suspicious = [suspect for suspect in clearest if suspect.reasons]
    suspicious.sort(key=lambda suspect: (-len(suspect.reasons), -suspect.deviation, suspect.score.user_id))
    return suspicious[:limit]


def _middle_and_spread(values: Sequence[int]) -> tuple[float, float]:
    """Return the median and a robust standard deviation. With too few values, return 0 and an infinite deviation."""
    if len(values) < _FEWEST_PLAYERS:
        return 0.0, float("inf")
    middle = median(values)
    spread = _MAD_TO_DEVIATION * median(abs(value - middle) for value in values)
    # Use a minimum deviation, because many equal values have a deviation of 0: every other score would be an outlier. A
    # difference of 1 % of the median is not suspicious.
    return middle, max(spread, abs(middle) * _NEAR, 1.0)


def _judged(board: Board, score: RecentScore, middle: float, spread: float) -> Suspect:
    deviation = (middle - ranked_score(board.order, score.score)) / spread
    reasons = [
        reason
        for reason, applies in (
            (SuspicionReason.OUTLIER, deviation > _FAR),
            (SuspicionReason.NEAR_LIMIT, _is_near_limit(board, score.score)),
            (SuspicionReason.RATE, score.submissions > MAX_A_MINUTE),
        )
        if applies
    ]
    return Suspect(score, reasons, deviation)


def _is_near_limit(board: Board, score: int) -> bool:
    """Return whether the score is so close to the best allowed score that the distance is at most 1 % of the range."""
    low, high = board.limits.min_score, board.limits.max_score
    best = high if board.order is Order.DESC else low
    if best is None:
        return False
    extent = high - low if low is not None and high is not None else abs(best)
    return abs(best - score) <= extent * _NEAR
