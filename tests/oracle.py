"""What every read must answer, computed from the events by brute force and sharing no code with the product."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from leaderforge.domain.boards import Board
from leaderforge.domain.standings import Event


@dataclass(frozen=True)
class Line:
    """One line of the board."""

    rank: int
    user_id: int
    score: int
    submissions: int
    achieved_at: int
    metadata: str | None


class Oracle:
    """A board as a sorted list."""

    def __init__(self, board: Board, events: Iterable[Event]) -> None:
        self._desc = board.order == "desc"
        self._shared = board.rank_style == "shared"
        by_user: dict[int, dict[object, Event]] = defaultdict(dict)
        for event in events:
            by_user[event.user_id].setdefault(event.submission_id, event)
        standings = [_standing(board.policy, self._desc, list(own.values())) for own in by_user.values()]
        standings.sort(key=lambda s: (-s[1] if self._desc else s[1], s[2], s[0]))
        self.lines: list[Line] = []
        for position, (user_id, score, achieved_at, submissions, metadata) in enumerate(standings, 1):
            tied = self._shared and self.lines and self.lines[-1].score == score
            rank = self.lines[-1].rank if tied else position
            self.lines.append(Line(rank, user_id, score, submissions, achieved_at, metadata))

    @property
    def total(self) -> int:
        return len(self.lines)

    def position(self, user_id: int) -> int | None:
        return next((i for i, line in enumerate(self.lines) if line.user_id == user_id), None)

    def around(self, user_id: int, radius: int) -> Sequence[Line]:
        position = self.position(user_id)
        assert position is not None
        return self.lines[max(0, position - radius) : position + radius + 1]

    def range(self, low: int, high: int) -> Sequence[Line]:
        return [line for line in self.lines if low <= line.score <= high]

    def percentile(self, line: Line) -> float:
        return 100.0 if self.total == 1 else 100 * (self.total - line.rank) / (self.total - 1)

    def at_percentile(self, percent: int) -> Line:
        ahead = [
            line
            for position, line in enumerate(self.lines, 1)
            if self.total == 1 or 100 * (self.total - position) >= percent * (self.total - 1)
        ]
        return ahead[-1]


def _standing(policy: str, desc: bool, events: list[Event]) -> tuple[int, int, int, int, str | None]:
    if policy == "sum":
        moving = [e for e in events if e.score] or events
        run = max(moving, key=lambda e: (e.achieved_at, e.submission_id))
        score = sum(e.score for e in events)
    elif policy == "latest":
        run = max(events, key=lambda e: (e.achieved_at, e.submission_id))
        score = run.score
    else:
        score = max(e.score for e in events) if desc else min(e.score for e in events)
        run = min((e for e in events if e.score == score), key=lambda e: (e.achieved_at, e.submission_id))
    return events[0].user_id, score, run.achieved_at, len(events), run.metadata
