"""The players, and everything that is stored about one of them."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Protocol

from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.errors import LeaderForgeError
from leaderforge.domain.history import Erased, Kept
from leaderforge.domain.players import Player, ProfileChange
from leaderforge.domain.standings import LadderStanding


class PlayerStore(Protocol):
    """The players."""

    async def create(self, users: Sequence[Player]) -> Sequence[Player | LeaderForgeError]:
        """Create players, each with its own outcome: `PlayerExists`, `UsernameTaken` or `EmailTaken` where refused.

        Names and emails are unique without regard to case (Unicode NFKC, case-folded).
        """
        ...

    async def change(self, user_id: int, changes: ProfileChange, act: AuditEntry) -> Player:
        """Change a player's name or email and return the player as it is then; what it had is free for others.

        The act is written to the audit log in the same transaction. Raises `PlayerNotFound`, and `UsernameTaken` or
        `EmailTaken` where refused.
        """
        ...

    async def get(self, user_ids: Collection[int]) -> Mapping[int, Player]: ...

    async def following(self, user_id: int | None, limit: int) -> Sequence[int]:
        """Return the ids of so many players after this one, or of the first, in ascending order."""
        ...

    async def by_name(self, usernames: Collection[str]) -> Mapping[str, Player]:
        """Return those of the players with these names, by the name as given."""
        ...

    async def with_prefix(self, prefix: str, limit: int) -> Sequence[Player]:
        """Return players whose names begin so, without regard to case, in order of name."""
        ...


class PlayerRecords(Protocol):
    """All that the store has about one player."""

    async def standings(self, user_id: int) -> Sequence[LadderStanding]:
        """Return the player's standings on all boards and in all periods."""
        ...

    def events(self, user_id: int) -> AsyncIterator[Sequence[Kept]]:
        """Yield all the player's events, also void ones, in chunks, those of one board together."""
        ...

    async def erase(self, user_id: int, act: AuditEntry) -> Erased:
        """Erase a player and everything about it, in one transaction, and return how much that was.

        The act, with these numbers, is written to the audit log, where older acts do not tell any more whom they
        concerned, nor why. Raises `PlayerNotFound`.
        """
        ...
