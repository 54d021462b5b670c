"""Players."""

from collections.abc import Sequence
from contextlib import suppress

from leaderforge.domain.errors import IndexUnavailable, LeaderForgeError, UserExists, UserNotFound
from leaderforge.domain.players import new_user_ids
from leaderforge.ports import Clock, RankIndex, User, UserStore

_ATTEMPTS = 8


class UserService:
    """Creates and finds players."""

    def __init__(self, users: UserStore, index: RankIndex, clock: Clock) -> None:
        self._users = users
        self._index = index
        self._clock = clock

    async def create(self, username: str, email: str | None = None, user_id: int | None = None) -> User:
        """Create a player, with an id of ours where none is given.

        Raises `UserExists`, `UsernameTaken` or `EmailTaken`; then nothing was created.
        """
        for _ in range(_ATTEMPTS):
            now = self._clock()
            user = User(new_user_ids(now)[0] if user_id is None else user_id, username, email, now)
            [created] = await self._users.create([user])
            if isinstance(created, UserExists) and user_id is None:
                continue
            break
        if isinstance(created, LeaderForgeError):
            raise created
        with suppress(IndexUnavailable):
            # Pages teach the index the names it lacks; this only spares the first of them the query.
            await self._index.put_names({created.user_id: created.username})
        return created

    async def get(self, user_id: int) -> User:
        """Return a player. Raises `UserNotFound`."""
        found = await self._users.get([user_id])
        if user_id not in found:
            raise UserNotFound(f"there is no player {user_id}", user_id=user_id)
        return found[user_id]

    async def search(self, prefix: str, limit: int) -> Sequence[User]:
        """Return players whose names begin so, without regard to case, in order of name."""
        return await self._users.with_prefix(prefix, limit)
