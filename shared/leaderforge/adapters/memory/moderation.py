"""In-memory moderation."""

from collections.abc import Sequence
from uuid import UUID

from leaderforge.adapters.memory.audit import MemoryAuditLog
from leaderforge.adapters.memory.boards import place_of
from leaderforge.adapters.memory.player_store import MemoryPlayerStore
from leaderforge.adapters.memory.score_store import MemoryScoreStore
from leaderforge.domain.audit import AuditEntry, concerning_feeds
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.errors import NotRanked, PlayerNotFound
from leaderforge.domain.notices import moderation_notices
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
    """`Moderation` over the other in-memory adapters."""

    def __init__(self, scores: MemoryScoreStore, users: MemoryPlayerStore, audit: MemoryAuditLog) -> None:
        self._scores = scores
        self._users = users
        self._audit = audit

    async def set_entry_hidden(
        self, board: Board, user_id: int, hidden: bool, act: AuditEntry
    ) -> Sequence[LadderStanding]:
        standings = self._standings(user_id, board)
        _require_ranked(board, user_id, _present(standings))
        return self._set_flag(user_id, standings, HIDDEN_ENTRY, hidden, act)

    async def set_player_hidden(self, user_id: int, hidden: bool, act: AuditEntry) -> Sequence[LadderStanding]:
        standings = self._standings(user_id)
        (self._users.hidden.add if hidden else self._users.hidden.discard)(user_id)
        if hidden:
            self._users.sessions.pop(user_id, None)
        return self._set_flag(user_id, standings, HIDDEN_PLAYER, hidden, act)

    async def remove(self, board: Board, user_id: int, act: AuditEntry) -> Sequence[LadderStanding]:
        standings = self._open(board, user_id, act.at)
        _require_ranked(board, user_id, standings)
        self._scores.void(board, user_id)
        return self._remove(user_id, standings, act)

    async def remove_from(self, ladder: Ladder, user_id: int, act: AuditEntry) -> Sequence[LadderStanding]:
        present = _present(self._standings(user_id, ladder.board))
        in_period = [(other, standing) for other, standing in present if other.period == ladder.period]
        _require_ranked(ladder.board, user_id, in_period)
        self._scores.void_in(ladder, user_id)
        return self._remove(user_id, in_period, act)

    async def set_submission_removed(
        self,
        board: Board,
        user_id: int,
        submission_id: UUID,
        removed: bool,
        act: AuditEntry,
        targets: Sequence[Board] = (),
    ) -> Sequence[LadderStanding]:
        standings, followed = self._standings(user_id), list[str]()
        with self._scores.voids_kept_on_error():
            was_void = self._scores.is_void(board, user_id, submission_id)
            changing = list(self._scores.set_void(board, user_id, submission_id, removed))
            for target in targets if was_void is not removed else ():
                before = self._scores.is_void(target, user_id, submission_id)
                if self._scores.has_event(target, user_id, submission_id):
                    changing += self._scores.set_void_with(board, target, user_id, submission_id, removed)
                if self._scores.is_void(target, user_id, submission_id) is not before:
                    followed.append(target.slug)
            places = set(map(place_of, changing))
            ladders = [lad for lad, _ in standings if place_of(lad) in places and not lad.is_over(act.at)]
            changed = [(ladder, self._scores.refolded(ladder, user_id)) for ladder in ladders]
        return self._put(user_id, changed, concerning_feeds(act, followed))

    async def replace_submission(
        self, submission: Submission, act: AuditEntry, *, in_past: bool
    ) -> Sequence[LadderStanding]:
        board, user_id = submission.board, submission.event.user_id
        standings = _present(self._standings(user_id, board))
        previous = self._scores.require_event(board, user_id, submission.event.submission_id)
        periods = {ladder.period for ladder in board.ladders_at(previous.event.achieved_at)}
        counted = {ladder.period for ladder in submission.ladders}
        ladders = [
            lad
            for lad, _ in standings
            if lad.period in periods and (in_past or lad.period in counted or not lad.is_over(act.at))
        ]
        changed = [
            (lad, self._scores.refolded_without(lad, previous.event, is_part=lad.period in counted)) for lad in ladders
        ]
        self._scores.require_countable(submission, dict(changed))
        self._scores.delete_event(previous)
        self._put(user_id, changed, act)
        self._scores.count(submission)
        changed_periods = {ladder.period for ladder in (*submission.ladders, *ladders)}
        return [(lad, s) for lad, s in self._standings(user_id, board) if lad.period in changed_periods]

    async def set_score(self, submission: Submission, act: AuditEntry) -> Sequence[LadderStanding]:
        board, user_id = submission.board, submission.event.user_id
        removed = self._open(board, user_id, act.at)
        if self._scores.has(submission):
            return self._put(user_id, [], act)
        self._scores.replace(board, user_id, act.at)
        self._remove(user_id, removed, act)
        self._scores.count(submission)
        periods = {ladder.period for ladder in (*submission.ladders, *(ladder for ladder, _ in removed))}
        standings = self._standings(user_id, board)
        return [(ladder, standing) for ladder, standing in standings if ladder.period in periods]

    async def hidden(self, ladder: Ladder, limit: int, after: int | None = None) -> Sequence[Standing]:
        standings = [s async for chunk in self._scores.all_standings(ladder) for s in chunk]
        matches = [s for s in standings if s.hidden and not s.removed and (after is None or s.user_id > after)]
        return sorted(matches, key=lambda standing: standing.user_id)[:limit]

    def _standings(self, user_id: int, board: Board | None = None) -> Sequence[LadderStanding]:
        """Return a player's standings on one or on all boards, including removed ones. Raises `PlayerNotFound`."""
        if user_id not in self._users.by_id:
            raise PlayerNotFound.of(user_id)
        return [
            (ladder, standing)
            for ladder, standing in self._scores.standings_of_player(user_id)
            if board is None or ladder.board.id == board.id
        ]

    def _open(self, board: Board, user_id: int, now: int) -> Sequence[LadderStanding]:
        """Return a player's standings in the open periods of the board, without removed ones. `now` is in ms."""
        present = _present(self._standings(user_id, board))
        return [(ladder, standing) for ladder, standing in present if not ladder.is_over(now)]

    def _set_flag(
        self, user_id: int, standings: Sequence[LadderStanding], bit: int, hidden: bool, act: AuditEntry
    ) -> Sequence[LadderStanding]:
        bits = bit * hidden
        changed = [
            (ladder, s._replace(hidden=s.hidden & ~bit | bits)) for ladder, s in standings if s.hidden & bit != bits
        ]
        return self._put(user_id, changed, act)

    def _remove(self, user_id: int, standings: Sequence[LadderStanding], act: AuditEntry) -> Sequence[LadderStanding]:
        removed = [
            (ladder, removed_standing(ladder.board, user_id, 0)._replace(hidden=s.hidden | REMOVED))
            for ladder, s in standings
        ]
        return self._put(user_id, removed, act)

    def _put(self, user_id: int, changed: Sequence[LadderStanding], act: AuditEntry) -> Sequence[LadderStanding]:
        self._users.touch(user_id)
        for ladder, standing in changed:
            self._scores.put(ladder, standing)
        self._audit.write(act)
        # Read the standings again, because `put` has given them new revisions.
        ladders = {ladder for ladder, _ in changed}
        standings = self._scores.standings_of_player(user_id)
        replaced = [(ladder, standing) for ladder, standing in standings if ladder in ladders]
        self._scores.outbox.write(moderation_notices(user_id, act, replaced))
        return replaced


def _present(standings: Sequence[LadderStanding]) -> list[LadderStanding]:
    return [(ladder, standing) for ladder, standing in standings if not standing.removed]


def _require_ranked(board: Board, user_id: int, standings: Sequence[LadderStanding]) -> None:
    if not standings:
        raise NotRanked.on(board.slug, user_id)
