"""Expected answer of every read, computed from the events by brute force without code of the product."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from leaderforge.domain.boards import Board
from leaderforge.domain.standings import Event


@dataclass(frozen=True)
class Line:
    """Line of the board: the expected entry of a player."""

    rank: int
    user_id: int
    score: int
    submissions: int
    achieved_at: int
    metadata: str | None
    subscore: int | None = None


class Oracle:
    """Expected lines of a board in one period, the best line first, computed from the events of the period.

    `unranked` has the number of submissions of each player below the minimum of submissions.
    """

    def __init__(self, board: Board, events: Iterable[Event]) -> None:
        self._shared = board.rank_style == "shared"
        by_user: dict[int, dict[object, Event]] = defaultdict(dict)
        for event in events:
            by_user[event.user_id].setdefault(event.submission_id, event)
        standings = [_standing(board, list(own.values())) for own in by_user.values()]
        self.unranked = {s.user_id: s.submissions for s in standings if s.submissions < board.min_submissions}
        standings = [s for s in standings if s.user_id not in self.unranked]
        standings.sort(key=lambda s: (*_worth(board, s.score, s.subscore), s.achieved_at, s.user_id))
        self.lines: list[Line] = []
        for position, line in enumerate(standings, 1):
            last = self.lines[-1] if self.lines else None
            tied = self._shared and last and (last.score, last.subscore) == (line.score, line.subscore)
            self.lines.append(replace(line, rank=last.rank if last and tied else position))

    @property
    def total(self) -> int:
        return len(self.lines)

    def position(self, user_id: int) -> int | None:
        return next((i for i, line in enumerate(self.lines) if line.user_id == user_id), None)

    def line_of(self, user_id: int) -> Line:
        position = self.position(user_id)
        assert position is not None
        return self.lines[position]

    def around(self, user_id: int, radius: int) -> Sequence[Line]:
        position = self.position(user_id)
        assert position is not None
        return self.lines[max(0, position - radius) : position + radius + 1]

    def range(self, low: int, high: int) -> Sequence[Line]:
        return [line for line in self.lines if low <= line.score <= high]

    def percentile(self, line: Line) -> float:
        behind = sum(other.rank > line.rank for other in self.lines)
        return 100.0 if self.total == 1 else 100 * behind / (self.total - 1)

    def at_percentile(self, percent: int) -> Line | None:
        """Return the last line that is ahead of at least `percent` % of the other lines, None if no line is."""
        ahead = [line for line in self.lines if self.percentile(line) >= percent]
        return ahead[-1] if ahead else None

    def window(self, user_id: int, size: int) -> Sequence[Line]:
        """Return `size` lines with the player's line in the middle, or as near to the middle as the ends of the board
        allow.
        """
        position = self.position(user_id)
        assert position is not None
        starts = range(max(1, self.total - size + 1))
        start = min(starts, key=lambda start: abs(start + size // 2 - position))
        return self.lines[start : start + size]

    def score_at(self, percent: int) -> int:
        """Return the score of the last line that has at least `percent` % of the other lines after it, tied or not."""
        ahead = [
            line
            for position, line in enumerate(self.lines, 1)
            if self.total == 1 or 100 * (self.total - position) >= percent * (self.total - 1)
        ]
        return ahead[-1].score


def _worth(board: Board, score: int, subscore: int | None) -> tuple[int, int]:
    """Return score and subscore, negated where high values lead: the smaller pair is better."""
    second = subscore or 0
    return (
        -score if board.order == "desc" else score,
        -second if board.subscore_order == "desc" else second,
    )


def _reception(event: Event) -> tuple[int, int, int]:
    """Return a tuple that orders events by the time of achievement, then by reception."""
    return event.achieved_at, event.received_us, event.submission_id.int


def _standing(board: Board, events: list[Event]) -> Line:
    score = subscore = 0
    if board.policy == "sum":
        moving = [e for e in events if e.score or e.subscore]
        if moving:
            run = max(moving, key=_reception)
        else:
            run = min(events, key=lambda e: (e.achieved_at, e.received_us, -e.submission_id.int))
        score, subscore = sum(e.score for e in events), sum(e.subscore for e in events)
    else:
        if board.policy == "latest":
            run = max(events, key=_reception)
        else:
            run = min(events, key=lambda e: (_worth(board, e.score, e.subscore), _reception(e)))
        score, subscore = run.score, run.subscore
    shown = None if board.subscore_order is None else subscore
    return Line(0, run.user_id, score, len(events), run.achieved_at, run.metadata, shown)
