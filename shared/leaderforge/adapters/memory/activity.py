"""In-memory activity of boards."""

from collections import Counter
from collections.abc import Iterable, Sequence

from leaderforge.adapters.memory.score_store import MemoryScoreStore
from leaderforge.domain.activity import (
    LEADERS_A_MINUTE,
    MAX_A_MINUTE,
    MINUTE_MS,
    ActivityPoint,
    BoardMinute,
    MinuteLeader,
    RecentScore,
)
from leaderforge.domain.boards import Board
from leaderforge.domain.grouping import grouped
from leaderforge.domain.order import ranked_score
from leaderforge.domain.submissions import Submission


class MemoryActivity:
    """`ActivityStore` over the events of the in-memory store."""

    def __init__(self, scores: MemoryScoreStore) -> None:
        self._scores = scores
        self._until: int | None = None
        self._minutes: dict[tuple[int, int], BoardMinute] = {}

    async def folded_until(self) -> int | None:
        return self._until

    async def fold(self, since: int, until: int) -> int:
        by_minute = grouped(
            ((submission.board.id, recorded_at // MINUTE_MS * MINUTE_MS), submission)
            for submission, recorded_at in self._scores.recorded_between(since, until)
        )
        self._minutes.update({key: _folded(*key, events) for key, events in by_minute.items()})
        self._until = max(until, self._until or 0)
        return sum(map(len, by_minute.values()))

    async def forget(self, before: int) -> None:
        self._minutes = {key: minute for key, minute in self._minutes.items() if minute.minute >= before}

    async def points(self, board: Board, since: int, step_ms: int) -> Sequence[ActivityPoint]:
        steps = grouped((minute.minute // step_ms * step_ms, minute) for minute in self._of(board, since))
        return [
            ActivityPoint(at, sum(m.submissions for m in minutes), max(m.players for m in minutes))
            for at, minutes in sorted(steps.items())
        ]

    async def leaders(self, board: Board, since: int, limit: int) -> Sequence[RecentScore]:
        leaders = [leader for minute in self._of(board, since) for leader in minute.leaders]
        leaders.sort(key=lambda leader: (-leader.minute, leader.user_id))
        scores = []
        for leader in leaders:
            stored = self._scores.counting_event(leader.user_id, board, leader.submission_id)
            if stored is not None:
                event = stored.event
                scores.append(
                    RecentScore(event.user_id, event.submission_id, event.score, event.achieved_at, leader.submissions)
                )
        return scores[:limit]

    async def newest(self, board: Board, since: int, limit: int) -> Sequence[RecentScore]:
        recorded = [
            (recorded_at, submission.event)
            for submission, recorded_at in self._scores.recorded_between(since, None)
            if self._scores.counting_event(submission.event.user_id, board, submission.event.submission_id)
        ]
        recorded.sort(key=lambda pair: (pair[0], pair[1].submission_id), reverse=True)
        return [RecentScore(e.user_id, e.submission_id, e.score, e.achieved_at) for _, e in recorded[:limit]]

    def _of(self, board: Board, since: int) -> Sequence[BoardMinute]:
        return [m for m in self._minutes.values() if m.board_id == board.id and m.minute >= since]


def _folded(board_id: int, minute: int, submissions: Iterable[Submission]) -> BoardMinute:
    events = [(ranked_score(s.board.order, s.event.score), s.event.user_id, s.event.submission_id) for s in submissions]
    counts = Counter(user_id for _, user_id, _ in events)
    best: dict[int, MinuteLeader] = {}
    for _, user_id, submission_id in sorted(events, key=lambda event: (event[0], event[2].bytes)):
        best.setdefault(user_id, MinuteLeader(board_id, minute, user_id, submission_id, counts[user_id]))
    scores = {user_id: min(score for score, owner, _ in events if owner == user_id) for user_id in best}
    ordered = sorted(best.values(), key=lambda leader: (scores[leader.user_id], leader.user_id))
    leaders = [leader for i, leader in enumerate(ordered) if i < LEADERS_A_MINUTE or leader.submissions > MAX_A_MINUTE]
    return BoardMinute(board_id, minute, len(events), len(best), leaders)
