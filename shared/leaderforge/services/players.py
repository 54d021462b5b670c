"""Players: creation, changes and search."""

from collections.abc import Sequence

from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.errors import LeaderForgeError, PlayerExists, PlayerNotFound
from leaderforge.domain.players import Player, ProfileChange, new_user_ids
from leaderforge.ports.clock import Clock
from leaderforge.ports.players import PlayerStore
from leaderforge.services.delivery import Delivery

_ATTEMPTS = 8
"""Maximum attempts to create a player. New ids are random and may collide."""


class PlayerService:
    """Management of the players in the store. `actor` is the caller's name in the audit log."""

    def __init__(self, users: PlayerStore, delivery: Delivery, clock: Clock) -> None:
        self._users = users
        self._delivery = delivery
        self._clock = clock

    async def create(self, username: str, email: str | None = None, user_id: int | None = None) -> Player:
        """Create a player, and return it. Without `user_id`, choose a random id.

        Raises `PlayerExists`, `UsernameTaken` or `EmailTaken`: nothing was created then.
        """
        for _ in range(_ATTEMPTS):
            now = self._clock()
            user = Player(new_user_ids(now)[0] if user_id is None else user_id, username, email, now)
            [created] = await self._users.create([user])
            # Another random id may be free. A requested id stays taken.
            if isinstance(created, PlayerExists) and user_id is None:
                continue
            break
        if isinstance(created, LeaderForgeError):
            raise created
        await self._delivery.created([created])
        return created

    async def change(self, user_id: int, changes: ProfileChange, actor: str) -> Player:
        """Change a player's name or email, and return the player.

        This process shows the new name at once, others within a second. Raises `PlayerNotFound`, `UsernameTaken` or
        `EmailTaken`: nothing was changed then.
        """
        act = AuditEntry(self._clock(), actor, "player.change", None, user_id, details={"changed": sorted(changes)})
        user = await self._users.change(user_id, changes, act)
        if "username" in changes:
            await self._delivery.renamed(user_id)
        return user

    async def get(self, user_id: int) -> Player:
        """Return a player. Raises `PlayerNotFound`."""
        players = await self._users.get([user_id])
        if user_id not in players:
            raise PlayerNotFound.of(user_id)
        return players[user_id]

    async def search(self, prefix: str, limit: int) -> Sequence[Player]:
        """Return up to `limit` players whose names start with the prefix, by name. Ignore case."""
        return await self._users.with_prefix(prefix, limit)
