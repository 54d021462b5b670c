"""Private challenges: creating, joining and reading them."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.boards import Board
from leaderforge.domain.callers import ANONYMOUS, Caller
from leaderforge.domain.challenge_errors import ChallengeNotFound, ChallengesDisabled
from leaderforge.domain.challenges import (
    MIN_CHALLENGE_PLAYERS,
    MIN_CHALLENGE_S,
    Challenge,
    ChallengeLimits,
    PlayedChallenge,
    new_invitation,
    ranked_standings,
)
from leaderforge.domain.errors import BoardNotFound, Refused
from leaderforge.domain.players import Player
from leaderforge.domain.standings import Standing
from leaderforge.domain.tournaments import TournamentState
from leaderforge.ports.challenges import ChallengeStore
from leaderforge.ports.clock import Clock
from leaderforge.ports.scores import ScoreStore
from leaderforge.services.cadence import Cadence
from leaderforge.services.challenge_results import ChallengeResult, ChallengeResults
from leaderforge.services.entries import Entry

_PURGE_EVERY_S = 3600.0
"""Time between two purges by one process, in s. An expired challenge may therefore be read for an hour longer."""
_PURGED_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class ChallengeView:
    """A challenge at a time (ms). `entries` are best first, with ranks among each other.

    `unscored` are the visible players without a score, in the order of joining.
    """

    board: Board
    challenge: Challenge
    entries: Sequence[Entry]
    unscored: Sequence[Player]
    now: int

    @property
    def state(self) -> TournamentState:
        """Return the state of the challenge."""
        return self.challenge.state(self.now)


class ChallengeService:
    """Challenges by link. Their results are computed from the stored events and the time.

    Scores from before the end count if they are submitted at most `grace_ms` after the end.
    """

    def __init__(
        self,
        challenges: ChallengeStore,
        store: ScoreStore,
        results: ChallengeResults,
        clock: Clock,
        limits: ChallengeLimits,
        *,
        grace_ms: int,
    ) -> None:
        self._challenges = challenges
        self._store = store
        self._results = results
        self._clock = clock
        self._limits = limits
        self._grace_ms = grace_ms
        self._purge_cadence = Cadence(_PURGE_EVERY_S)

    async def create(
        self, board: Board, user_id: int, challenge_id: UUID, *, length_s: int, max_players: int
    ) -> Challenge:
        """Create a challenge that starts now, with its creator as the first player. A retry must use the same id.

        Raises `ChallengesDisabled`, `Refused` for a length or a number of players beyond the limits, `PlayerNotFound`,
        `TooManyChallenges` or `ChallengeConflict`.
        """
        self._require_enabled()
        _require_within("length_s", length_s, MIN_CHALLENGE_S, self._limits.length_ms // 1000)
        _require_within("max_players", max_players, MIN_CHALLENGE_PLAYERS, self._limits.players)
        now = self._clock()
        ends_at = now + length_s * 1000
        challenge = Challenge(new_invitation(), board.id, now, ends_at, ends_at + self._grace_ms, max_players)
        return await self._challenges.create(challenge, user_id, challenge_id, self._limits)

    async def join(self, invitation: str, user_id: int) -> Challenge:
        """Let a player join by an invitation. Change nothing if the player has joined before.

        Raises `ChallengesDisabled`, and the errors of `ChallengeStore.join`.
        """
        self._require_enabled()
        return await self._challenges.join(invitation, user_id, self._clock(), self._limits)

    async def find(self, invitation: str) -> tuple[Board, Challenge]:
        """Return a challenge and its board. Raises `ChallengeNotFound` or `BoardNotFound`."""
        challenge = await self._challenges.find(invitation)
        if challenge is None:
            raise ChallengeNotFound.of()
        for board in await self._store.boards():
            if board.id == challenge.board_id:
                return board, challenge
        raise BoardNotFound("the board of the challenge was deleted")

    async def view(self, board: Board, challenge: Challenge, viewer: Caller = ANONYMOUS) -> ChallengeView:
        """Return a challenge with its players and scores. Both may be cached.

        Hidden players are left out. If the viewer is a hidden player, the viewer's own entry is included.
        """
        now = self._clock()
        result = await self._results.get(board, challenge, now)
        return _view(board, challenge, result, viewer, now)

    async def current_view(self, board: Board, challenge: Challenge, viewer: Caller) -> ChallengeView:
        """Return a challenge as `view` does, with the current players and scores."""
        now = self._clock()
        return _view(board, challenge, await self._results.load(board, challenge), viewer, now)

    async def of_player(self, user_id: int) -> Sequence[tuple[Board, PlayedChallenge]]:
        """Return the challenges of a player with their boards, the latest end first. Deleted boards are left out."""
        boards = {board.id: board for board in await self._store.boards()}
        played = await self._challenges.of_player(user_id)
        return [(boards[i], item) for item in played if (i := item.challenge.board_id) in boards]

    async def remove(self, invitation: str, actor: str, reason: str) -> Challenge:
        """Delete a challenge, and return it. Raises `ChallengeNotFound` or `BoardNotFound`."""
        board, challenge = await self.find(invitation)
        details = {"players": challenge.players}
        act = AuditEntry(self._clock(), actor, "challenge.remove", board=board.slug, reason=reason, details=details)
        await self._challenges.remove(invitation, act)
        return challenge

    async def purge_if_due(self) -> int:
        """Delete expired challenges unless this process did so within the last hour. Return the number of deletions."""
        if not self._purge_cadence.is_due():
            return 0
        count = await self._challenges.purge(self._clock() - self._limits.retention_ms, _PURGED_AT_ONCE)
        if count < _PURGED_AT_ONCE:
            self._purge_cadence.pause()
        return count

    def _require_enabled(self) -> None:
        if not self._limits.open_each:
            raise ChallengesDisabled("this service has no challenges; its setting is LEADERFORGE_CHALLENGES")


def _view(board: Board, challenge: Challenge, result: ChallengeResult, viewer: Caller, now: int) -> ChallengeView:
    # Leave out players who were erased during the load.
    players, hidden = result.players, result.hidden
    visible = [i for i in result.user_ids if i in players and (i not in hidden or viewer.sees_hidden(i))]
    ranked = ranked_standings(board, [standing for standing in result.standings if standing.user_id in visible])
    entries = [_entry(board, rank, s, players[s.user_id], hidden=s.user_id in hidden) for rank, s in ranked]
    scored = {entry.user_id for entry in entries}
    return ChallengeView(board, challenge, entries, [players[i] for i in visible if i not in scored], now)


def _entry(board: Board, rank: int, standing: Standing, player: Player, *, hidden: bool) -> Entry:
    return Entry(
        rank,
        standing.user_id,
        player.username,
        board.score_type.typed(standing.score),
        standing.submissions,
        standing.achieved_at,
        standing.metadata,
        None if board.subscore_order is None else standing.subscore,
        hidden,
        player.external_id,
        tiebreakers=board.tiebreakers,
    )


def _require_within(name: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise Refused(f"{name} must be {low} to {high}, not {value}", limit=high)
