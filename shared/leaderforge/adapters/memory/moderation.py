"""Moderation's twin."""

from collections.abc import Sequence

from leaderforge.adapters.memory.audit import MemoryAuditLog
from leaderforge.adapters.memory.player_store import MemoryPlayerStore
from leaderforge.adapters.memory.score_store import MemoryScoreStore
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.errors import NotRanked, PlayerNotFound
from leaderforge.domain.standings import (
    HIDDEN_ENTRY,
    HIDDEN_PLAYER,
    REMOVED,
    LadderStanding,
    Standing,
    removed_standing,
)
from leaderforge.domain.submissions import Submission


class MemoryModeration:
    """`Moderation` on the other twins."""

    def __init__(self, scores: MemoryScoreStore, users: MemoryPlayerStore, audit: MemoryAuditLog) -> None:
        self._scores = scores
        self._users = users
        self._audit = audit

    async def set_entry_hidden(
        self, board: Board, user_id: int, hidden: bool, act: AuditEntry
    ) -> Sequence[LadderStanding]:
        own = self._own(user_id, board)
        _require_ranked(board, user_id, [one for one in own if not one[1].removed])
        return self._mark(user_id, own, HIDDEN_ENTRY, hidden, act)

    async def set_player_hidden(self, user_id: int, hidden: bool, act: AuditEntry) -> Sequence[LadderStanding]:
        own = self._own(user_id)
        (self._users.hidden.add if hidden else self._users.hidden.discard)(user_id)
        return self._mark(user_id, own, HIDDEN_PLAYER, hidden, act)

    async def remove(self, board: Board, user_id: int, act: AuditEntry) -> Sequence[LadderStanding]:
        own = self._open(board, user_id, act.at)
        _require_ranked(board, user_id, own)
        self._scores.void(board, user_id)
        return self._remove(user_id, own, act)

    async def remove_from(self, ladder: Ladder, user_id: int, act: AuditEntry) -> Sequence[LadderStanding]:
        own = [one for one in self._own(user_id, ladder.board) if one[0].period == ladder.period]
        own = [one for one in own if not one[1].removed]
        _require_ranked(ladder.board, user_id, own)
        return self._remove(user_id, own, act)

    async def set_score(self, submission: Submission, act: AuditEntry) -> Sequence[LadderStanding]:
        board, user_id = submission.board, submission.event.user_id
        removed = self._open(board, user_id, act.at)
        self._scores.void(board, user_id)
        self._remove(user_id, removed, act)
        self._scores.count(submission)
        periods = {ladder.period for ladder in (*submission.ladders, *(ladder for ladder, _ in removed))}
        return [one for one in self._own(user_id, board) if one[0].period in periods]

    async def hidden(self, ladder: Ladder, limit: int, after: int | None = None) -> Sequence[Standing]:
        standings = [s async for chunk in self._scores.all_standings(ladder) for s in chunk]
        found = [s for s in standings if s.hidden and not s.removed and (after is None or s.user_id > after)]
        return sorted(found, key=lambda standing: standing.user_id)[:limit]

    def _own(self, user_id: int, board: Board | None = None) -> Sequence[LadderStanding]:
        if user_id not in self._users.by_id:
            raise PlayerNotFound(f"there is no player {user_id}", user_id=user_id)
        return [one for one in self._scores.placed(user_id) if board is None or one[0].board.id == board.id]

    def _open(self, board: Board, user_id: int, now: int) -> Sequence[LadderStanding]:
        """Return the standings on the board in the periods that are not over."""
        return [one for one in self._own(user_id, board) if not one[1].removed and not one[0].is_over(now)]

    def _mark(
        self, user_id: int, own: Sequence[LadderStanding], bit: int, hidden: bool, act: AuditEntry
    ) -> Sequence[LadderStanding]:
        changed = [(ladder, s._replace(hidden=s.hidden | bit if hidden else s.hidden & ~bit)) for ladder, s in own]
        return self._put(user_id, changed, act)

    def _remove(self, user_id: int, own: Sequence[LadderStanding], act: AuditEntry) -> Sequence[LadderStanding]:
        removed = [
            (ladder, removed_standing(ladder.board, user_id, 0)._replace(hidden=s.hidden | REMOVED))
            for ladder, s in own
        ]
        return self._put(user_id, removed, act)

    def _put(self, user_id: int, changed: Sequence[LadderStanding], act: AuditEntry) -> Sequence[LadderStanding]:
        for ladder, standing in changed:
            self._scores.put(ladder, standing)
        self._users.touch(user_id)
        self._audit.write(act)
        return [one for one in self._scores.placed(user_id) if one[0] in {ladder for ladder, _ in changed}]


def _require_ranked(board: Board, user_id: int, own: Sequence[LadderStanding]) -> None:
    if not own:
        raise NotRanked.on(board.slug, user_id)
