"""Players, and all stored data of one player."""

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from typing import Protocol

from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.errors import LeaderForgeError
from leaderforge.domain.history import Erased, Kept
from leaderforge.domain.players import Player, ProfileChange
from leaderforge.domain.standings import LadderStanding


class PlayerStore(Protocol):
    """Store of the players."""

    async def create(self, users: Sequence[Player]) -> Sequence[Player | LeaderForgeError]:
        """Create players. Return each player or its error: `PlayerExists`, `UsernameTaken` or `EmailTaken`.

        Usernames and emails are unique regardless of case (Unicode NFKC, case-folded).
        """
        ...

    async def change(self, user_id: int, changes: ProfileChange, act: AuditEntry) -> Player:
        """Change a player's username or email, and return the changed player. The previous values become free.

        The audit entry is written in the same transaction. Raises `PlayerNotFound`, `UsernameTaken` or `EmailTaken`.
        """
        ...

    async def get(self, user_ids: Collection[int]) -> Mapping[int, Player]:
        """Return the players that exist, by id."""
        ...

    async def following(self, user_id: int | None, limit: int) -> Sequence[int]:
        """Return up to `limit` player ids above `user_id` in ascending order. None starts at the lowest."""
        ...

    async def by_name(self, usernames: Collection[str]) -> Mapping[str, Player]:
        """Return the players with these usernames, by the requested spelling. Case is ignored."""
        ...

    async def with_prefix(self, prefix: str, limit: int) -> Sequence[Player]:
        """Return up to `limit` players whose usernames start with `prefix`, in order of name. Case is ignored."""
        ...


class PlayerRecords(Protocol):
    """All stored data of one player."""

    async def standings(self, user_id: int) -> Sequence[LadderStanding]:
        """Return the player's standings on all boards and in all periods."""
        ...

    def events(self, user_id: int) -> AsyncGenerator[Sequence[Kept], None]:
        """Yield all events of the player in chunks, grouped by board, including void events."""
        ...

    async def erase(self, user_id: int, act: AuditEntry) -> Erased:
        """Erase a player and all data in one transaction, and return the numbers of erased rows.

        Older audit entries are anonymised: they lose the player and the reason. The audit entry, with the numbers, is
        added. Raises `PlayerNotFound`.
        """
        ...
