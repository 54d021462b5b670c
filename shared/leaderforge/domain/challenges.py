"""Private challenges: small tournaments by link, between the players who have the invitation and join.

A challenge has no ladder. Its result is computed from the stored events of its players in its time span.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from secrets import token_urlsafe
from typing import NamedTuple
from uuid import UUID

from leaderforge.domain.boards import Board
from leaderforge.domain.challenge_errors import (
    ChallengeConflict,
    ChallengeFull,
    ChallengeOver,
    TooManyChallenges,
)
from leaderforge.domain.order import rank_bound, sort_key
from leaderforge.domain.ranks import rank_of
from leaderforge.domain.standings import Standing
from leaderforge.domain.times import time_text
from leaderforge.domain.timing import SETTLE_MS
from leaderforge.domain.tournaments import TournamentState

MIN_CHALLENGE_PLAYERS, MAX_CHALLENGE_PLAYERS = 2, 50
MIN_CHALLENGE_S = 60
MAX_STORED_EACH = 50
"""Maximum number of stored challenges of a player, which bounds the list and the export of a player."""

_INVITATION_BYTES = 16


@dataclass(frozen=True, slots=True)
class ChallengeLimits:
    """Limits of the challenges in a service. Times are in ms.

    `open_each` is the maximum number of open challenges of a player. With 0, nobody creates or joins challenges.
    `players` and `length_ms` limit each challenge. If the service stores about `stored` challenges, a new challenge
    replaces the settled challenge that ended first. If no challenge is settled, the new challenge is refused. A
    challenge is deleted `retention_ms` after its end.
    """

    open_each: int
    players: int
    length_ms: int
    stored: int
    retention_ms: int


class Challenge(NamedTuple):
    """A challenge on a board. Times are in ms.

    Scores count that were achieved from `starts_at` up to, not including, `ends_at`, and were recorded before
    `late_until`. `players` is the number of players who have joined, including erased players.
    """

    invitation: str
    board_id: int
    starts_at: int
    ends_at: int
    late_until: int
    max_players: int
    players: int = 1

    @property
    def settled_at(self) -> int:
        """Return the time (ms) when the result becomes final: no submission can change it afterwards."""
        return self.late_until + SETTLE_MS

    def state(self, now: int) -> TournamentState:
        """Return the state at `now` (ms)."""
        if now < self.ends_at:
            # A challenge is open even before its start: the clock of the process that created it may be ahead.
            return TournamentState.OPEN
        return TournamentState.CLOSED if now < self.settled_at else TournamentState.SETTLED

    def require_open(self, now: int) -> None:
        """Raise `ChallengeOver` if the challenge has ended at `now` (ms)."""
        if now >= self.ends_at:
            raise ChallengeOver.of(time_text(self.ends_at))

    def joined(self) -> "Challenge":
        """Return the challenge with one more player. Raises `ChallengeFull`."""
        if self.players >= self.max_players:
            raise ChallengeFull.of(self.max_players)
        return self._replace(players=self.players + 1)

    def counts(self, achieved_at: int, recorded_at: int) -> bool:
        """Return whether an event with these times (ms) counts."""
        return self.starts_at <= achieved_at < self.ends_at and recorded_at < self.late_until


class ChallengePlayer(NamedTuple):
    """Player of a challenge. `number` is the position in the order of joining, `joined_at` is in ms.

    The creator has the number 1. `challenge_id` is the id that the creator chose for the challenge, None for other
    players.
    """

    user_id: int
    invitation: str
    number: int
    joined_at: int
    challenge_id: UUID | None = None


class PlayedChallenge(NamedTuple):
    """Challenge that a player has joined, and the player's place in it."""

    challenge: Challenge
    player: ChallengePlayer


def new_invitation() -> str:
    """Return a random text of 22 characters that nobody can guess."""
    return token_urlsafe(_INVITATION_BYTES)


def repeated(stored: Challenge, requested: Challenge) -> Challenge:
    """Return the stored challenge for a repeated request with the same id.

    Raises `ChallengeConflict` if the requests differ. The comparison uses the length of the challenge instead of start
    and end, which depend on the time of a request.
    """
    if _content(stored) != _content(requested):
        raise ChallengeConflict("another challenge of this player has the same challenge_id; send a new one")
    return stored


def replaced_challenge(
    user_id: int, stored: Collection[PlayedChallenge], now: int, limits: ChallengeLimits
) -> Challenge | None:
    """Return the challenge that a new challenge of the player replaces at `now` (ms), None below `MAX_STORED_EACH`.

    Of the settled challenges that the player created, the first that ended is replaced. Challenges of other players
    stay. Raises `TooManyChallenges` if no challenge can be replaced, or at the maximum of open challenges.
    """
    if sum(challenge.ends_at > now for challenge, _ in stored) >= limits.open_each:
        raise TooManyChallenges.open_each(user_id, limits.open_each)
    if len(stored) < MAX_STORED_EACH:
        return None
    settled = [challenge for challenge, player in stored if player.number == 1 and challenge.settled_at <= now]
    if not settled:
        raise TooManyChallenges.stored_each(user_id, MAX_STORED_EACH)
    return min(settled, key=lambda challenge: (challenge.ends_at, challenge.invitation))


def ranked_standings(board: Board, standings: Iterable[Standing]) -> Sequence[tuple[int, Standing]]:
    """Return standings with their ranks among each other, best first."""
    by_key = {sort_key(board, standing): standing for standing in standings}
    keys = sorted(by_key)
    return [(rank_of(bisect_left(keys, rank_bound(board, key))), by_key[key]) for key in keys]


def _content(challenge: Challenge) -> tuple[int, int, int]:
    return challenge.board_id, challenge.ends_at - challenge.starts_at, challenge.max_players
