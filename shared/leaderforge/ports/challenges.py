"""Private challenges and their players."""

from collections.abc import Collection, Sequence, Set
from typing import Protocol
from uuid import UUID

from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.boards import Board
from leaderforge.domain.challenges import Challenge, ChallengeLimits, ChallengePlayer, PlayedChallenge
from leaderforge.domain.standings import Standing


class ChallengeStore(Protocol):
    """Challenges, their players, and the scores that count in them.

    The erasure of a player deletes the player from all challenges. No other player can take the place. Challenges on a
    deleted board do not count for the limits of players, and the purge of the board deletes them.
    """

    async def create(
        self, challenge: Challenge, user_id: int, challenge_id: UUID, limits: ChallengeLimits
    ) -> Challenge:
        """Store a challenge with its creator as the first player, and return it.

        If the player has created a challenge with this id before, return that challenge. Raises `PlayerNotFound`,
        `TooManyChallenges` or `ChallengeConflict`.
        """
        ...

    async def join(self, invitation: str, user_id: int, now: int, limits: ChallengeLimits) -> Challenge:
        """Add a player at `now` (ms), and return the challenge, also if the player joined before.

        Raises `ChallengeNotFound`, `ChallengeOver`, `ChallengeFull`, `ChallengeBlocked`, `TooManyChallenges` or
        `PlayerNotFound`.
        """
        ...

    async def find(self, invitation: str) -> Challenge | None:
        """Return the challenge with this invitation, None if there is none."""
        ...

    async def players(self, invitation: str) -> Sequence[ChallengePlayer]:
        """Return the players of a challenge, in the order of joining. Erased players are missing."""
        ...

    async def of_player(self, user_id: int) -> Sequence[PlayedChallenge]:
        """Return the challenges of a player on boards that exist, the latest end first."""
        ...

    async def standings(self, board: Board, challenge: Challenge, user_ids: Collection[int]) -> Sequence[Standing]:
        """Return the standing of each player with a counting event in the challenge, folded by the board's policy.

        Events that a moderator has removed, from all periods or from one period, do not count. Revisions are 0.
        """
        ...

    async def hidden(self, board: Board, user_ids: Collection[int]) -> Set[int]:
        """Return the hidden players among `user_ids`. A player may be hidden on all boards or on this board."""
        ...

    async def remove(self, invitation: str, act: AuditEntry) -> None:
        """Delete a challenge, and write the audit entry. Raises `ChallengeNotFound`."""
        ...

    async def purge(self, ended_before: int, limit: int) -> int:
        """Delete up to `limit` challenges that ended before a time (ms). Return their number."""
        ...
