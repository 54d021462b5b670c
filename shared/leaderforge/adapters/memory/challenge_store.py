"""In-memory challenges."""

from collections.abc import Collection, Sequence, Set
from uuid import UUID

from leaderforge.adapters.memory.audit import MemoryAuditLog
from leaderforge.adapters.memory.friend_store import MemoryFriendStore
from leaderforge.adapters.memory.player_store import MemoryPlayerStore
from leaderforge.adapters.memory.score_store import MemoryScoreStore
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.boards import Board
from leaderforge.domain.challenge_errors import ChallengeBlocked, ChallengeNotFound, TooManyChallenges
from leaderforge.domain.challenges import (
    Challenge,
    ChallengeLimits,
    ChallengePlayer,
    PlayedChallenge,
    repeated,
    replaced_challenge,
)
from leaderforge.domain.errors import PlayerNotFound
from leaderforge.domain.standings import HIDDEN_ENTRY, HIDDEN_PLAYER, Standing, fold, in_range


class MemoryChallengeStore:
    """`ChallengeStore` in dicts, over the events of a `MemoryScoreStore`."""

    def __init__(
        self, scores: MemoryScoreStore, users: MemoryPlayerStore, friends: MemoryFriendStore, audit: MemoryAuditLog
    ) -> None:
        self._scores = scores
        self._users = users
        self._friends = friends
        self._audit = audit
        self._challenges: dict[str, Challenge] = {}
        self._players: list[ChallengePlayer] = []
        scores.on_erasure.append(self._erase)
        scores.on_purged_board.append(self._delete_on)

    async def create(
        self, challenge: Challenge, user_id: int, challenge_id: UUID, limits: ChallengeLimits
    ) -> Challenge:
        self._require_player(user_id)
        played = self._played(user_id)
        for stored, player in played:
            if player.challenge_id == challenge_id:
                return repeated(stored, challenge)
        self._replace(replaced_challenge(user_id, played, challenge.starts_at, limits))
        if len(self._challenges) >= limits.stored:
            self._delete_settled(challenge.starts_at, limits)
        self._add(challenge, user_id, challenge.starts_at, challenge_id)
        return challenge

    async def join(self, invitation: str, user_id: int, now: int, limits: ChallengeLimits) -> Challenge:
        self._require_player(user_id)
        played = self._played(user_id)
        for stored, _ in played:
            if stored.invitation == invitation:
                return stored
        replaced = replaced_challenge(user_id, played, now, limits)
        challenge = self._require(invitation)
        challenge.require_open(now)
        challenge = challenge.joined()
        user_ids = {player.user_id for player in await self.players(invitation)}
        if self._friends.are_blocked(user_id, user_ids):
            raise ChallengeBlocked.of(user_id)
        self._replace(replaced)
        self._add(challenge, user_id, now)
        return challenge

    async def find(self, invitation: str) -> Challenge | None:
        return self._challenges.get(invitation)

    async def players(self, invitation: str) -> Sequence[ChallengePlayer]:
        return sorted((p for p in self._players if p.invitation == invitation), key=lambda player: player.number)

    async def of_player(self, user_id: int) -> Sequence[PlayedChallenge]:
        return sorted(
            self._played(user_id), key=lambda played: (-played.challenge.ends_at, played.challenge.invitation)
        )

    async def standings(self, board: Board, challenge: Challenge, user_ids: Collection[int]) -> Sequence[Standing]:
        events = [
            submission.event
            for submission, recorded_at in self._scores.recorded_between(0, None)
            if submission.board.id == board.id
            and challenge.counts(submission.event.achieved_at, recorded_at)
            and not self._scores.is_removed(submission.event_key, before=challenge.late_until)
        ]
        by_player = {user_id: [event for event in events if event.user_id == user_id] for user_id in user_ids}
        return [in_range(board, fold(board, played)) for played in by_player.values() if played]

    async def hidden(self, board: Board, user_ids: Collection[int]) -> Set[int]:
        hidden = self._users.hidden & set(user_ids)
        for user_id in user_ids:
            standings = [s for ladder, s in self._scores.standings_of_player(user_id) if ladder.board.id == board.id]
            if any(s.hidden & (HIDDEN_ENTRY | HIDDEN_PLAYER) for s in standings):
                hidden.add(user_id)
        return hidden

    async def remove(self, invitation: str, act: AuditEntry) -> None:
        self._require(invitation)
        self._delete({invitation})
        self._audit.write(act)

    async def purge(self, ended_before: int, limit: int) -> int:
        ended = sorted((c.ends_at, c.invitation) for c in self._challenges.values() if c.ends_at < ended_before)
        self._delete({invitation for _, invitation in ended[:limit]})
        return len(ended[:limit])

    def _played(self, user_id: int) -> Sequence[PlayedChallenge]:
        played = [PlayedChallenge(self._challenges[p.invitation], p) for p in self._players if p.user_id == user_id]
        return [item for item in played if self._scores.has_board(item.challenge.board_id)]

    def _replace(self, replaced: Challenge | None) -> None:
        if replaced is not None:
            self._delete({replaced.invitation})

    def _delete_settled(self, now: int, limits: ChallengeLimits) -> None:
        settled = [(c.ends_at, c.invitation) for c in self._challenges.values() if c.settled_at <= now]
        if not settled:
            raise TooManyChallenges.stored(limits.stored)
        self._delete({min(settled)[1]})

    def _add(self, challenge: Challenge, user_id: int, at: int, challenge_id: UUID | None = None) -> None:
        self._challenges[challenge.invitation] = challenge
        self._players.append(ChallengePlayer(user_id, challenge.invitation, challenge.players, at, challenge_id))

    def _require(self, invitation: str) -> Challenge:
        if invitation not in self._challenges:
            raise ChallengeNotFound.of()
        return self._challenges[invitation]

    def _require_player(self, user_id: int) -> None:
        if user_id not in self._users.by_id:
            raise PlayerNotFound.of(user_id)

    def _delete(self, invitations: Set[str]) -> None:
        self._challenges = {i: challenge for i, challenge in self._challenges.items() if i not in invitations}
        self._players = [player for player in self._players if player.invitation not in invitations]

    def _delete_on(self, board: Board) -> None:
        self._delete({i for i, challenge in self._challenges.items() if challenge.board_id == board.id})

    def _erase(self, user_id: int) -> None:
        self._players = [player for player in self._players if player.user_id != user_id]
